package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu/signal"
)

func named(t *testing.T, dir, name string) (*app.App, *app.Methods) {
	t.Helper()
	a, m := start(t, dir)
	if err := change(m, "profile", app.Profile{Name: name}); err != nil {
		t.Fatal(err)
	}
	return a, m
}

func TestModeration_ABanOutlivesTheRoom(t *testing.T) {
	dir := t.TempDir()
	host, mina := named(t, dir, "Mina")
	_, jun := named(t, t.TempDir(), "Jun")
	on := true
	room, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, room.Ref, "p1")
	you := join(t, jun, room.Ref, "p2").Session.You
	if err := jun.Moderate(app.Moderation{Do: signal.DeedRemove, ID: you}); signal.AsProblem(err).Code != signal.CodeForbidden {
		t.Errorf("Jun moderates: %v", err)
	}
	if err := mina.Moderate(app.Moderation{Do: signal.DeedRule, Rules: &signal.RulesChange{Locked: &on}}); err != nil {
		t.Fatal(err)
	}
	if err := mina.Moderate(app.Moderation{Do: signal.DeedMute, ID: you, Reason: "noise"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Jun learns who muted him", func() bool {
		s := jun.GetState().Session
		return s != nil && s.Silenced != nil && *s.Silenced == app.Silenced{By: "Mina", Reason: "noise"}
	})
	if err := mina.Moderate(app.Moderation{Do: signal.DeedBan, ID: you, Reason: "more noise"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Jun is out and told why", func() bool {
		s := jun.GetState()
		return s.Session == nil && len(s.Notices) == 1 && s.Notices[0].Code == signal.CodeBanned &&
			s.Notices[0].By == "Mina" && s.Notices[0].Reason == "more noise" && s.Notices[0].Room == "Kitchen"
	})
	eventually(t, "the host sees the ban", func() bool {
		s := mina.GetState().Session
		return s.Desk != nil && len(s.Desk.Bans) == 1 && s.Rules.Locked
	})
	host.Close()

	_, mina = start(t, dir)
	if room, err = mina.StartRoom("Kitchen", ""); err != nil {
		t.Fatal(err)
	}
	if room.Room.Locked {
		t.Error("the lock outlived the room")
	}
	_, err = jun.Join(app.JoinRequest{Room: room.Ref, Page: "p2", Offer: offer(t, 10)})
	if p := signal.AsProblem(err); p == nil || p.Code != signal.CodeBanned || p.Reason != "more noise" {
		t.Errorf("Jun joins the next room: %v", err)
	}
}

func TestModeration_AListOfBansThatIsBrokenIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bans.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, mina := start(t, dir)
	if _, err := mina.StartRoom("Kitchen", ""); err != nil {
		t.Fatal(err)
	}
	if s := mina.GetState(); len(s.Notices) != 1 || s.Notices[0].Code != app.NoticeBansBroken {
		t.Errorf("%+v", s.Notices)
	}
}

func TestModeration_AskingToComeIn(t *testing.T) {
	_, mina := named(t, t.TempDir(), "Mina")
	_, jun := named(t, t.TempDir(), "Jun")
	on := true
	room, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, room.Ref, "p1")
	if err := mina.Moderate(app.Moderation{Do: signal.DeedRule, Rules: &signal.RulesChange{Knock: &on}}); err != nil {
		t.Fatal(err)
	}
	ask := func() <-chan error {
		joined := make(chan error, 1)
		sdp := offer(t, 10)
		go func() {
			_, err := jun.Join(app.JoinRequest{Room: room.Ref, Page: "p2", Offer: sdp})
			joined <- err
		}()
		eventually(t, "Jun waits", func() bool { w := jun.GetState().Waiting; return w != nil && w.Page == "p2" })
		eventually(t, "Mina sees it", func() bool { d := mina.GetState().Session.Desk; return d != nil && len(d.Knocking) == 1 })
		return joined
	}
	joined := ask()
	if err := jun.StopWaiting(); err != nil {
		t.Fatal(err)
	}
	if err := <-joined; signal.AsProblem(err).Code != signal.CodeLeft {
		t.Errorf("who stopped asking: %v", err)
	}
	eventually(t, "Mina's desk is empty", func() bool { return len(mina.GetState().Session.Desk.Knocking) == 0 })
	// Another wish ends the waiting too.
	joined = ask()
	if err := jun.Leave(); err != nil {
		t.Fatal(err)
	}
	if err := <-joined; signal.AsProblem(err).Code != signal.CodeLeft {
		t.Errorf("who wished to leave: %v", err)
	}
	eventually(t, "Mina's desk is empty again", func() bool { return len(mina.GetState().Session.Desk.Knocking) == 0 })
	joined = ask()
	if err := mina.Moderate(app.Moderation{Do: signal.DeedAdmit, ID: mina.GetState().Session.Desk.Knocking[0].ID}); err != nil {
		t.Fatal(err)
	}
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	if s := jun.GetState(); s.Waiting != nil || s.Session == nil {
		t.Errorf("Jun after being let in: %+v", s)
	}
}

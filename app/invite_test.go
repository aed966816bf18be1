package app_test

import (
	"strings"
	"testing"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

func TestApp_JoinsByAShortText(t *testing.T) {
	_, mina := start(t, t.TempDir())
	_, jun := start(t, t.TempDir())
	listing, err := mina.StartRoom("Kitchen")
	if err != nil {
		t.Fatal(err)
	}
	code := signal.Invite{Address: listing.Address, Fingerprint: listing.Fingerprint}.Code()
	message := "Mina: 방 코드는 " + strings.ToLower(strings.ReplaceAll(code, "-", " ")) + "입니다."
	seen, err := jun.Look(message)
	if err != nil || seen.Room.Name != "Kitchen" || seen.Fingerprint != listing.Fingerprint {
		t.Fatalf("look: %+v, %v", seen, err)
	}
	reply := join(t, jun, message, "page-jun")
	if invite, err := signal.ParseInvite(reply.Session.Invite); err != nil || invite.Fingerprint != listing.Fingerprint || invite.RoomID != listing.Room.ID {
		t.Errorf("once inside, the whole key is known: %s", reply.Session.Invite)
	}
	if reply := join(t, mina, code, "page-mina"); !reply.Session.Participants[1].Host {
		t.Error("the host is not known as the host by its own short text")
	}

	other := "A" + listing.Fingerprint[1:]
	if other == listing.Fingerprint {
		other = "B" + listing.Fingerprint[1:]
	}
	wrong := signal.Invite{Address: listing.Address, Fingerprint: other}.Code()
	if _, err := jun.Look(wrong); signal.AsProblem(err).Code != signal.CodeFingerprintMismatch {
		t.Errorf("a short text of another key: %v", err)
	}
}

func TestApp_AsksAllAddressesOfAnInviteAtOnce(t *testing.T) {
	_, mina := start(t, t.TempDir())
	listing, err := mina.StartRoom("Kitchen")
	if err != nil {
		t.Fatal(err)
	}
	addresses := []string{"127.0.0.1:1", listing.Address}
	facts, from, err := client.FindFacts(t.Context(), addresses, listing.Fingerprint, listing.Room.ID)
	if err != nil || from != listing.Address || facts.ID != listing.Room.ID {
		t.Errorf("%+v from %s, %v", facts, from, err)
	}
	if _, _, err := client.FindFacts(t.Context(), addresses[:1], listing.Fingerprint, ""); signal.AsProblem(err).Code != signal.CodeUnreachable {
		t.Errorf("nobody: %v", err)
	}
	if _, _, err := client.FindFacts(t.Context(), addresses[1:], listing.Fingerprint, "another"); signal.AsProblem(err).Code != signal.CodeNotFound {
		t.Errorf("another room: %v", err)
	}
}

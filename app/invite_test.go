package app_test

import (
	"strings"
	"testing"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

func TestApp_AnInviteCardHasALinkAShortTextAndAQRCode(t *testing.T) {
	_, mina := start(t, t.TempDir())
	_, jun := start(t, t.TempDir())
	listing, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	// For the host itself, whatever its page calls the room, it is what others can use.
	card, err := mina.InviteCard(listing.Ref)
	if err != nil {
		t.Fatal(err)
	}
	hosting := mina.GetState().Hosting
	invite, err := signal.ParseInvite(card.Link)
	if err != nil || card.Link != hosting.Invite || invite.RoomID != hosting.RoomID || !invite.Pins(listing.Fingerprint) {
		t.Errorf("%+v, want %s (%v)", card, hosting.Invite, err)
	}
	if short, err := signal.ParseInvite(card.Code); err != nil || !short.Pins(listing.Fingerprint) {
		t.Errorf("%q is %+v, %v", card.Code, short, err)
	}
	// What guests are given only the host's own app knows.
	if g := card.Guests; g == nil || g.Link != "https://"+invite.Address || len(g.Certificate) != 95 || g.Trusted || len(g.QR) < 21 {
		t.Errorf("for guests %+v", g)
	}
	// For somebody else it is enough to know an address.
	guest, err := jun.InviteCard(listing.Address)
	if err != nil || !strings.Contains(guest.Link, listing.Fingerprint) || guest.Code == "" || guest.Guests != nil {
		t.Errorf("%+v, %v", guest, err)
	}
	if _, err := jun.InviteCard("nothing"); signal.AsProblem(err).Code != signal.CodeBadAddress {
		t.Errorf("an invite to nothing: %v", err)
	}

	size := len(card.QR)
	if size < 21 || size > 177 || size%4 != 1 { // ISO/IEC 18004 §5.3.1
		t.Fatalf("%d rows", size)
	}
	for _, row := range card.QR {
		if len(row) != size || strings.Trim(row, "01") != "" {
			t.Fatalf("row %q", row)
		}
	}
	finder := []string{"1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"}
	for n, want := range finder {
		if card.QR[n][:7] != want || card.QR[n][size-7:] != want || card.QR[size-7+n][:7] != want {
			t.Errorf("row %d of the finder patterns is not %s", n, want)
		}
	}
}

func TestApp_JoinsByAShortText(t *testing.T) {
	_, mina := start(t, t.TempDir())
	_, jun := start(t, t.TempDir())
	listing, err := mina.StartRoom("Kitchen", "")
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
	listing, err := mina.StartRoom("Kitchen", "")
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

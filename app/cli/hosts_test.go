package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/app/known"
)

func TestHosts_AChangedKeyIsRefusedAndCanBeAccepted(t *testing.T) {
	o := options(t, nil)
	dir, _ := o.LookupEnv("EARSHOT_CONFIG_DIR")
	_, room, address := hosting(t)
	if err := known.In(dir).Note(known.Host{
		Fingerprint: strings.Repeat("A", 43), HostName: "Аnn", RoomName: "Tea room", Addresses: []string{"10.0.0.9:7788"}, Joined: time.Now().Add(-time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	refused := start(t, o, "join", "--json", address, "--for", "1s")
	if ended := refused.await("ended"); ended["code"] != "host_changed" {
		t.Errorf("%v", ended)
	}
	if code := <-refused.code; code != 1 || !strings.Contains(refused.stderr.String(), "--accept-new-host") {
		t.Errorf("exit %d: %s", code, refused.stderr.String())
	}
	accepted := start(t, o, "join", "--json", address, "--for", "100ms", "--accept-new-host")
	accepted.await("joined")
	if code := <-accepted.code; code != 0 {
		t.Errorf("exit %d: %s", code, accepted.stderr.String())
	}

	listed := start(t, o, "hosts", "--json")
	if self := listed.await("self"); !strings.Contains(field(self["host"], "code").(string), " ") {
		t.Errorf("%v", self)
	}
	fingerprint := field(room, "fingerprint").(string)
	if host := listed.await("host"); field(host["host"], "fingerprint") != fingerprint || field(host["host"], "room") != "Tea room" {
		t.Errorf("%v", host)
	}
	for _, c := range []struct {
		args []string
		code int
		left int
	}{
		{[]string{"hosts", "forget"}, 2, 2},
		{[]string{"hosts", "forget", "AAAA"}, 1, 2},
		{[]string{"hosts", "forget", fingerprint[:8]}, 0, 1},
		{[]string{"hosts", "forget", "--all"}, 0, 0},
	} {
		if code := <-start(t, o, c.args...).code; code != c.code {
			t.Errorf("%v: exit %d", c.args, code)
		}
		if hosts, err := known.In(dir).List(); err != nil || len(hosts) != c.left {
			t.Errorf("%v: %d are left, %v", c.args, len(hosts), err)
		}
	}
}

// One fingerprint of 64 begins with a dash.
func TestHosts_AreForgottenByKeysThatLookLikeFlags(t *testing.T) {
	o := options(t, nil)
	dir, _ := o.LookupEnv("EARSHOT_CONFIG_DIR")
	keys := []string{"-RVVaRZygb7rDCEsdmrgD2bWklQ9RJ6jticfiFbpzx0", "--VaRZygb7rDCEsdmrgD2bWklQ9RJ6jticfiFbpzx0A"}
	for _, key := range keys {
		if err := known.In(dir).Note(known.Host{Fingerprint: key, HostName: "Ann", RoomName: "Tea room", Addresses: []string{"10.0.0.9:7788"}}); err != nil {
			t.Fatal(err)
		}
	}
	if code := <-start(t, o, "hosts", "forget", keys[0][:8], keys[1], "--json").code; code != 0 {
		t.Errorf("exit %d", code)
	}
	if hosts, err := known.In(dir).List(); err != nil || len(hosts) != 0 {
		t.Errorf("%d are left, %v", len(hosts), err)
	}
	if code := <-start(t, o, "hosts", "forget", "--alll").code; code != 2 {
		t.Errorf("a mistyped flag: exit %d", code)
	}
}

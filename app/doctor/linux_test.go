package doctor

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// captured returns what a real tool printed; see testdata/README.md.
func captured(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func cardAt(prefix string) netCard { return netCard{"eth0", netip.MustParsePrefix(prefix)} }

// says is "multicast port", or "open".
func says(f *Firewall) string {
	if f == nil {
		return "open"
	}
	return string(f.Multicast) + " " + string(f.Port)
}

func TestParseUFW(t *testing.T) {
	for _, c := range []struct {
		file string
		port int
		want string
	}{
		{"ufw-inactive.txt", 7788, "open"},
		{"ufw-active.txt", 7788, "yes no"},
		{"ufw-rules.txt", 7788, "open"},   // TCP and UDP, from 192.168.0.0/24
		{"ufw-rules.txt", 7789, "yes no"}, // nothing
		{"ufw-rules.txt", 2222, "yes no"}, // TCP alone
		{"ufw-allow.txt", 7789, "open"},   // all is
		{"ufw-allow.txt", 7795, "yes no"}, // but not this range, UDP
		{"ufw-active.txt", 22222, "yes no"},
	} {
		f := parseUFW(captured(t, c.file), c.port)
		if got := says(f); got != c.want {
			t.Errorf("%s, port %d: %s, want %s", c.file, c.port, got, c.want)
		}
	}
	if f := parseUFW(captured(t, "ufw-active.txt"), 7788); f.Product != "ufw" || f.Command != "sudo ufw allow 7788" {
		t.Errorf("%+v", f)
	}
	if !ufwEnabled(captured(t, "ufw.conf")) || ufwEnabled([]byte("# ENABLED=yes\nENABLED=no\n")) {
		t.Error("ufw.conf is misread")
	}
}

func TestParseFirewalld(t *testing.T) {
	if zones := parseZones(captured(t, "firewalld-zones.txt")); zones["eth0"] != "public" || len(zones) != 1 {
		t.Error(zones)
	}
	// firewalld 2 marks the default zone.
	if zones := parseZones([]byte("FedoraWorkstation (default)\n  interfaces: wlp2s0 enp3s0\nlibvirt\n  interfaces: virbr0\n")); zones["enp3s0"] != "FedoraWorkstation" || zones["virbr0"] != "libvirt" {
		t.Error(zones)
	}
	fedora := "FedoraWorkstation (default, active)\n  target: default\n  services: dhcpv6-client samba-client ssh\n  ports: 1025-65535/udp 1025-65535/tcp\n  rich rules: \n"
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"public":  {captured(t, "firewalld-public.txt"), "no no"},
		"rich":    {captured(t, "firewalld-rich.txt"), "unknown unknown"},
		"home":    {captured(t, "firewalld-home.txt"), "yes no"},
		"trusted": {captured(t, "firewalld-trusted.txt"), "open"},
		"drop":    {captured(t, "firewalld-drop.txt"), "no no"},
		"fedora":  {[]byte(fedora), "open"},
		"nothing": {nil, "open"},
	} {
		if got := says(parseZone(c.text, "public", 7788)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	want := "sudo firewall-cmd --permanent --zone=public --add-port=7788/tcp --add-port=7788/udp\n" +
		"sudo firewall-cmd --permanent --zone=public --add-service=mdns\nsudo firewall-cmd --reload"
	if f := parseZone(captured(t, "firewalld-public.txt"), "public", 7788); f.Command != want {
		t.Errorf("%q", f.Command)
	}
	if f := parseZone(captured(t, "firewalld-public.txt"), "x; reboot", 7788); f.Command != "" {
		t.Errorf("a zone's name reaches a command line: %q", f.Command)
	}
}

func TestNft(t *testing.T) {
	here := []netCard{cardAt("192.168.0.5/24")}
	for _, c := range []struct {
		file  string
		cards []netCard
		port  int
		want  string
	}{
		{"nft-empty.json", here, 7788, "open"},
		{"nft-mdns.json", here, 7788, "no yes"},
		{"nft-tcp.json", here, 7788, "yes no"},
		{"nft-workstation.json", here, 7788, "no no"},
		{"nft-workstation.json", here, 9000, "no yes"},
		{"nft-vmap.json", here, 7788, "yes no"},
		{"nft-vmap.json", here, 8005, "open"},
		{"nft-interface.json", here, 7788, "no no"},
		{"nft-interface.json", []netCard{{"eth1", netip.MustParsePrefix("10.0.0.5/8")}}, 7788, "open"},
		{"nft-subnet.json", here, 7788, "open"},
		{"nft-subnet.json", []netCard{cardAt("10.0.0.5/8")}, 7788, "no no"},
		{"firewalld-nft.json", here, 7788, "no no"},
		{"ufw-nft.json", here, 7788, "unknown unknown"}, // addrtype and recent are not understood
	} {
		r, err := parseNft(captured(t, c.file))
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if got := says(nftFirewall(r, c.cards, c.port)); got != c.want {
			t.Errorf("%s, port %d on %v: %s, want %s", c.file, c.port, c.cards, got, c.want)
		}
	}
	r, err := parseNft(captured(t, "nft-workstation.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := "sudo nft insert rule inet filter input tcp dport 7788 accept\nsudo nft insert rule inet filter input udp dport '{ 5353, 7788 }' accept"
	if f := nftFirewall(r, here, 7788); f.Command != want {
		t.Errorf("%q", f.Command)
	}
	for _, bad := range []string{"", "{", "[]", `{"nftables":[{"rule":{"expr":[{"match":3}]}}]}`, "Operation not permitted"} {
		if r, err := parseNft([]byte(bad)); err == nil && len(r.base) > 0 {
			t.Errorf("%q is taken for a ruleset", bad)
		}
	}
}

func TestIptables(t *testing.T) {
	here := []netCard{cardAt("192.168.0.5/24")}
	// What it does with kinds of addresses (addrtype) is not understood.
	if got := says(nftFirewall(parseIptables(captured(t, "ufw-iptables-save.txt")), here, 7788)); got != "unknown unknown" {
		t.Errorf("ufw's rules: %s", got)
	}
	drop := "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:mine - [0:0]\n" +
		"-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j mine\n"
	for _, c := range []struct{ rules, want string }{
		{"", "no no"},
		{"-A mine -p udp -m udp -d 224.0.0.251/32 --dport 5353 -j ACCEPT\n", "yes no"},
		{"-A mine -p tcp -m multiport --dports 80,7780:7790 -j ACCEPT\n-A mine -p udp -m udp --dport 1024:65535 -j ACCEPT\n", "open"},
		{"-A mine -s 10.0.0.0/8 -j ACCEPT\n", "no no"},
		{"-A mine ! -s 10.0.0.0/8 -j ACCEPT\n", "open"},
		{"-A mine -m geoip --source-country KR -j ACCEPT\n", "unknown unknown"},
		{"-A mine -j RETURN\n-A mine -j ACCEPT\n", "no no"},
	} {
		if got := says(nftFirewall(parseIptables([]byte(drop+c.rules+"COMMIT\n")), here, 7788)); got != c.want {
			t.Errorf("%q: %s, want %s", c.rules, got, c.want)
		}
	}
}

func FuzzNft(f *testing.F) {
	for _, name := range []string{"nft-workstation.json", "nft-vmap.json", "firewalld-nft.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		if r, err := parseNft(b); err == nil {
			nftFirewall(r, []netCard{cardAt("192.168.0.5/24")}, 7788)
		}
	})
}

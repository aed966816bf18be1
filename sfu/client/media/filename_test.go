package media

import (
	"strings"
	"testing"
)

func TestFileName_IsFitForEveryFileSystem(t *testing.T) {
	for _, c := range []struct{ name, id, want string }{
		{"Ann", "7f3a", "Ann-7f3a"},
		{"김철수 🎧", "7f3a", "김철수 🎧-7f3a"},
		{"a/b\\c:d*e?f\"g<h>i|j", "1", "a_b_c_d_e_f_g_h_i_j-1"},
		{"../../etc/passwd", "../x", "_._.._etc_passwd-_._x"},
		{".hidden", "1", "_hidden-1"},
		{"-rf", "1", "_rf-1"},
		{"tab\tand\x00nul\x7f", "1", "tab_and_nul_-1"},
		{"a\u202egpj.exe", "1", "a_gpj.exe-1"},
		{"\xff\xfe", "1", "__-1"},
		{"", "", "participant-0"},
		{"   ", "1", "participant-1"},
		{"CON", "1", "CON-1"},
		{"con.x", "1", "_con.x-1"},
		{"Nul .x", "1", "_Nul .x-1"},
		{"com1.x", "1", "_com1.x-1"},
		{"LPT².x", "1", "_LPT².x-1"},
		{"COM10.x", "1", "COM10.x-1"},
		{"compass.x", "1", "compass.x-1"},
	} {
		if got := fileName(Talker{Name: c.name, ID: c.id}); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.name, c.id, got, c.want)
		}
	}
	if got := fileName(Talker{Name: strings.Repeat("한", 100), ID: strings.Repeat("x", 500)}); len(got) > 210 || !strings.HasPrefix(got, "한한") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func TestPacketSamples_ReadsTheTOCAsTheRFCWritesIt(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		want   int // in 48ths of a millisecond
	}{
		{[]byte{0 << 3}, 480},
		{[]byte{1 << 3}, 960},
		{[]byte{2 << 3}, 1920},
		{[]byte{3 << 3}, 2880},
		{[]byte{11 << 3}, 2880},
		{[]byte{12 << 3}, 480},
		{[]byte{15 << 3}, 960},
		{[]byte{16 << 3}, 120},
		{[]byte{17 << 3}, 240},
		{[]byte{18 << 3}, 480},
		{[]byte{31 << 3}, 960},
		{[]byte{31<<3 | 1}, 1920},
		{[]byte{31<<3 | 2, 1}, 1920},
		{[]byte{31<<3 | 3, 6}, 5760},
		{[]byte{31<<3 | 3, 0xc0 | 6}, 5760},
		{[]byte{16<<3 | 3, 48}, 5760},
		{nil, 0},
		{[]byte{31<<3 | 3}, 0},
		{[]byte{31<<3 | 3, 0}, 0},
		{[]byte{31<<3 | 3, 7}, 0},
		{[]byte{3<<3 | 3, 3}, 0},
	} {
		got, err := packetSamples(c.packet)
		if got != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("% x: %d, %v, want %d", c.packet, got, err, c.want)
		}
	}
}

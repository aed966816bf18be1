package diagnostics

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/app/doctor"
)

func TestScrubber_TakesOutWhatIsNobodysBusiness(t *testing.T) {
	s := NewScrubber()
	s.Hide("person", "김지은", "Mina Park", "Al")
	s.Hide("home", "/home/mina")
	for text, want := range map[string]string{
		`dial tcp 192.168.0.7:7788: connect: refused`:                                       `dial tcp <address 1>:7788: connect: refused`,
		`[fe80::1c2b:3fff:fe4d:1%eth0]:7788 and 192.168.0.7`:                                `[<address 2>]:7788 and <address 1>`,
		`2001:db8::5 and ::ffff:192.168.0.7`:                                                `<address 3> and <address 1>`,
		`listening on 127.0.0.1:7787, [::]:7788, to 224.0.0.251:5353`:                       `listening on 127.0.0.1:7787, [::]:7788, to 224.0.0.251:5353`,
		`time=2026-11-22T20:11:33.123Z level=INFO msg=joined`:                               `time=2026-11-22T20:11:33.123Z level=INFO msg=joined`,
		`earshot://h:1/x?fp=abc http://127.0.0.1:1/#ticket=abc&join=x`:                      `<link 1> http://127.0.0.1:1/<link 2>`,
		`fp BvJX0mHn3C2bG1q1i1v5s1gZz8YfQm0c0m3l5n7p9rs`:                                    `fp <key 1>`,
		`김지은 and mina park wrote to /home/mina/x, Al stays`:                                 `<person 1> and <person 2> wrote to <home 1>/x, Al stays`,
		`minas-laptop.local. 00:1A:2b:3c:4d:5e a@b.example`:                                 `<computer 1> <address 4> <mail 1>`,
		`version 1.2.3 of module v4.2.20, 10:30, sha 1234abcd, part 1:2, std::string ended`: `version 1.2.3 of module v4.2.20, 10:30, sha 1234abcd, part 1:2, std::string ended`,
	} {
		t.Run(text, func(t *testing.T) {
			s := NewScrubber()
			s.Hide("person", "김지은", "Mina Park", "Al")
			s.Hide("home", "/home/mina")
			got := s.Text(text)
			for _, n := range []string{"1", "2", "3", "4"} { // each starts anew here
				got, want = strings.ReplaceAll(got, " "+n+">", ">"), strings.ReplaceAll(want, " "+n+">", ">")
			}
			if got != want {
				t.Errorf("\n%s\n%s", got, want)
			}
		})
	}
	if a, b := s.Text("10.0.0.1 10.0.0.2 10.0.0.1"), "<address 1> <address 2> <address 1>"; a != b {
		t.Errorf("what belongs together is not seen: %s", a)
	}
}

func TestLog_IsBoundedAndEndsWithWhatWasLoggedLast(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 999) + "\n"
	for range 3 * maxLog / len(line) {
		if _, err := l.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	l, err = Open(dir) // the next start
	if err != nil {
		t.Fatal(err)
	}
	var loud bytes.Buffer
	log := l.Beside(slog.New(slog.NewTextHandler(&loud, &slog.HandlerOptions{Level: slog.LevelWarn})))
	log.Debug("whispered")
	log.Info("said")
	l.Close()
	size := int64(0)
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		size += info.Size()
	}
	if size > 2*maxLog || len(files) != 2 {
		t.Errorf("%d files of %d bytes", len(files), size)
	}
	recent, err := Recent(dir, 10_000)
	if err != nil || len(recent) > 10_000 || !bytes.Contains(recent, []byte("msg=said")) || bytes.Contains(recent, []byte("whispered")) {
		t.Errorf("%v, %d bytes, ending %q", err, len(recent), recent[max(0, len(recent)-100):])
	}
	if first, _, _ := bytes.Cut(recent, []byte("\n")); len(first) != len(line)-1 {
		t.Errorf("it begins in the middle of a line: %q", first)
	}
	if loud.Len() > 0 {
		t.Errorf("the logger beside it got louder: %s", &loud)
	}
}

func TestContent_SaysNothingOfAnybody(t *testing.T) {
	c := Content{
		At: time.Unix(0, 0), Version: "v1", UserAgent: "Mozilla/5.0\nX-Evil: 김지은",
		Settings: map[string]any{
			"profile": map[string]any{"name": "Mina Park", "language": "ko"}, "volumes": map[string]any{"BvJX0mHn3C2bG1q1i1v5s1gZz8YfQm0c0m3l5n7p9rs": 150},
			"list": []string{"Mina Park"}, "keys": map[string]any{"system": map[string]any{"mute": "Ctrl+KeyM"}},
		},
		Doctor: &doctor.Report{
			Interfaces: []doctor.Interface{{Name: "eth0", Addresses: []string{"192.168.7.23/24", "203.0.113.9/24", "fe80::1234/64", "10.8.0.2/32"}}},
			Reach:      doctor.Reach{Port: 7788, By: "Jun of 192.168.7.99"},
			Findings:   []doctor.Finding{{Code: "x", Params: map[string]string{"address": "192.168.7.99", "host": "Mina Park"}}},
		},
		Log: []byte("level=INFO msg=left error=\"Mina Park at 192.168.7.99\"\n"),
	}
	s := NewScrubber()
	s.Hide("person", "Mina Park")
	text := c.Text(s)
	for _, secret := range []string{"Mina", "Jun", "192.168.7.23", "192.168.7.99", "203.0.113", "1234", "10.8.0.2", "BvJX", "김지은", "\nX-Evil"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in\n%s", secret, text)
		}
	}
	for _, said := range []string{"192.168.7.0/24", "fe80::/64", `"ko"`, "Ctrl+KeyM", "150", "msg=left", "v1", "7788"} {
		if !strings.Contains(text, said) {
			t.Errorf("%q is not in\n%s", said, text)
		}
	}
}

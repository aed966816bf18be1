package app

import (
	"strings"
	"testing"
)

func TestPeople_AreKeptUpToALimit(t *testing.T) {
	key := strings.Repeat("k", 42) + "A"
	p := People{Loudness: []Loudness{{Key: key, Name: "Mina", Volume: 200}, {Name: "Jun", Volume: 100, Muted: true}}}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	for len(p.Loudness) < maxPeople {
		p.Loudness = append(p.Loudness, Loudness{Name: "Jun", Volume: 0})
	}
	if err := p.check(); err != nil {
		t.Fatalf("at the limit: %v", err)
	}
	p.Loudness = append(p.Loudness, Loudness{Name: "Jun", Volume: 0})
	if p.check() == nil {
		t.Fatal("one more is taken")
	}
	for _, bad := range []Loudness{
		{Name: "Mina", Volume: -1}, {Name: "Mina", Volume: 201}, {Volume: 100}, {Name: "Mi\u202ena", Volume: 100}, {Name: "Mina", Key: "k", Volume: 100},
	} {
		if (&People{Loudness: []Loudness{bad}}).check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

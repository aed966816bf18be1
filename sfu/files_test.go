package sfu_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
)

// carrier is a participant who sends and gets files.
type carrier struct {
	*member
	mu     sync.Mutex
	shared []signal.Shared
	news   []signal.Delivery
}

func carries(t *testing.T, s *sfu.Server, name string, adjust ...func(*client.Config)) *carrier {
	t.Helper()
	c := new(carrier)
	c.member = comeIn(t, s, name, append(adjust, func(cfg *client.Config) {
		cfg.OnShared = func(m signal.Shared) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.shared = append(c.shared, m)
		}
		cfg.OnDelivery = func(m signal.Delivery) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.news = append(c.news, m)
		}
	})...)
	return c
}

// told waits for news of a file and returns it.
func (c *carrier) told(t *testing.T, id string, what string, fits func(signal.Delivery) bool) (found signal.Delivery) {
	t.Helper()
	eventually(t, "told that "+id+" is "+what, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, m := range c.news {
			if m.ID == id && fits(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (c *carrier) key(t *testing.T, id string) string {
	t.Helper()
	return c.told(t, id, "under way", func(m signal.Delivery) bool { return m.Key != "" }).Key
}

func (c *carrier) is(t *testing.T, id string, state signal.FileState) {
	t.Helper()
	c.told(t, id, string(state), func(m signal.Delivery) bool { return m.State == state })
}

func (c *carrier) offered(t *testing.T, id string) {
	t.Helper()
	eventually(t, id+" is offered", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, m := range c.shared {
			if m.ID == id {
				return true
			}
		}
		return false
	})
}

func shares(t *testing.T, c *carrier, id string, size int64, to string) *signal.Problem {
	t.Helper()
	return signal.AsProblem(c.Share(t.Context(), signal.Share{ID: id, Name: id + ".bin", Size: size, To: to}))
}

// takes has a file shared and taken, and returns both keys.
func takes(t *testing.T, from, to *carrier, id string, size int64) (put, get string) {
	t.Helper()
	if p := shares(t, from, id, size, to.You()); p != nil {
		t.Fatal(p)
	}
	to.offered(t, id)
	if err := to.Fetch(t.Context(), id, signal.FileTaken); err != nil {
		t.Fatal(err)
	}
	return from.key(t, id), to.key(t, id)
}

func sealed(content []byte) io.Reader {
	sum := sha256.Sum256(content)
	return bytes.NewReader(append(bytes.Clone(content), sum[:]...))
}

func quickly(c *sfu.Config) { c.ChatBurst, c.FileStall = 100, time.Second }

func TestFiles_GoThroughTheHost(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, quickly)
	a, b := carries(t, s, "A"), carries(t, s, "B")
	content := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	put, get := takes(t, a, b, "one", int64(len(content)))
	done := make(chan error, 1)
	go func() { done <- a.PutFile(context.Background(), put, int64(len(content)), sealed(content)) }()
	body, err := b.GetFile(t.Context(), get, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if sum := sha256.Sum256(content); err != nil || !bytes.Equal(got, append(content, sum[:]...)) {
		t.Errorf("%d bytes came, %v", len(got), err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := b.Fetch(t.Context(), "one", signal.FileDone); err != nil {
		t.Fatal(err)
	}
	a.is(t, "one", signal.FileDone)
	// A receiver that never says so has it not.
	put, get = takes(t, a, b, "two", 3)
	go func() { done <- a.PutFile(context.Background(), put, 3, sealed([]byte("abc"))) }()
	body, err = b.GetFile(t.Context(), get, 3)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, body)
	_ = body.Close()
	<-done
	a.is(t, "two", signal.FileFailed)
}

func TestBadInput_13_FilesWithALyingSize(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, quickly)
	a, b := carries(t, s, "A"), carries(t, s, "B")
	for _, size := range []int64{-1, signal.MaxFile + 1} {
		wantCode(t, fmt.Sprintf("%d bytes", size), shares(t, a, "x", size, ""), signal.CodeFileTooLarge)
	}
	if p := shares(t, a, "limit", signal.MaxFile, ""); p != nil {
		t.Errorf("at the limit: %v", p)
	}
	// More, and less, than was offered.
	for id, content := range map[string]string{"more": "abcdef", "less": "a"} {
		put, _ := takes(t, a, b, id, 3)
		if err := a.PutFile(t.Context(), put, int64(len(content)), sealed([]byte(content))); err == nil {
			t.Errorf("%s than offered was taken", id)
		}
		a.is(t, id, signal.FileFailed)
		b.is(t, id, signal.FileFailed)
	}
	// A body that ends, or stands still, before its length.
	put, get := takes(t, a, b, "stalls", 100_000)
	stall, end := io.Pipe()
	go func() { _, _ = end.Write(make([]byte, 5000)) }()
	go func() { _ = a.PutFile(context.Background(), put, 100_000, stall) }()
	body, err := b.GetFile(t.Context(), get, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, body); err == nil && n == 100_032 {
		t.Error("a file that stood still came through")
	}
	_ = body.Close()
	_ = end.CloseWithError(errors.New("over"))
	b.is(t, "stalls", signal.FileFailed)
	for name, want := range map[string]signal.Code{
		"": signal.CodeBadFileName, strings.Repeat("n", 256): signal.CodeBadFileName, strings.Repeat("n", 255): "", "../../x\u202e\x00y": "",
	} {
		var got signal.Code
		if err := a.Share(t.Context(), signal.Share{ID: "named" + fmt.Sprint(len(name)), Name: name, Size: 1}); err != nil {
			got = signal.AsProblem(err).Code
		}
		if got != want {
			t.Errorf("name of %d bytes: %q, want %q", len(name), got, want)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.shared {
		if strings.ContainsAny(m.Name, "\u202e\x00") {
			t.Errorf("B was shown %q", m.Name)
		}
	}
}

func TestBadInput_13_FilesOfStrangers(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, quickly)
	a, b, c := carries(t, s, "A"), carries(t, s, "B"), carries(t, s, "C")
	put, get := takes(t, a, b, "one", 3)
	if err := c.Fetch(t.Context(), "one", signal.FileTaken); err != nil { // is answered by an error that nobody waits for
		t.Fatal(err)
	}
	for what, key := range map[string]string{"another's": get, "the sender's": put, "no key": "nonsense", "a path": "../room"} {
		if body, err := c.GetFile(t.Context(), key, 3); err == nil {
			_ = body.Close()
			t.Errorf("C fetched it with %s", what)
		}
	}
	if err := c.PutFile(t.Context(), put, 3, sealed([]byte("abc"))); err == nil {
		t.Error("C put it")
	}
	if body, err := a.GetFile(t.Context(), put, 3); err == nil {
		_ = body.Close()
		t.Error("the sender's key fetches")
	}
	if err := c.Unshare(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	go func() { _ = a.PutFile(context.Background(), put, 3, sealed([]byte("abc"))) }()
	body, err := b.GetFile(t.Context(), get, 3)
	if err != nil {
		t.Fatalf("whoever it is for: %v", err)
	}
	_ = body.Close()
	if body, err := b.GetFile(t.Context(), get, 3); err == nil {
		_ = body.Close()
		t.Error("a key was good twice")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.shared) != 0 || len(c.news) != 0 {
		t.Errorf("C was told %+v %+v", c.shared, c.news)
	}
}

func TestLimits_MaxShares(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { quickly(c); c.MaxShares = 3 })
	a, b := carries(t, s, "A"), carries(t, s, "B")
	for i := range 3 {
		if p := shares(t, a, fmt.Sprint("a", i), 1, ""); p != nil {
			t.Fatalf("file %d: %v", i, p)
		}
	}
	wantCode(t, "one more", shares(t, a, "a3", 1, ""), signal.CodeFilesFull)
	wantCode(t, "one that there is", shares(t, b, "a0", 1, ""), signal.CodeAlreadySo)
	b.offered(t, "a0")
	if err := b.Fetch(t.Context(), "a0", signal.FileDeclined); err != nil {
		t.Fatal(err)
	}
	a.is(t, "a0", signal.FileDeclined)
	if p := shares(t, a, "a4", 1, ""); p != nil {
		t.Errorf("after one is over: %v", p)
	}
}

func TestLimits_MaxRoomShares(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { quickly(c); c.MaxRoomShares = 2 })
	a, b := carries(t, s, "A"), carries(t, s, "B")
	if p := shares(t, a, "a", 1, ""); p != nil {
		t.Fatal(p)
	}
	if p := shares(t, b, "b", 1, ""); p != nil {
		t.Fatal(p)
	}
	wantCode(t, "one more", shares(t, b, "b1", 1, ""), signal.CodeFilesFull)
}

func TestLimits_MaxTransfers(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { quickly(c); c.FileStall, c.MaxTransfers = time.Minute, 1 })
	a, b := carries(t, s, "A"), carries(t, s, "B")
	for _, id := range []string{"a0", "a1"} {
		if p := shares(t, a, id, 1, ""); p != nil {
			t.Fatal(p)
		}
		b.offered(t, id)
		if err := b.Fetch(t.Context(), id, signal.FileTaken); err != nil {
			t.Fatal(err)
		}
	}
	b.key(t, "a0")
	b.is(t, "a1", signal.FileTaken)
	time.Sleep(50 * time.Millisecond)
	b.mu.Lock()
	for _, m := range b.news {
		if m.ID == "a1" && m.Key != "" {
			t.Error("two are under way")
		}
	}
	b.mu.Unlock()
	if err := a.Unshare(t.Context(), "a0"); err != nil {
		t.Fatal(err)
	}
	b.is(t, "a0", signal.FileWithdrawn)
	b.key(t, "a1")
	a.Leave() // takes theirs along
	b.is(t, "a1", signal.FileWithdrawn)
}

func TestLimits_FileBytesPerSecond(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, func(c *sfu.Config) { quickly(c); c.FileBytesPerSecond = 256 << 10 })
	a, b := carries(t, s, "A"), carries(t, s, "B")
	content := make([]byte, 768<<10) // of which a burst of 256 KiB is free
	put, get := takes(t, a, b, "one", int64(len(content)))
	began := time.Now()
	go func() { _ = a.PutFile(context.Background(), put, int64(len(content)), sealed(content)) }()
	body, err := b.GetFile(t.Context(), get, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if n, err := io.Copy(io.Discard, body); err != nil || n != int64(len(content))+32 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if took := time.Since(began); took < 1900*time.Millisecond {
		t.Errorf("it took %v, faster than the room's rate", took)
	}
}

func TestFiles_AreToldAgainAfterAResume(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, quickly)
	wire := newProxy(t, addressOf(s))
	a, b := carries(t, s, "A"), carries(t, s, "B", func(c *client.Config) { c.Address = wire.address })
	release := wire.stall()
	if p := shares(t, a, "one", 3, ""); p != nil {
		t.Fatal(p)
	}
	release()
	wire.drop()
	b.offered(t, "one")
}

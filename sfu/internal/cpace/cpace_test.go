package cpace

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/gtank/ristretto255"
)

// The vectors are those of draft-irtf-cfrg-cpace, "Test vector for CPace using group ristretto255 and hash SHA-512".
const (
	vectorCI        = "0b415f696e69746961746f720b425f726573706f6e646572"
	vectorSID       = "7e4b4791d6a8ef019b936c79fb7f2c57"
	vectorGenerator = "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56"
	vectorScalarA   = "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08"
	vectorScalarB   = "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d"
	vectorShareA    = "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157"
	vectorShareB    = "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258"
	vectorSecret    = "80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f"
	vectorISK       = "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scalar(t *testing.T, s string) *ristretto255.Scalar {
	t.Helper()
	y := ristretto255.NewScalar()
	if err := y.Decode(unhex(t, s)); err != nil {
		t.Fatal(err)
	}
	return y
}

func TestVectors(t *testing.T) {
	bound := Binding{Channel: unhex(t, vectorCI), Session: unhex(t, vectorSID)}
	pin := []byte("Password")
	if got := generatorString(pin, bound); len(got) != 170 {
		t.Errorf("the generator string has %d bytes, want 170", len(got))
	}
	if got := generator(pin, bound).Encode(nil); hex.EncodeToString(got) != vectorGenerator {
		t.Errorf("generator %x, want %s", got, vectorGenerator)
	}
	a := start(pin, bound, false, scalar(t, vectorScalarA))
	b := start(pin, bound, true, scalar(t, vectorScalarB))
	if got := hex.EncodeToString(a.Share()); got != vectorShareA {
		t.Errorf("Ya %s, want %s", got, vectorShareA)
	}
	if got := hex.EncodeToString(b.Share()); got != vectorShareB {
		t.Errorf("Yb %s, want %s", got, vectorShareB)
	}
	for _, end := range []struct {
		run   *Run
		other []byte
	}{{a, b.share}, {b, a.share}} {
		k, err := end.run.secret(end.other)
		if err != nil || hex.EncodeToString(k) != vectorSecret {
			t.Errorf("K %x, %v, want %s", k, err, vectorSecret)
		}
	}
	isk := sha512.Sum512(slices.Concat(
		lv([]byte(dsi+"_ISK"), bound.Session, unhex(t, vectorSecret)),
		transcript(a.share, []byte("ADa"), b.share, []byte("ADb")),
	))
	if got := hex.EncodeToString(isk[:]); got != vectorISK {
		t.Errorf("ISK %s, want %s", got, vectorISK)
	}
}

// The draft's invalid inputs: no element of the group, and the neutral one.
func TestRun_RefusesMalformedShares(t *testing.T) {
	r := Start([]byte("1234"), Binding{}, false)
	for what, share := range map[string][]byte{
		"no element": unhex(t, "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c"),
		"neutral":    make([]byte, ShareSize),
		"our own":    r.Share(),
		"empty":      nil,
		"too long":   make([]byte, ShareSize+1),
	} {
		if _, _, err := r.Finish(share); !errors.Is(err, ErrShare) {
			t.Errorf("%s: %v", what, err)
		}
	}
	valid := unhex(t, "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c")
	r.scalar = scalar(t, "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05")
	k, err := r.secret(valid)
	if want := "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e"; err != nil || hex.EncodeToString(k) != want {
		t.Errorf("got %x, %v, want %s", k, err, want)
	}
}

func TestRun_ProvesTheSamePINOnTheSameConnectionAlone(t *testing.T) {
	here := Binding{Channel: []byte("room"), Session: []byte("connection 1")}
	for _, c := range []struct {
		what  string
		pin   string
		bound Binding
		want  bool
	}{
		{"the same", "1234", here, true},
		{"another PIN", "1235", here, false},
		{"another connection", "1234", Binding{Channel: here.Channel, Session: []byte("connection 2")}, false},
		{"another room", "1234", Binding{Channel: []byte("rooms"), Session: here.Session}, false},
	} {
		a, b := Start([]byte("1234"), here, false), Start([]byte(c.pin), c.bound, true)
		mineA, theirsA, err := a.Finish(b.Share())
		if err != nil {
			t.Fatal(err)
		}
		mineB, theirsB, err := b.Finish(a.Share())
		if err != nil {
			t.Fatal(err)
		}
		if Equal(mineA, theirsB) != c.want || Equal(mineB, theirsA) != c.want {
			t.Errorf("%s: proofs agree %v and %v, want %v", c.what, Equal(mineA, theirsB), Equal(mineB, theirsA), c.want)
		}
		if bytes.Equal(mineA, mineB) {
			t.Errorf("%s: one proof could be sent back as the other", c.what)
		}
	}
}

func TestRun_IsAnotherEachTime(t *testing.T) {
	a, b := Start([]byte("1234"), Binding{}, false), Start([]byte("1234"), Binding{}, false)
	if bytes.Equal(a.Share(), b.Share()) {
		t.Error("two runs have one share")
	}
}

func FuzzRun_Finish(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, ShareSize))
	f.Add(Start([]byte("0000"), Binding{}, true).Share())
	r := Start([]byte("1234"), Binding{}, false)
	f.Fuzz(func(t *testing.T, share []byte) {
		mine, theirs, err := r.Finish(share)
		if (err == nil) != (len(mine) == ProofSize && len(theirs) == ProofSize) {
			t.Errorf("%x: %x %x %v", share, mine, theirs, err)
		}
	})
}

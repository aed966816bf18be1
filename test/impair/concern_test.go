//go:build linux

package main

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestIsUDP_SeesVoiceAndNothingElse(t *testing.T) {
	const ethernet = "020000000001 020000000002 "
	for name, c := range map[string]struct {
		frame string
		want  bool
	}{
		"UDP over IPv4":             {ethernet + "0800 4500001d000040004011 0000 0a4d000a 0a4d000b c350 1e6c 0009 0000 ff", true},
		"UDP over IPv4 with option": {ethernet + "0800 46000021000040004011 0000 0a4d000a 0a4d000b 94040000 c350 1e6c 0009 0000 ff", true},
		"UDP over IPv6":             {ethernet + "86dd 60000000 0009 11 40 fe800000000000000000000000000001 fe800000000000000000000000000002 c350 1e6c 0009 0000 ff", true},
		"mDNS over IPv4":            {ethernet + "0800 4500001d00004000ff11 0000 0a4d000a e00000fb 14e9 14e9 0009 0000 ff", false},
		"mDNS over IPv6":            {ethernet + "86dd 60000000 0009 11 ff fe800000000000000000000000000001 ff0200000000000000000000000000fb 14e9 14e9 0009 0000 ff", false},
		"later fragment":            {ethernet + "0800 4500001d000000b94011 0000 0a4d000a 0a4d000b 14e9 14e9 0009 0000 ff", true},
		"TCP":                       {ethernet + "0800 45000028000040004006 0000 0a4d000a 0a4d000b c350 1e6c 00000000 00000000 50020000 0000 0000", false},
		"ARP":                       {ethernet + "0806 0001080006040001 020000000001 0a4d000a 000000000000 0a4d000b", false},
		"cut short":                 {ethernet + "0800 4500001d0000400040", false},
		"cut in the UDP header":     {ethernet + "0800 4500001d000040004011 0000 0a4d000a 0a4d000b c350", false},
		"empty":                     {"", false},
	} {
		frame, err := hex.DecodeString(strings.ReplaceAll(c.frame, " ", ""))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := isUDP(frame); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

package bridge

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// othersSocket reports whether the other end of a connection from this computer is another user's. Where that cannot be told it
// reports false: the ticket has to do alone then.
func othersSocket(c net.Conn) bool {
	remote, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return false
	}
	local, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return false
	}
	uid, ok := ownerOf(remote, local)
	return ok && uid != os.Geteuid() && uid != 0 // root reads our memory if it wants to
}

// ownerOf returns whose socket has that local and remote end, from the kernel's table (proc(5), /proc/net/tcp).
func ownerOf(local, remote netip.AddrPort) (uid int, ok bool) {
	path := "/proc/self/net/tcp"
	if !local.Addr().Unmap().Is4() {
		path += "6"
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close() //nolint:errcheck // read side
	wanted := procAddress(local) + " " + procAddress(remote)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid ...
		fields := strings.Fields(lines.Text())
		if len(fields) > 7 && fields[1]+" "+fields[2] == wanted {
			uid, err := strconv.Atoi(fields[7])
			return uid, err == nil
		}
	}
	return 0, false
}

// procAddress writes an address as that table does: words of 32 bits in the machine's byte order, in hexadecimal.
func procAddress(a netip.AddrPort) string {
	b := a.Addr().Unmap().AsSlice()
	var s strings.Builder
	for ; len(b) >= 4; b = b[4:] {
		fmt.Fprintf(&s, "%08X", binary.NativeEndian.Uint32(b))
	}
	fmt.Fprintf(&s, ":%04X", a.Port())
	return s.String()
}

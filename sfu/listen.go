package sfu

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/earshot/earshot/sfu/signal"
)

// portTries is how many ports after the wished one are tried before the system chooses. Few, so that firewall rules for
// "7788 and a few above" cover it.
const portTries = 8

// listenBoth opens TCP and UDP on one port number: the wished one, one of the next portTries, or any. It returns
// CodePortsTaken when not even that works. An unspecified host listens on IPv4 and IPv6.
func listenBoth(address string) (*net.TCPListener, *sockets, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	if port != 0 {
		for p := port; p <= min(port+portTries, 65535); p++ {
			if tcp, udp, err := listenPort(host, int(p)); err == nil {
				return tcp, udp, nil
			} else if addressUnusable(err) {
				return nil, nil, fmt.Errorf("listen on %q: %w", address, err)
			}
		}
	}
	// The system chooses a TCP port; the UDP port of that number is free nearly always, so a few tries suffice.
	for range 8 {
		var tcp *net.TCPListener
		var udp *sockets
		if tcp, udp, err = listenPort(host, 0); err == nil {
			return tcp, udp, nil
		}
	}
	return nil, nil, signal.Problemf(signal.CodePortsTaken, "%v", err)
}

func listenPort(host string, port int) (*net.TCPListener, *sockets, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))) //nolint:noctx // binds at once
	if err != nil {
		return nil, nil, err
	}
	tcp, _ := l.(*net.TCPListener)
	bound, _ := tcp.Addr().(*net.TCPAddr)
	udp, err := openSockets(bound)
	if err != nil {
		return nil, nil, errors.Join(err, tcp.Close())
	}
	return tcp, udp, nil
}

// addressUnusable reports errors that no other port would cure: a host that is no address of this machine.
func addressUnusable(err error) bool {
	var dns *net.DNSError
	var addr *net.AddrError
	return errors.As(err, &dns) || errors.As(err, &addr) || isNotAvailable(err)
}

// Package metrics shows the one who runs a room what it costs: Prometheus metrics and Go profiles over HTTP, on loopback
// only. Nobody else on the network can read them, and neither can a web page: the Host header must be loopback's too.
//
// Labels are random ids of the room and of the participants who are inside now. There are never more of them than the
// room's capacity, and none says who somebody is.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/earshot/earshot/sfu"
)

// Addresses returns where to listen for an address that a person typed: both loopback addresses for ":9090" and
// "localhost:9090", one where it was named. Anything that other computers could reach is refused.
func Addresses(listen string) ([]string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("%q is no address; want one like :9090", listen)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("%q is no port, want 0 to 65535", port)
	}
	if host == "" || host == "localhost" {
		return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}, nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("metrics are for this computer alone, and %s is not its loopback address; use :%s", host, port)
	}
	return []string{listen}, nil
}

// Server serves until Close.
type Server struct {
	http http.Server
	url  string
	work sync.WaitGroup
}

// Serve listens on addresses of Addresses and serves /metrics and /debug/pprof/. stats is called at each scrape. Of two
// loopback addresses one suffices: a machine may have no IPv6. With port 0 both get the port that the first was given.
func Serve(addresses []string, stats func() sfu.Stats) (*Server, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		room{stats},
	)
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	routes.HandleFunc("GET /debug/pprof/", pprof.Index)
	routes.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	routes.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	routes.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	routes.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	s := &Server{http: http.Server{Handler: guarded(routes), ReadHeaderTimeout: 5 * time.Second}}

	var failed error
	port := ""
	for _, address := range addresses {
		host, wished, err := net.SplitHostPort(address)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen for metrics: %w", err), s.Close())
		}
		if wished == "0" && port != "" {
			wished = port
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, wished)) //nolint:noctx // binds at once
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if port == "" {
			_, port, _ = net.SplitHostPort(l.Addr().String())
			s.url = "http://" + l.Addr().String() + "/metrics"
		}
		s.work.Go(func() { _ = s.http.Serve(l) }) // returns when Close closes it
	}
	if s.url == "" {
		return nil, fmt.Errorf("listen for metrics: %w", failed)
	}
	return s, nil
}

// URL is where the metrics are.
func (s *Server) URL() string { return s.url }

// Close ends the server: scrapes that run are given a second.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		err = s.http.Close()
		s.work.Wait()
		return err
	}
	s.work.Wait()
	return nil
}

// guarded refuses requests that name another host: a web page whose own name was made to lead here (DNS rebinding).
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
			http.Error(w, "for this computer alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

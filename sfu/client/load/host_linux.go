package load

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// userHZ is the unit of times in /proc (proc(5)): 100 on every architecture that Go runs on.
const userHZ = 100

// FindHost returns the process that listens on a TCP port of this machine, in this network namespace. ErrNoHost when there
// is none, or another user's.
func FindHost(port int) (pid int, err error) {
	sockets := make(map[string]bool)
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		b, err := os.ReadFile(table) //nolint:gosec // one of the two
		if err != nil {
			continue // no IPv6
		}
		for line := range strings.Lines(string(b)) {
			// sl local_address rem_address st … inode, local_address being HEX:PORT; state 0A is LISTEN.
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == "0A" && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				sockets["socket:["+f[9]+"]"] = true
			}
		}
	}
	if len(sockets) == 0 {
		return 0, ErrNoHost
	}
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && sockets[target] {
			return strconv.Atoi(strings.Split(link, "/")[2])
		}
	}
	return 0, ErrNoHost
}

// usageOf returns what a process has used.
func usageOf(pid int) (usage, error) {
	folder := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(folder, "stat")) //nolint:gosec // of a process
	if err != nil {
		return usage{}, fmt.Errorf("read the host's usage: %w", err)
	}
	// The name in parentheses may hold anything; the fields after it are plain. utime and stime are the 14th and 15th.
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(f) < 13 {
		return usage{}, errors.New("read the host's usage: /proc has another format here")
	}
	var ticks int64
	for _, field := range f[11:13] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return usage{}, fmt.Errorf("read the host's usage: %w", err)
		}
		ticks += n
	}
	u := usage{cpu: time.Duration(ticks) * time.Second / userHZ}
	if fine := threadTime(folder); fine > u.cpu-time.Second/userHZ { // else a thread has ended and took its time along
		u.cpu = fine
	}
	statm, err := os.ReadFile(filepath.Join(folder, "statm")) //nolint:gosec // of a process
	if f := strings.Fields(string(statm)); err == nil && len(f) > 1 {
		pages, _ := strconv.ParseInt(f[1], 10, 64)
		u.memory = pages * int64(os.Getpagesize())
	}
	return u, nil
}

// threadTime returns the time on a processor of all threads that live, to the nanosecond (schedstat); 0 where the kernel
// does not keep it.
func threadTime(folder string) (sum time.Duration) {
	files, _ := filepath.Glob(filepath.Join(folder, "task/*/schedstat"))
	for _, file := range files {
		b, err := os.ReadFile(file) //nolint:gosec // of a process
		if f := strings.Fields(string(b)); err == nil && len(f) > 0 {
			n, _ := strconv.ParseInt(f[0], 10, 64)
			sum += time.Duration(n)
		}
	}
	return sum
}

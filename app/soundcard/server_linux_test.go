package soundcard

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const patience = 20 * time.Second

// Devices as modules of PulseAudio, which PipeWire's server for its clients knows too.
const (
	sink       = "module-null-sink sink_name=card rate=48000"
	microphone = "module-remap-source source_name=microphone master=card.monitor source_properties=device.description=Desk"
	headset    = "module-null-source source_name=other description=Headset rate=48000"
)

// pipeWires are what PipeWire has instead of modules of PulseAudio.
var pipeWires = map[string]string{
	headset: "module-null-sink media.class=Audio/Source/Virtual sink_name=other sink_properties=device.description=Headset",
}

// soundServer is a real PulseAudio or PipeWire with one silent sink, and a microphone that hears what the sink plays.
type soundServer struct {
	t        *testing.T
	pipeWire bool
	runtime  string
	programs []*exec.Cmd
	modules  map[string]string // their numbers
}

// onEach runs a test on both kinds of server.
func onEach(t *testing.T, test func(t *testing.T, s *soundServer)) {
	t.Helper()
	for kind, programs := range map[string][]string{"PulseAudio": {"pulseaudio"}, "PipeWire": {"dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse"}} {
		t.Run(kind, func(t *testing.T) {
			for _, program := range programs {
				if _, err := exec.LookPath(program); err != nil {
					t.Skip(program + " is not installed")
				}
			}
			s := &soundServer{t: t, pipeWire: kind == "PipeWire", runtime: t.TempDir(), modules: make(map[string]string)}
			t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(s.runtime, "pulse", "native"))
			t.Setenv("PULSE_SINK", "")
			t.Setenv("PULSE_SOURCE", "")
			t.Setenv("PULSE_COOKIE", filepath.Join(s.runtime, "cookie"))
			t.Cleanup(s.stop)
			test(t, s)
		})
	}
}

func (s *soundServer) start(modules ...string) {
	s.t.Helper()
	if s.pipeWire {
		s.run("dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=unix:path="+filepath.Join(s.runtime, "bus"))
		s.await("bus") // without one WirePlumber joins nothing to anything
		s.run("pipewire")
		s.await("pipewire-0")
		s.run("wireplumber")
		s.run("pipewire-pulse")
	} else {
		_ = os.MkdirAll(filepath.Join(s.runtime, "pulse"), 0o700)
		s.run("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes",
			"--load=module-native-protocol-unix socket="+filepath.Join(s.runtime, "pulse", "native")+" auth-anonymous=1")
	}
	for begun := time.Now(); !Available(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > patience {
			s.t.Fatal("the sound server does not answer")
		}
	}
	for _, module := range modules {
		name := module
		if other := pipeWires[module]; s.pipeWire && other != "" {
			name = other
		}
		s.modules[module] = strings.TrimSpace(s.pactl(s.t, append([]string{"load-module"}, strings.Fields(name)...)...))
	}
}

// await waits until a socket is there.
func (s *soundServer) await(name string) {
	s.t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(s.runtime, name)); err == nil {
			return
		}
		if time.Since(begun) > patience {
			s.t.Fatalf("%s does not come", name)
		}
	}
}

func (s *soundServer) run(name string, arguments ...string) {
	s.t.Helper()
	command := exec.CommandContext(s.t.Context(), name, arguments...)
	command.Env = append(os.Environ(), s.environment()...)
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.programs = append(s.programs, command)
}

func (s *soundServer) environment() []string {
	return []string{
		"XDG_RUNTIME_DIR=" + s.runtime, "PULSE_RUNTIME_PATH=" + filepath.Join(s.runtime, "pulse"), "PIPEWIRE_RUNTIME_DIR=" + s.runtime,
		"HOME=" + s.runtime,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(s.runtime, "bus"),
	}
}

// stop ends it as a crash does.
func (s *soundServer) stop() {
	for _, program := range s.programs {
		_ = program.Process.Kill()
		_ = program.Wait()
	}
	s.programs = nil
	maps.DeleteFunc(s.modules, func(string, string) bool { return true })
	for _, left := range []string{"pulse/native", "pulse/pid", "pid", "pipewire-0", "bus"} {
		_ = os.Remove(filepath.Join(s.runtime, left))
	}
}

// pactl changes the server, and returns what it says.
func (s *soundServer) pactl(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "pactl", arguments...)
	command.Env = append(os.Environ(), s.environment()...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("pactl %v: %v %s", arguments, err, out)
	}
	return string(out)
}

// unload takes a device away.
func (s *soundServer) unload(t *testing.T, module string) {
	t.Helper()
	s.pactl(t, "unload-module", s.modules[module])
}

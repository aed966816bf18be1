package soundcard

import (
	"encoding/binary"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"time"
)

// page is a page's end of a desk: it plays a tone and listens to the microphone.
type page struct {
	*Desk
	states chan State
	heard  chan float64 // the power of the microphone in each tick
	ticks  chan Tick    // their sound is gone
	played chan bool    // whether the microphone's came with what was played
	pace   atomic.Int32
	still  atomic.Bool // gives no answers
}

func openPage(t *testing.T) *page {
	t.Helper()
	p := &page{states: make(chan State, 100), heard: make(chan float64, 10_000), ticks: make(chan Tick, 100_000), played: make(chan bool, 10_000)}
	ready := make(chan struct{})
	clock := 0
	p.pace.Store(1)
	p.Desk = Open(slog.New(slog.DiscardHandler), Page{Pace: func() int { return int(p.pace.Load()) }, Tick: func(tick Tick) {
		<-ready
		p.ticks <- tick
		if tick.Microphone != nil {
			p.heard <- powerOf(tick.Microphone)
			p.played <- tick.Played != nil
		}
		frames := make([]byte, 0, (tick.Blocks*Block+tick.Longer)*Frame)
		for range tick.Blocks*Block + tick.Longer {
			sample := math.Float32bits(float32(0.5 * math.Sin(turn*float64(clock))))
			frames = binary.LittleEndian.AppendUint32(frames, sample)
			frames = binary.LittleEndian.AppendUint32(frames, sample)
			clock++
		}
		if !p.still.Load() {
			p.Play(frames)
		}
	}, Tell: func(s State) { p.states <- s }})
	close(ready)
	t.Cleanup(p.Close)
	return p
}

func powerOf(frames []byte) (power float64) {
	for i := 0; i+4 <= len(frames); i += 4 {
		sample := float64(math.Float32frombits(binary.LittleEndian.Uint32(frames[i:])))
		power += sample * sample
	}
	return power / float64(len(frames)/4)
}

func (p *page) until(t *testing.T, what string, ok func(State) bool) State {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case s := <-p.states:
			if ok(s) {
				return s
			}
		case <-timeout:
			t.Fatalf("%s: never", what)
		}
	}
}

func (p *page) hears(t *testing.T) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case power := <-p.heard:
			if power > 0.1 { // 0.125 is a sine of half of full scale
				return
			}
		case <-timeout:
			t.Fatal("the microphone does not hear the loudspeaker")
		}
	}
}

func TestDesk_PlaysAndRecords(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink, microphone)
		p := openPage(t)
		p.until(t, "sound", func(s State) bool { return s.Sound && s.Microphone == MicrophoneClosed })
		for range 20 { // the loudspeaker alone is a clock
			select {
			case tick := <-p.ticks:
				if tick.Microphone != nil {
					t.Fatal("a closed microphone is heard")
				}
			case <-time.After(patience):
				t.Fatal("without a microphone nothing is played")
			}
		}
		p.Set(Wish{Microphone: true})
		if state := p.until(t, "microphone", func(s State) bool { return s.Microphone == MicrophoneOpen }); state.Input != "Desk" {
			t.Errorf("the microphone is called %q", state.Input)
		}
		p.hears(t)
	})
}

// Whoever cancels no echo is not brought what is played, and the microphone does not wait for it.
func TestDesk_WhatIsPlayedIsBroughtWhenWanted(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink, microphone)
		p := openPage(t)
		for _, wanted := range []bool{false, true, false} {
			p.Set(Wish{Microphone: true, Played: wanted})
			p.until(t, "an answer", func(s State) bool { return s.Microphone == MicrophoneOpen })
			timeout := time.After(patience)
			for same := 0; same < 50; { // half a second
				select {
				case played := <-p.played:
					if same++; played != wanted {
						same = 0
					}
				case <-timeout:
					t.Fatalf("what is played is to be brought: %t, and it is not so", wanted)
				}
			}
		}
	})
}

// A page that stands still is asked a few times and then not any more; what was left out meanwhile is said, so that its clock goes on.
func TestDesk_PageThatStandsStill(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink, microphone)
		p := openPage(t)
		for _, pace := range []int{1, 2, 4} {
			p.pace.Store(int32(pace))
			p.Set(Wish{Microphone: true})
			p.hears(t)
			p.still.Store(true)
			time.Sleep(time.Second)
			for len(p.ticks) > 0 {
				<-p.ticks
			}
			time.Sleep(time.Second)
			if n := len(p.ticks); n > 0 {
				t.Errorf("a page that answered nothing for a second is asked %d times more", n)
			}
			p.still.Store(false)
			p.Play(make([]byte, Block*Frame))
			select {
			case tick := <-p.ticks:
				if tick.LeftOut < 150 || tick.LeftOut > 1000 {
					t.Errorf("of about two seconds %d ms were left out", 10*tick.LeftOut)
				}
				if tick.Blocks != pace {
					t.Errorf("a tick is of %d blocks instead of %d", tick.Blocks, pace)
				}
			case <-time.After(patience):
				t.Fatal("a page that answers again is not asked")
			}
			for range openBlocks { // the others that it was asked
				p.Play(nil)
			}
			p.hears(t)
		}
	})
}

func TestDesk_ServerThatIsRestarted(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink, microphone)
		p := openPage(t)
		p.Set(Wish{Microphone: true})
		p.until(t, "microphone", func(s State) bool { return s.Microphone == MicrophoneOpen })
		s.stop()
		p.until(t, "silence", func(s State) bool { return !s.Sound })
		s.start(sink, microphone)
		p.until(t, "sound again", func(s State) bool { return s.Sound && s.Microphone == MicrophoneOpen })
		for len(p.heard) > 0 {
			<-p.heard
		}
		p.hears(t)
	})
}

func TestDesk_MicrophoneThatIsUnplugged(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink, microphone, headset)
		p := openPage(t)
		p.Set(Wish{Microphone: true, Input: "microphone"})
		if state := p.until(t, "microphone", func(s State) bool { return s.Microphone == MicrophoneOpen }); state.Input != "Desk" {
			t.Errorf("the microphone is called %q", state.Input)
		}
		s.unload(t, microphone)
		if state := p.until(t, "another", func(s State) bool { return s.Microphone == MicrophoneOpen && s.Input != "Desk" }); state.Input == "" {
			t.Error("the next microphone has no name")
		}
		s.unload(t, headset)
		p.until(t, "none", func(s State) bool { return s.Microphone == MicrophoneMissing && s.Sound })
	})
}

func TestDesk_WithoutAServer(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nowhere")
	if Available() {
		t.Fatal("there is no sound server")
	}
	p := openPage(t)
	if state := p.until(t, "a word", func(State) bool { return true }); state.Sound || state.Microphone != MicrophoneMissing {
		t.Errorf("without a sound server: %+v", state)
	}
}

func TestDesk_MonitorIsNoMicrophone(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink)
		p := openPage(t)
		p.Set(Wish{Microphone: true})
		p.until(t, "none", func(s State) bool { return s.Sound && s.Microphone == MicrophoneMissing })
	})
}

// A page that stands still loses sound both ways, but what it is told of the loudspeaker is still what is in its microphone, as much later
// as ever: by the phase of the tone, which is the same in both.
func TestDesk_AnEchoStaysWhereItWas(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink, microphone)
		var number, clock int
		off := make(chan float64, 100_000)
		var d *Desk
		ready := make(chan struct{})
		d = Open(slog.New(slog.DiscardHandler), Page{Pace: func() int { return 1 }, Tick: func(tick Tick) {
			<-ready
			if number++; number%30 == 0 {
				time.Sleep(100 * time.Millisecond)
			}
			if tick.Played != nil && powerOf(tick.Microphone) > 0.1 {
				spoken, played := phaseOf(tick.Microphone, Frame), phaseOf(tick.Played, sampleBytes)
				off <- math.Remainder(spoken-played, 2*math.Pi)
			}
			frames := make([]byte, 0, (Block+tick.Longer)*Frame)
			for range Block + tick.Longer {
				frames = binary.LittleEndian.AppendUint32(frames, math.Float32bits(float32(0.5*math.Sin(turn*float64(clock)))))
				frames = append(frames, frames[len(frames)-4:]...)
				clock++
			}
			d.Play(frames)
		}, Tell: func(State) {}})
		close(ready)
		t.Cleanup(d.Close)
		d.Set(Wish{Microphone: true, Played: true})
		const blocks = 120
		var all []float64
		for timeout := time.After(patience); len(all) < blocks; {
			select {
			case each := <-off:
				all = append(all, each)
			case <-timeout:
				t.Fatalf("%d blocks in which the microphone hears what is played", len(all))
			}
		}
		same := 0
		for _, where := range all {
			there := 0
			for _, each := range all {
				if math.Abs(math.Remainder(each-where, 2*math.Pi)) < 0.2 { // 0.07 ms
					there++
				}
			}
			same = max(same, there)
		}
		if same < blocks*7/10 { // a block in which the tone breaks has no phase
			t.Errorf("in %d of %d blocks the echo is where it was: %.1f", same, blocks, all)
		}
	})
}

// turn is the tone's, by sample.
const turn = 2 * math.Pi * 440 / Rate

// phaseOf is where the tone is in its turn at the beginning of a block.
func phaseOf(block []byte, step int) float64 {
	var re, im float64
	for i := 0; i*step < len(block); i++ {
		sample := float64(math.Float32frombits(binary.LittleEndian.Uint32(block[i*step:])))
		re += sample * math.Sin(turn*float64(i))
		im += sample * math.Cos(turn*float64(i))
	}
	return math.Atan2(im, re)
}

func TestDesk_MicrophoneThatTheSystemMutes(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		s.start(sink, microphone)
		p := openPage(t)
		p.Set(Wish{Microphone: true})
		p.until(t, "microphone", func(s State) bool { return s.Microphone == MicrophoneOpen && !s.Muted })
		s.pactl(t, "set-source-mute", "microphone", "1")
		p.until(t, "muted", func(s State) bool { return s.Microphone == MicrophoneOpen && s.Muted })
		s.pactl(t, "set-source-mute", "microphone", "0")
		p.until(t, "not muted", func(s State) bool { return !s.Muted })
		s.pactl(t, "set-source-volume", "microphone", "0")
		p.until(t, "turned down", func(s State) bool { return s.Muted })
	})
}

// What was chosen is used, and comes back with the device; a loudspeaker that appears is not used, nor is the system's new default.
func TestDesk_ChosenDevices(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		other := "module-null-sink sink_name=other sink_properties=device.description=Headset rate=48000"
		s.start(sink, other, microphone, "module-remap-source source_name=second master=other.monitor source_properties=device.description=Camera")
		p := openPage(t)
		p.Set(Wish{Microphone: true, Input: "second", Output: "other"})
		p.until(t, "the chosen ones", func(s State) bool { return s.Input == "Camera" && s.Output == "Headset" })
		p.hears(t)
		p.Set(Wish{Microphone: true, Input: "microphone", Output: "card"})
		p.until(t, "others", func(s State) bool { return s.Input == "Desk" && s.Output != "Headset" && s.Sound })
		p.hears(t)
		s.pactl(t, "set-default-sink", "other")
		s.pactl(t, "load-module", "module-null-sink", "sink_name=new")
		s.pactl(t, "set-default-sink", "new")
		p.Set(Wish{Microphone: true, Input: "microphone", Output: "card"}) // is answered, whatever has changed
		if state := p.until(t, "an answer", func(State) bool { return true }); state.Output == "Headset" || state.Output == "new" {
			t.Errorf("it plays on %q", state.Output)
		}
	})
}

func TestWatch_TellsOfDevices(t *testing.T) {
	onEach(t, func(t *testing.T, s *soundServer) {
		t.Helper()
		told := make(chan Devices, 100)
		go Watch(t.Context(), func(d Devices) { told <- d })
		await := func(what string, ok func(Devices) bool) {
			t.Helper()
			timeout := time.After(patience)
			for {
				select {
				case d := <-told:
					if ok(d) {
						return
					}
				case <-timeout:
					t.Fatalf("%s: never", what)
				}
			}
		}
		s.start(sink, microphone)
		await("what is there, and no monitor", func(d Devices) bool {
			return len(d.Microphones) == 1 && d.Microphones[0].Label == "Desk" && len(d.Speakers) == 1 && d.Speakers[0].Name == "card" && d.Speakers[0].Default
		})
		s.pactl(t, "load-module", "module-null-sink", "sink_name=new", "sink_properties=device.description=Television")
		await("a new one", func(d Devices) bool { return len(d.Speakers) == 2 && d.Speakers[1].Label == "Television" })
		s.unload(t, microphone)
		await("one fewer", func(d Devices) bool { return len(d.Microphones) == 0 })
		s.stop()
		await("none", func(d Devices) bool { return len(d.Speakers) == 0 })
	})
}

// Package soundcard plays and records on the sound server of a Linux desktop: PulseAudio, or PipeWire, which speaks the same
// protocol. It stands in for the page's own sound in the window, where the page's microphone (WebKitGTK 2.50's
// MediaStreamAudioSourceNode) loses 3 ms about once a second, is later by as much each time, without bound, and resamples
// twice: 267 ms from mouth to a colleague's ear and growing, measured by scripts/bench window.
//
// # Clock
//
// Nothing here waits on a timer. A tick is a few blocks of 10 ms, as many as the page likes, of the microphone; without a microphone,
// of what the loudspeaker asks for. For each tick the page gives back what is to be played. The microphone's clock and the
// loudspeaker's may be those of two devices: how many samples the page is to give back is said with the tick (balance.go).
//
// # Echo
//
// What the loudspeaker plays is recorded too, from its monitor, and comes with the microphone's block whose echo it is (pairing.go). It is what was
// really played, other programs' sound included, at the time at which it was: what the page made may be late, left out or longer,
// and after each such change a canceller needs seconds to find the echo again. Figures: docs/BENCHMARKS.md, Echo.
//
// # What may go away
//
// The sound server, which is dialed again until it is back; the chosen devices, instead of which the system's own are used;
// all microphones. A sink's monitor, which PulseAudio takes for the default microphone where there is none, is no
// microphone: the room would hear itself.
package soundcard

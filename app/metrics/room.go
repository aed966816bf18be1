package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/earshot/earshot/sfu"
)

// room turns a snapshot into metrics at each scrape. Nothing is kept between two: whoever left is gone from the next.
type room struct{ stats func() sfu.Stats }

// Describe implements prometheus.Collector: unchecked, since what there is depends on who is inside.
func (room) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c room) Collect(out chan<- prometheus.Metric) {
	s := c.stats()
	whole := family{out: out, prefix: "earshot_room_", labels: []string{"room"}, values: []string{s.Room}}
	whole.gauge("participants", "Participants inside.", float64(len(s.Participants)))
	whole.gauge("capacity", "Participants who may be inside.", float64(s.Capacity))
	whole.gauge("seats", "Voices that are forwarded at the same time.", float64(s.Seats))
	whole.gauge("seats_taken", "Seats that somebody holds.", float64(s.SeatsTaken))
	whole.counter("seat_switches_total", "Seats given to another holder.", s.SeatSwitches)
	whole.media(s.Total)
	for _, p := range s.Participants {
		one := family{out: out, prefix: "earshot_participant_", labels: []string{"room", "participant"}, values: []string{s.Room, p.ID}}
		one.media(p.Media)
		one.gauge("rtt_seconds", "Round trip of the latest ICE check.", p.RTT.Seconds())
		one.gauge("jitter_seconds", "Jitter of the microphone's packets (RFC 3550).", p.Jitter.Seconds())
		one.gauge("up_loss_ratio", "Share of the microphone's packets lost lately, before repair.", p.UpLoss)
		one.gauge("down_loss_ratio", "Share of the packets to the participant lost lately, before repair.", p.DownLoss)
		one.gauge("concealed_ratio", "Share of the heard sound that was made up, as the participant reports it.", p.Concealed)
	}
}

// family is the metrics of one room or one participant.
type family struct {
	out            chan<- prometheus.Metric
	prefix         string
	labels, values []string
}

func (f family) media(m sfu.Media) {
	f.counter("received_packets_total", "Packets of microphones, each once.", m.Received)
	f.counter("received_bytes_total", "Payload of the received packets.", m.Bytes)
	f.gauge("missing_packets", "Packets of microphones that have not come so far, after all repair; fewer again when late ones do.", float64(m.Lost))
	f.counter("repaired_packets_total", "Packets that a retransmission or redundancy brought.", m.Repaired)
	f.counter("duplicate_packets_total", "Packets that came again.", m.Duplicates)
	f.counter("refused_packets_total", "Packets that are no sound.", m.Refused)
	f.counter("sent_packets_total", "Packets forwarded, without retransmissions.", m.Sent)
	f.counter("resent_packets_total", "Retransmissions.", m.Resent)
}

func (f family) gauge(name, help string, value float64) {
	f.metric(name, help, prometheus.GaugeValue, value)
}

func (f family) counter(name, help string, value uint64) {
	f.metric(name, help, prometheus.CounterValue, float64(value))
}

func (f family) metric(name, help string, kind prometheus.ValueType, value float64) {
	f.out <- prometheus.MustNewConstMetric(prometheus.NewDesc(f.prefix+name, help, f.labels, nil), kind, value, f.values...)
}

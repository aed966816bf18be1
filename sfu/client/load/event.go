package load

import (
	"math"
	"time"
)

// Event is a Result as one line of JSON. What there was nothing to measure on is null.
type Event struct {
	Event        string   `json:"event"` // result
	Participants int      `json:"participants"`
	Talkers      int      `json:"talkers"`
	Seconds      float64  `json:"seconds"`
	Sent         int64    `json:"sent"`
	Received     int64    `json:"received"`
	Lost         int64    `json:"lost"`
	OutOfOrder   int64    `json:"out_of_order"`
	ReceivedPerS float64  `json:"received_per_s"`
	JoinP50      *float64 `json:"join_p50_ms"` // start of join to the first packet of somebody else
	JoinP99      *float64 `json:"join_p99_ms"`
	DelayP50     *float64 `json:"delay_p50_us"`
	DelayP99     *float64 `json:"delay_p99_us"`

	Duplicates int64    `json:"duplicates"`
	Checked    int64    `json:"checked"` // packets whose content was checked
	Gone       int      `json:"gone"`    // participants that were lost
	JoinsPerS  float64  `json:"joins_per_s"`
	Joins      int      `json:"joins"` // that JoinP50 and JoinP99 are taken from
	WelcomeP50 *float64 `json:"welcome_p50_ms"`
	WelcomeP99 *float64 `json:"welcome_p99_ms"`
	HostCPU    *float64 `json:"host_cpu_percent"`           // of one processor
	HostJoin   *float64 `json:"host_cpu_ms_join"`           // processor time for each participant while they came in
	HostPacket *float64 `json:"host_cpu_us_packet"`         // processor time for each received packet
	HostPerson *float64 `json:"host_cpu_us_participant"`    // processor time a second for each participant
	HostMemory *float64 `json:"host_memory_mb"`             // resident
	HostGrowth *float64 `json:"host_growth_participant_mb"` // growth since before the joins
}

// Event returns the result as its line of JSON.
func (r Result) Event() Event {
	e := Event{
		Event: "result", Participants: r.Participants, Talkers: r.Talkers, Seconds: round(r.Seconds, 3),
		Sent: r.Sent, Received: r.Received, Lost: r.Lost, OutOfOrder: r.OutOfOrder,
		Duplicates: r.Duplicates, Checked: r.Checked, Gone: r.Gone, Joins: r.Joins, JoinsPerS: round(r.JoinsPerSecond, 1),
	}
	if r.Seconds > 0 {
		e.ReceivedPerS = round(float64(r.Received)/r.Seconds, 1)
	}
	if r.Joins > 0 {
		e.JoinP50, e.JoinP99 = in1(r.JoinP50, time.Millisecond), in1(r.JoinP99, time.Millisecond)
	}
	if r.WelcomeP50 > 0 {
		e.WelcomeP50, e.WelcomeP99 = in1(r.WelcomeP50, time.Millisecond), in1(r.WelcomeP99, time.Millisecond)
	}
	if r.Delays > 0 {
		e.DelayP50, e.DelayP99 = in1(r.DelayP50, time.Microsecond), in1(r.DelayP99, time.Microsecond)
	}
	if r.HostKnown && r.Seconds > 0 {
		e.HostCPU = new(round(100*r.HostCPU.Seconds()/r.Seconds, 2))
		if r.Received > 0 {
			e.HostPacket = new(round(1e6*r.HostCPU.Seconds()/float64(r.Received), 3))
		}
		e.HostJoin = new(round(1e3*r.HostJoinCPU.Seconds()/float64(r.Participants), 2))
		e.HostPerson = new(round(1e6*r.HostCPU.Seconds()/r.Seconds/float64(r.Participants), 1))
		e.HostMemory = new(round(float64(r.HostMemory)/1e6, 1))
		e.HostGrowth = new(round(float64(r.HostMemoryGrew)/1e6/float64(r.Participants), 3))
	}
	return e
}

// in1 returns d in units, with one decimal.
func in1(d, unit time.Duration) *float64 { return new(round(float64(d)/float64(unit), 1)) }

func round(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}

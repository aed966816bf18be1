package reach

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

// version is that of the messages below. Others are ignored.
const version = 1

// Limits of what a stranger sends.
const (
	tokenLen  = 26      // rand.Text: 130 bits
	idLen     = 26      // as above
	maxBody   = 1 << 10 // of an HTTP message, bytes; a whole one is under 250
	maxPacket = 9000    // RFC 6762 §17
	minPort   = 1024    // below live the services of systems
)

// DNS names. The record's owner is none that a room could have, and does not contain the service's label: apps and responders
// that do not know it skip it.
const (
	question   = "_earshot._tcp.local."
	recordName = "_earshot-reach._udp.local."
)

// recordMark is the record's first label as it stands in a packet: packets without it are not decoded.
var recordMark = []byte("\x0e_earshot-reach") //nolint:gochecknoglobals // a constant in all but type

// request asks to be dialled.
type request struct {
	Version int    `json:"v"`
	Token   string `json:"token"`
	Port    int    `json:"port"`
}

func (r request) valid() bool {
	return r.Version == version && validToken(r.Token, tokenLen) && r.Port >= minPort && r.Port <= 65535
}

// report is what somebody who dialled says: in the connection that it opens to the asker (TCP is known to work then), as the answer
// to a request by HTTPS, and by multicast.
type report struct {
	Version int    `json:"v"`
	Token   string `json:"token"`
	ID      string `json:"id"` // of the app that dials, random, new with each start
	By      string `json:"by"` // the name of its user, for people
	Heard   Answer `json:"heard"`
	TCP     Answer `json:"tcp"` // unknown while it is being tried, or when it could not be
	// UDP says only whether datagrams were sent: yes or no. The asker knows what came.
	UDP Answer `json:"udp"`
}

func (r *report) valid() bool {
	name, err := signal.CleanName(r.By)
	if err != nil {
		return false
	}
	r.By = name
	return r.Version == version && validToken(r.Token, tokenLen) && validToken(r.ID, idLen) &&
		r.Heard.valid() && r.TCP.valid() && r.UDP.valid()
}

func (a Answer) valid() bool { return a == Yes || a == No || a == Unknown }

// validToken reports whether a text is of that length and of the letters that rand.Text uses.
func validToken(s string, length int) bool {
	return len(s) == length && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '2' || r > '7') })
}

var errMalformed = errors.New("malformed")

// readBody decodes an HTTP message.
func readBody(r io.Reader, v any) error {
	b, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil {
		return err
	}
	if len(b) > maxBody {
		return errMalformed
	}
	return json.Unmarshal(b, v)
}

// datagram is what is sent to the port by UDP: the prefix, the token, the app's id.
func (r report) datagram() []byte { return []byte(sfu.ReachPrefix + r.Token + r.ID) }

// parseDatagram returns the token and the id in a datagram.
func parseDatagram(b []byte) (token, id string, ok bool) {
	rest, ok := bytes.CutPrefix(b, []byte(sfu.ReachPrefix))
	if !ok || len(rest) != tokenLen+idLen {
		return "", "", false
	}
	token, id = string(rest[:tokenLen]), string(rest[tokenLen:])
	return token, id, validToken(token, tokenLen) && validToken(id, idLen)
}

// multicast is the request as a query for rooms that carries a record in its additional section (RFC 6762 §18.13 gives queries none that
// others would read).
func (r request) multicast() ([]byte, error) {
	msg := dns.Msg{
		Question: []dns.Question{{Name: question, Qtype: dns.TypePTR, Qclass: dns.ClassINET}},
		Extra:    []dns.RR{record("v="+strconv.Itoa(version), "ask="+r.Token, "port="+strconv.Itoa(r.Port))},
	}
	return msg.Pack()
}

// multicast is the report as a response with one record, which nobody keeps: its TTL is 0.
func (r report) multicast() ([]byte, error) {
	msg := dns.Msg{
		MsgHdr: dns.MsgHdr{Response: true, Authoritative: true},
		Answer: []dns.RR{record("v="+strconv.Itoa(version), "re="+r.Token, "id="+r.ID, "heard="+string(r.Heard),
			"tcp="+string(r.TCP), "udp="+string(r.UDP), "by="+base64.RawURLEncoding.EncodeToString([]byte(r.By)))},
	}
	return msg.Pack()
}

func record(text ...string) *dns.TXT {
	return &dns.TXT{Hdr: dns.RR_Header{Name: recordName, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: text}
}

// parseMulticast returns the request or the report in a packet, or an error for all others.
func parseMulticast(b []byte) (*request, *report, error) {
	if len(b) > maxPacket || !bytes.Contains(b, recordMark) {
		return nil, nil, errMalformed
	}
	var msg dns.Msg
	if err := msg.Unpack(b); err != nil {
		return nil, nil, fmt.Errorf("read message: %w", err)
	}
	records := msg.Extra
	if msg.Response {
		records = msg.Answer
	}
	for _, rr := range records {
		txt, ok := rr.(*dns.TXT)
		if !ok || !strings.EqualFold(txt.Hdr.Name, recordName) {
			continue
		}
		values := make(map[string]string)
		for _, s := range txt.Txt {
			if key, value, _ := strings.Cut(s, "="); len(values) < 16 {
				values[key] = value
			}
		}
		v, _ := strconv.Atoi(values["v"])
		if !msg.Response {
			port, _ := strconv.Atoi(values["port"])
			if r := (request{Version: v, Token: values["ask"], Port: port}); r.valid() {
				return &r, nil, nil
			}
			continue
		}
		by, _ := base64.RawURLEncoding.DecodeString(values["by"])
		r := report{
			Version: v, Token: values["re"], ID: values["id"], By: string(by),
			Heard: Answer(values["heard"]), TCP: Answer(values["tcp"]), UDP: Answer(values["udp"]),
		}
		if r.valid() {
			return nil, &r, nil
		}
	}
	return nil, nil, errMalformed
}

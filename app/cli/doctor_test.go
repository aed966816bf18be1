package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/internal/lan"
)

// codesOf returns the values of all constants of type Code in package doctor, from its source.
func codesOf(t *testing.T) []doctor.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../doctor/report.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []doctor.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "Code" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, doctor.Code(value))
		}
		return true
	})
	if len(codes) < 20 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	return codes
}

func TestSentencesOf_EveryCodeHasThem(t *testing.T) {
	params := map[string]string{}
	for _, p := range []string{"interface", "interfaces", "name", "by", "address", "port", "product", "count"} {
		params[p] = "<" + p + ">"
	}
	for _, code := range codesOf(t) {
		for _, level := range []doctor.Level{doctor.Problem, doctor.Note} {
			s := sentencesOf(doctor.Finding{Code: code, Level: level, Params: params})
			if s.what == "" || s.what == string(code) || !strings.HasSuffix(s.what, ".") {
				t.Errorf("%s says %q", code, s.what)
			}
			good := code == doctor.AllWell || code == doctor.Reachable || code == doctor.VPNUp || code == doctor.AppsWithoutRooms
			if !good && (s.why == "" || s.todo == "") {
				t.Errorf("%s: why %q, to do %q", code, s.why, s.todo)
			}
		}
	}
}

func aReport() doctor.Report {
	return doctor.Report{
		Interfaces: []doctor.Interface{
			{Name: "eth0", Kind: lan.Ethernet, Addresses: []string{"10.0.0.5/24"}, Up: true, Used: true, Multicast: doctor.MulticastSilent},
			{Name: "eth1", Kind: lan.Ethernet, Addresses: []string{}},
		},
		Reach: doctor.Reach{Port: 7788, TCP: doctor.No, UDP: doctor.Unknown, By: "보라"},
		Sound: doctor.Sound{Microphone: doctor.Yes, Speaker: doctor.No},
		Findings: []doctor.Finding{
			{
				Code: doctor.FirewallBlocks, Level: doctor.Problem, Action: doctor.ActionCopyCommand,
				Params: map[string]string{"product": "ufw", "command": "sudo ufw allow 7788"},
			},
			{Code: doctor.NoSpeaker, Level: doctor.Warning},
		},
	}
}

func TestReportText_SaysTheFirstThingFirst(t *testing.T) {
	const want = `PROBLEM  The firewall of this computer, ufw, keeps Earshot's traffic out.
         It hides rooms from you, or your rooms from others.
      -> Run this as administrator:
           sudo ufw allow 7788
WARNING  There is no speaker.
         You will not hear anybody.
      -> Plug in headphones or a speaker.

Looked at
  eth0 (network, 10.0.0.5/24): multicast does not come back, 0 rooms, 0 other
    computers with Earshot open
  not connected or not used: eth1
  port 7788, dialled by 보라: TCP does not get through, UDP not known
  sound: microphone found, speaker not found
`
	if got := reportText(aReport()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTellReport_OneObjectALine(t *testing.T) {
	var b bytes.Buffer
	out := &output{json: true, stdout: &b, stderr: &b, broken: make(chan struct{})}
	if n := tellReport(out, aReport()); n != 1 {
		t.Errorf("%d problems", n)
	}
	var events []string
	for line := range strings.Lines(b.String()) {
		var e struct{ Event string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		events = append(events, e.Event)
	}
	if got := strings.Join(events, " "); got != "interface interface reach sound finding finding done" {
		t.Error(got)
	}
	if !strings.Contains(b.String(), `{"event":"finding","code":"firewall_blocks","level":"problem","params":{"command":"sudo ufw allow 7788","product":"ufw"},"action":"copy_command"}`) {
		t.Error(b.String())
	}
}

func TestTellReport_SaysWhenItCannotBeWritten(t *testing.T) {
	out := &output{json: true, stdout: brokenPipe{}, stderr: &bytes.Buffer{}, broken: make(chan struct{})}
	tellReport(out, aReport())
	if out.failed() == nil {
		t.Error("nothing was said")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

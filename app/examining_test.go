package app_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/sfu/signal"
)

func TestExamine_WhoAsksMeanwhileGetsTheSameReport(t *testing.T) {
	_, m := start(t, t.TempDir())
	var reports [2]doctor.Report
	var errs [2]error
	var asking sync.WaitGroup
	for i := range reports {
		asking.Go(func() { reports[i], errs[i] = m.Examine() })
	}
	asking.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	if len(reports[0].Findings) == 0 || len(reports[1].Findings) == 0 || &reports[0].Findings[0] != &reports[1].Findings[0] {
		t.Errorf("%+v\n%+v", reports[0], reports[1])
	}
}

func TestExamine_EndsWithTheApp(t *testing.T) {
	a, m := start(t, t.TempDir())
	ended := make(chan error)
	go func() {
		_, err := m.Examine()
		ended <- err
	}()
	time.Sleep(100 * time.Millisecond)
	a.Close()
	if err := <-ended; err == nil {
		t.Error("the report of an app that has closed")
	}
}

func TestAct_RefusesWhatIsThePagesOwn(t *testing.T) {
	_, m := start(t, t.TempDir())
	err := m.Act(doctor.ActionJoinByAddress)
	if p, ok := errors.AsType[*signal.Problem](err); !ok || p.Code != signal.CodeUnsupported {
		t.Errorf("%v", err)
	}
}

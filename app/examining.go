package app

import (
	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/app/reach"
)

// Examine says why rooms are not found, or voices not heard. It takes 2 to 4 s; who asks meanwhile gets the same report.
func (m *Methods) Examine() (doctor.Report, error) { return m.app.doctor.Examine() }

// Act does what a finding of Examine offers and the page cannot do itself. Errors: CodeUnsupported.
func (m *Methods) Act(action doctor.Action) error { return doctor.Act(action) }

// newReach returns this app's part in finding out who reaches whom.
func (a *App) newReach() *reach.Service {
	return reach.New(reach.Config{Name: func() string { return a.State().Profile.Name }, Listen: a.cfg.Listen, Logger: a.log})
}

// newDoctor returns the doctor of this app.
func (a *App) newDoctor() *doctor.Doctor {
	return doctor.New(doctor.Config{Browser: a.browser, Reach: a.reach, Hosted: a.hostedPort})
}

// hostedPort returns the port of the hosted room, or 0.
func (a *App) hostedPort() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hosted == nil {
		return 0
	}
	return a.hosted.server.Port()
}

package app

import (
	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/sfu/identity"
)

// Examine says why rooms are not found, or voices not heard. It takes 2 to 4 s; who asks meanwhile gets the same report.
func (m *Methods) Examine() (doctor.Report, error) { return m.app.doctor.Examine() }

// Act does what a finding of Examine offers and the page cannot do itself. Errors: CodeUnsupported.
func (m *Methods) Act(action doctor.Action) error { return doctor.Act(action) }

// newDoctor returns the doctor of this app.
func (a *App) newDoctor() *doctor.Doctor {
	key := identity.FingerprintOf(a.identity)
	return doctor.New(doctor.Config{
		Browser: a.browser,
		Hosting: func() bool { return a.hostedID() != "" },
		Mine:    func(r discovery.Room) bool { return r.Facts.ID == a.hostedID() && r.Fingerprint == key },
	})
}

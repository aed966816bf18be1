// Earshot is voice rooms for everybody within earshot of your LAN. This file wires the parts; package cli picks the mode.
package main

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/app/browser"
	"github.com/earshot/earshot/app/cli"
	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/app/folder"
	"github.com/earshot/earshot/frontend"
	"github.com/earshot/earshot/internal/webpage"
	"github.com/earshot/earshot/sfu/identity"
)

//go:embed build/linux/earshot.png
var icon []byte

// heapGrowth is how far the heap may grow, in per cent, before garbage is collected. Carrying voice makes no garbage, so
// half of Go's default costs nothing, and a room of 25 takes a fifth less memory.
const heapGrowth = 50

func main() {
	debug.SetGCPercent(heapGrowth)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl+C ends the program at once
	os.Exit(cli.Run(ctx, cli.Options{
		Args:      os.Args[1:],
		Stdout:    os.Stdout,
		Stderr:    os.Stderr,
		LookupEnv: os.LookupEnv,
		Version:   version(),
		Name:      app.ProfileName,
		Diagnose: func(dir string, report *doctor.Report) (name, text string) {
			d := app.DiagnosticsOf(dir, version(), report)
			return d.Name, d.Text
		},
		Window: window,
		Web:    web,
		Pages:  guestPages(),
	}))
}

// version is that of the module, as go build stamps it from the repository.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "(unknown)"
}

// guestPages are what `earshot host` serves guests; nil in a program without its page.
func guestPages() fs.FS {
	if pages := frontend.Pages(); webpage.HasIndex(pages) {
		return pages
	}
	return nil
}

func newApp(setup cli.Setup, voice app.VoiceWay) (*app.App, *browser.Opener, error) {
	opener := browser.New(browser.Config{
		ConfigDir: setup.ConfigDir, Override: os.Getenv("EARSHOT_BROWSER"), Logger: setup.Logger,
	})
	organisation, err := identity.LoadOrganisation(setup.TLSCert, setup.TLSKey)
	if err != nil {
		return nil, nil, err
	}
	a, err := app.New(app.Config{
		ConfigDir:        setup.ConfigDir,
		Pages:            frontend.Pages(),
		GuestCertificate: organisation,
		Open:             func(url string) (string, error) { return opener.Open(context.Background(), url) },
		OpenLink:         func(url string) error { return opener.OpenLink(context.Background(), url) },
		ShowFolder:       folder.Show,
		KeepRooms:        !setup.PassOn,
		Version:          version(),
		Voice:            voice,
		Logger:           setup.Logger,
	})
	return a, opener, err
}

// window is the desktop app.
func window(ctx context.Context, setup cli.Setup, invite string) error {
	if app.Generating { // wails build only wants to know what can be called
		return app.RunWindow(app.Window{Methods: app.NewMethods(nil)})
	}
	a, _, err := newApp(setup, app.VoiceWindow)
	if err != nil {
		return err
	}
	defer a.Close()
	a.OpenInvite(invite)
	err = app.RunWindow(app.Window{
		Pages:      frontend.Pages(),
		Methods:    app.NewMethods(a),
		Subscribe:  a.Subscribe,
		Voice:      a.VoiceSource(),
		OpenInvite: a.OpenInvite,
		ConfigDir:  setup.ConfigDir,
		Theme:      a.State().Profile.Theme,
		Icon:       icon,

		Place: a.Place, KeepPlace: a.KeepPlace, OnClose: a.OnClose, AskHowToClose: a.AskHowToClose, Attach: a.Attach,
		Minimised: setup.Minimised,
		Done:      ctx.Done(),
		Logger:    setup.Logger,
	})
	switch {
	case errors.Is(err, app.ErrNoWindow):
		return cli.NoWindowError{Reason: err}
	case errors.Is(err, app.ErrNoPage):
		return cli.ErrNoPage
	}
	return err
}

// web is the app with a browser for a window.
func web(ctx context.Context, setup cli.Setup, request cli.WebRequest) error {
	a, opener, err := newApp(setup, app.VoiceWay(request.Voice))
	if err != nil {
		return err
	}
	defer a.Close()
	pages, err := a.ServePages(request.Listen)
	if err != nil {
		return err
	}
	if !pages.HasPage() {
		return cli.ErrNoPage
	}
	request.Ready(pages.URL(request.Invite))
	if request.Open {
		request.Opened(opener.Open(ctx, pages.TicketURL(request.Invite)))
	}
	<-ctx.Done()
	return nil
}

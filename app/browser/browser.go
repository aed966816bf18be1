// Package browser opens the app's page in a browser of this computer: as a window of its own, without tabs or address
// bar, where Chromium, Chrome or Edge is installed, else in the default browser.
//
// The window has a profile of its own in the app's configuration directory, so that it is no tab of the user's everyday
// browser, carries none of its extensions, and keeps what the user allowed it (the microphone).
package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// None as Config.Override means that no browser is opened at all.
const None = "none"

// settle is how long a browser may take to fail. Chromium that finds no display, no sandbox or a broken installation
// ends within 0.3 s; one that hands the page to a window already open ends well, and as quickly.
const settle = time.Second

// maxLink bounds a link in bytes: Windows opens none longer than 2,083 (INTERNET_MAX_URL_LENGTH).
const maxLink = 2083

// Config says how to open a browser.
type Config struct {
	// ConfigDir is the app's configuration directory; the browser's profile is ConfigDir/browser.
	ConfigDir string
	// Override is the program to use instead of looking for one (EARSHOT_BROWSER), or None. Empty looks.
	Override string
	// Logger is told what was started; nil is silent. The page's address is never logged: it holds the bridge's token.
	Logger *slog.Logger
}

// Opener opens pages. Its methods may be called concurrently.
type Opener struct {
	cfg    Config
	system system
	settle time.Duration
}

// system is what an Opener asks the computer, so that tests can be any computer.
type system struct {
	os       string // runtime.GOOS
	root     bool
	getenv   func(string) string
	lookPath func(string) (string, error)
	isFile   func(string) bool
}

// New returns an Opener. It looks for nothing before Open.
func New(cfg Config) *Opener {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Opener{cfg: cfg, settle: settle, system: system{
		os:       runtime.GOOS,
		root:     os.Geteuid() == 0, // -1 on Windows
		getenv:   os.Getenv,
		lookPath: exec.LookPath,
		isFile: func(path string) bool {
			info, err := os.Stat(path)
			return err == nil && !info.IsDir()
		},
	}}
}

// Open opens a page and returns the browser's name for users to read: "Chromium", "Google Chrome", "Microsoft Edge", or
// "" for the default browser. Only pages of a loopback address are opened, http://127.0.0.1:PORT/... It waits for up to
// a second to see the browser fail, and then tries the next. The browser is no part of this program: it stays when the
// program ends. Errors are a *signal.Problem with signal.CodeNoBrowser.
func (o *Opener) Open(ctx context.Context, page string) (name string, err error) {
	if err := checkPage(page); err != nil {
		return "", err
	}
	return o.first(ctx, o.candidates(), page)
}

// OpenLink opens an address of the web, as somebody wrote it in a chat, in the default browser: http and https alone, without
// a name and password in it. Errors are those of Open, and signal.CodeBadAddress.
func (o *Opener) OpenLink(ctx context.Context, link string) error {
	u, err := url.Parse(link)
	if err != nil || len(link) > maxLink || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return signal.Problemf(signal.CodeBadAddress, "no address of the web")
	}
	// As it was understood here: nothing is left in it that another program could take for an option or a command.
	_, err = o.first(ctx, o.standard(), u.String())
	return err
}

// first opens a page in the first browser that does not fail.
func (o *Opener) first(ctx context.Context, browsers []browser, page string) (name string, err error) {
	if o.cfg.Override == None {
		return "", signal.Problemf(signal.CodeNoBrowser, "opening a browser is switched off")
	}
	if o.system.os == "linux" && o.system.getenv("DISPLAY") == "" && o.system.getenv("WAYLAND_DISPLAY") == "" {
		return "", signal.Problemf(signal.CodeNoBrowser, "no display")
	}
	var tried []error
	for _, b := range browsers {
		if err := o.launch(ctx, b, page); err != nil {
			tried = append(tried, err)
			continue
		}
		o.cfg.Logger.InfoContext(ctx, "opened the page in a browser", slog.String("program", b.program))
		return b.name, nil
	}
	return "", signal.Problemf(signal.CodeNoBrowser, "%v", errors.Join(tried...))
}

// checkPage makes sure that what is handed to other programs is a page of ours and nothing else.
func checkPage(page string) error {
	u, err := url.Parse(page)
	if err != nil {
		return signal.Problemf(signal.CodeNoBrowser, "the page's address cannot be read")
	}
	switch host := u.Hostname(); {
	case u.Scheme != "http", u.User != nil, u.Opaque != "":
	case host == "localhost", net.ParseIP(host).IsLoopback():
		return nil
	}
	return signal.Problemf(signal.CodeNoBrowser, "the page is not on this computer")
}

// launch starts one browser on the page. A nil error means that it runs, or ended well.
func (o *Opener) launch(ctx context.Context, b browser, page string) error {
	arguments, err := o.arguments(b, page)
	if err != nil {
		return err
	}
	// Not CommandContext: the browser outlives the call that opened it.
	command := exec.Command(b.program, arguments...) //nolint:noctx // on purpose
	detach(command)
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", b.program, err)
	}
	// This goroutine keeps the browser from becoming a zombie. It ends with the browser, or with this program.
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()

	timer := time.NewTimer(o.settle)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("run %s: %w", b.program, err)
		}
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

func (o *Opener) arguments(b browser, page string) ([]string, error) {
	if !b.appWindow {
		return append(slices.Clip(b.before), page), nil
	}
	profile := b.profile
	if profile == "" {
		profile = filepath.Join(o.cfg.ConfigDir, "browser")
		if err := os.MkdirAll(profile, 0o700); err != nil {
			return nil, fmt.Errorf("make the browser's profile: %w", err)
		}
	}
	arguments := []string{
		"--app=" + page,
		"--user-data-dir=" + profile,
		"--no-first-run",
		"--no-default-browser-check",
		"--autoplay-policy=no-user-gesture-required", // voices are heard before the first click
	}
	if o.system.os == "linux" && o.system.root {
		// Chromium refuses to run as root with its sandbox. The window shows nothing but our own page.
		arguments = append(arguments, "--no-sandbox")
	}
	return arguments, nil
}

//go:build !headless

package app

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"github.com/wailsapp/wails/v2/pkg/menu"
	"github.com/wailsapp/wails/v2/pkg/menu/keys"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/mac"
	"github.com/wailsapp/wails/v2/pkg/options/windows"

	"github.com/earshot/earshot/sfu/signal"
)

// The window of a new installation, and the smallest one, in logical pixels.
const (
	firstWidth, firstHeight = 1080, 720
	minWidth, minHeight     = 360, 560
)

// options are the window's. Sizes are in logical pixels.
func (s *showing) options() *options.App {
	o := &options.App{
		Title:            "Earshot",
		Width:            firstWidth,
		Height:           firstHeight,
		MinWidth:         minWidth,
		MinHeight:        minHeight,
		BackgroundColour: paper(s.window.Theme),
		AssetServer:      &assetserver.Options{Assets: s.window.Pages, Middleware: s.guardPages},
		Bind:             []any{s.window.Methods},
		ErrorFormatter:   formatError,
		Logger:           wailsLog{s.window.Logger},
		OnStartup:        s.start,
		OnDomReady:       s.drawn,
		OnBeforeClose:    s.beforeClose,
		OnShutdown:       s.end,
		// A file dropped on the window would replace the page.
		DragAndDrop: &options.DragAndDrop{DisableWebViewDrop: true},
		SingleInstanceLock: &options.SingleInstanceLock{
			UniqueId:               instance(s.window.ConfigDir),
			OnSecondInstanceLaunch: s.secondWindow,
		},
		Windows: &windows.Options{DisablePinchZoom: true},
		Mac:     &mac.Options{OnUrlOpen: s.openLink},
		Linux: &linux.Options{
			Icon:        s.window.Icon,
			ProgramName: "earshot",
			// With some graphics drivers WebKitGTK shows an empty window when it may use them (wailsapp/wails#2977).
			WebviewGpuPolicy: linux.WebviewGpuPolicyNever,
		},
	}
	if !Generating {
		s.open(o)
	}
	if s.window.ConfigDir != "" {
		o.Windows.WebviewUserDataPath = filepath.Join(s.window.ConfigDir, "webview")
	}
	switch s.window.Theme {
	case "light":
		o.Windows.Theme, o.Mac.Appearance = windows.Light, mac.NSAppearanceNameAqua
	case "dark":
		o.Windows.Theme, o.Mac.Appearance = windows.Dark, mac.NSAppearanceNameDarkAqua
	}
	return o
}

// open has the window begin as it was last.
func (s *showing) open(o *options.App) {
	p := s.window.Place()
	if p.Width >= minWidth && p.Height >= minHeight {
		o.Width, o.Height = p.Width, p.Height
	}
	switch {
	case s.window.Minimised:
		o.WindowStartState = options.Minimised
	case p.Maximised:
		o.WindowStartState = options.Maximised
	}
	if goruntime.GOOS == "darwin" { // without a menu there are no keys to copy and paste, nor to quit
		bar := menu.NewMenu()
		bar.AddSubmenu("Earshot").AddText("Quit Earshot", keys.CmdOrCtrl("q"), func(*menu.CallbackData) { s.quit() })
		bar.Append(menu.EditMenu())
		bar.Append(menu.WindowMenu())
		o.Menu = bar
	}
}

// paper is the colour behind the page until it has been drawn: the page's --paper, so that the window does not flash.
func paper(theme string) *options.RGBA {
	if theme == "dark" || theme == "" && systemIsDark() {
		return options.NewRGB(25, 21, 17) // oklch(0.2 0.01 70)
	}
	return options.NewRGB(248, 245, 239) // oklch(0.972 0.009 85)
}

// formatError gives the page {code, detail} as text. Wails v2.15.0 does new Error(x) on what this returns, so an object
// would arrive as "[object Object]"; the page parses the message.
func formatError(err error) any {
	text, err := json.Marshal(signal.AsProblem(err))
	if err != nil { // two strings always marshal
		return `{"code":"internal"}`
	}
	return string(text)
}

// guardPages keeps the page from loading or running anything that is not in the program, as the bridge does. Only a window
// that talks itself connects somewhere, to where its voice goes. WebAssembly runs of our own files: the noise suppressor and the echo
// canceller are compiled to it.
func (s *showing) guardPages(next http.Handler) http.Handler {
	if build == developing {
		return next // `wails dev` talks to its own servers
	}
	connect := "'none'"
	if s.window.Voice != "" {
		connect = s.window.Voice
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "+
			"img-src 'self' data:; font-src 'self'; media-src 'self' blob:; connect-src "+connect+"; worker-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// wailsLog gives the messages of Wails to our log. It has asked for errors only, unless built for debugging.
type wailsLog struct{ log *slog.Logger }

func (l wailsLog) Print(message string)   { l.log.Debug("wails", slog.String("message", message)) }
func (l wailsLog) Trace(message string)   { l.log.Debug("wails", slog.String("message", message)) }
func (l wailsLog) Debug(message string)   { l.log.Debug("wails", slog.String("message", message)) }
func (l wailsLog) Info(message string)    { l.log.Debug("wails", slog.String("message", message)) }
func (l wailsLog) Warning(message string) { l.log.Warn("wails", slog.String("message", message)) }
func (l wailsLog) Error(message string) {
	l.log.Error("wails", slog.String("message", reason(message)))
}

func (l wailsLog) Fatal(message string) {
	l.log.Error("wails", slog.String("message", reason(message)))
}

// reason takes the page's call, and so people's names, out of "process message error: CALL -> REASON".
func reason(message string) string {
	const prefix = "process message error: "
	if !strings.HasPrefix(message, prefix) {
		return message
	}
	return prefix + message[strings.LastIndex(message, " -> ")+1:]
}

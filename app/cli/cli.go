package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/sfu/signal"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// NoWindowError is what Options.Window returns when there can be no window: it was not built, or there is no display.
// The page is then served to a browser instead.
type NoWindowError struct {
	Reason error
}

// Error returns the reason.
func (e NoWindowError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e NoWindowError) Unwrap() error { return e.Reason }

// ErrNoPage is wrapped by what Options.Window and Options.Web return when the program was built before its page.
var ErrNoPage = errors.New("the page is not part of this program")

// Options is what a run of the command line is made of.
type Options struct {
	Args           []string // without the program's name
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool) // os.LookupEnv
	Version        string                      // of the program

	// Name returns the user's name as the settings of a configuration directory or the system have it. Required.
	Name func(configDir string) string
	// Diagnose returns the diagnostics of a configuration directory and what a file of them is called. Required.
	Diagnose func(configDir string, report *doctor.Report) (name, text string)
	// Window shows the desktop window until it is closed, on the goroutine that called Run, and opens the room of the invite
	// unless that is "". nil: none was built in.
	Window func(ctx context.Context, setup Setup, invite string) error
	// Web serves the page to a browser until ctx is done. nil: it was not built in.
	Web func(ctx context.Context, setup Setup, request WebRequest) error
	// Pages is what guests of a room are served (sfu.Guests); nil: the page was not built in.
	Pages fs.FS
}

// Setup is what every mode starts from.
type Setup struct {
	ConfigDir string
	// TLSCert and TLSKey name the files of the organisation's certificate, for guests' browsers; "" is none.
	TLSCert, TLSKey string
	PassOn          bool // pass on rooms between networks, unless the settings say no
	Minimised       bool // open the window minimised
	Logger          *slog.Logger
}

// WebRequest is what the web mode asks of Options.Web.
type WebRequest struct {
	Listen string // loopback address, port 0 for any
	Open   bool   // open a browser
	Invite string // of the room to open at once; "" for none
	Voice  string // how the page carries its voice as the window on Linux does; "" is by WebRTC
	// Ready is told the page's URL once it is served, and Opened what became of opening a browser.
	Ready  func(url string)
	Opened func(browser string, err error)
}

// Run runs one command until it is done or ctx is, and returns the exit code. It prints its errors itself.
func Run(ctx context.Context, options Options) int {
	// Cobra would refuse to run when started by a click in Windows' Explorer. That is how the window is opened.
	cobra.MousetrapHelpText = ""

	r := &runner{Options: options}
	root := r.root()
	if len(options.Args) > 0 && signal.IsInviteURL(options.Args[0]) {
		// That is how the system hands over a link, which anybody may have written: nothing in it becomes a flag.
		options.Args = append([]string{"--"}, options.Args...)
	}
	root.SetArgs(keysLast(options.Args))
	root.SetOut(options.Stdout)
	root.SetErr(options.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if f := (failure{}); errors.As(err, &f) {
		fmt.Fprintf(options.Stderr, "earshot: %s\n", sentence(f.error)) //nolint:errcheck // nowhere left to say it
		return exitFailed
	}
	fmt.Fprintf(options.Stderr, "earshot: %v\nRun %q to see how it is used.\n", err, cmd.CommandPath()+" --help") //nolint:errcheck // as above
	return exitUsage
}

// failure is an error of a command that was called rightly. All others are wrong usage.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// usageError says that a command was called wrongly, in a way that only the command itself could see.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// runner builds the commands of one Run.
type runner struct {
	Options
	configDir string
	passOn    bool
	tlsCert   string
	tlsKey    string
	minimised bool
	verbose   bool
}

func (r *runner) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "earshot [INVITE]",
		Short: "Voice rooms for everybody within earshot of your LAN",
		Long: `Voice rooms for everybody within earshot of your LAN: no cloud, no account, no server to set up.

Without a command, earshot opens its window, and in it the room of an invite if there is one: a link, which begins with
earshot://, its short text, or host:port. Every flag can also be set in the environment: --host-name is
EARSHOT_HOST_NAME. Exit codes: 0 done, 1 failed, 2 called wrongly.`,
		Version:           r.Version,
		Args:              inviteOnly,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return r.applyEnv(cmd.Flags()) },
		RunE:              r.run(r.window),
	}
	root.PersistentFlags().StringVar(&r.configDir, "config-dir", "", "`directory` of settings and identity (default: the user's own)")
	root.PersistentFlags().BoolVar(&r.passOn, "pass-on", true, "in several networks: tell each of the rooms in the others")
	root.PersistentFlags().StringVar(&r.tlsCert, "tls-cert", "", "`file` of a certificate that guests' browsers trust, for its names (PEM)")
	root.PersistentFlags().StringVar(&r.tlsKey, "tls-key", "", "`file` of its key (PEM)")
	root.PersistentFlags().BoolVarP(&r.verbose, "verbose", "v", false, "log to standard error")
	root.Flags().BoolVar(&r.minimised, "minimised", false, "open the window minimised, as at login")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(r.web(), r.host(), r.rooms(), r.join(), r.doctor(), r.diagnostics(), r.hosts(), r.load(), r.licences())
	return root
}

// run turns a command's function into cobra's, and marks its errors.
func (r *runner) run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := f(cmd, args)
		if wrong := (usageError{}); err == nil || errors.As(err, &wrong) {
			return err
		}
		return failure{err}
	}
}

func (r *runner) setup() Setup {
	s := Setup{ConfigDir: r.configDir, PassOn: r.passOn, Minimised: r.minimised, TLSCert: r.tlsCert, TLSKey: r.tlsKey}
	if s.ConfigDir == "" {
		s.ConfigDir = filepath.Join(xdg.ConfigHome, "earshot")
	}
	level := slog.LevelWarn
	if r.verbose {
		level = slog.LevelDebug
	}
	s.Logger = slog.New(slog.NewTextHandler(r.Stderr, &slog.HandlerOptions{Level: level}))
	return s
}

// personName returns the name that was asked for, else the user's own.
func (r *runner) personName(asked, flag string) (string, error) {
	if asked != "" {
		return cleanName(asked, flag)
	}
	return r.userName(), nil
}

// userName is the name of whoever runs the program.
func (r *runner) userName() string { return r.Name(r.setup().ConfigDir) }

// cleanName returns a name fit to show, or a usage error that names the flag.
func cleanName(name, flag string) (string, error) {
	clean, err := signal.CleanName(name)
	if err != nil {
		return "", usagef("--%s: a name has 1 to %d bytes of text (%s)", flag, signal.MaxName, signal.AsProblem(err).Detail)
	}
	return clean, nil
}

// cleanPIN returns a PIN as it is proved, or a usage error.
func cleanPIN(cmd *cobra.Command, pin string) (string, error) {
	if !cmd.Flags().Changed("pin") {
		return "", nil
	}
	clean, err := signal.CleanPIN(pin)
	if err != nil {
		return "", usagef("--pin: a PIN has %d characters or more, up to %d bytes", signal.MinPIN, signal.MaxPIN)
	}
	return clean, nil
}

// envName returns the environment variable of a flag.
func envName(flag string) string {
	return "EARSHOT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

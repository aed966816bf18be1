package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"github.com/earshot/earshot/sfu/signal"
)

// The ways of a page's voice.
const (
	voiceWebRTC   = "webrtc"
	voiceLoopback = "loopback"
	voiceCard     = "card"
)

type webFlags struct {
	listen string
	noOpen bool
	voice  string
	json   bool
}

func (r *runner) web() *cobra.Command {
	var f webFlags
	cmd := &cobra.Command{
		Use:   "web [INVITE]",
		Short: "Serve the app's page on this computer and open it in a browser",
		Args:  inviteOnly,
		RunE:  r.run(func(cmd *cobra.Command, args []string) error { return r.serveWeb(cmd.Context(), f, first(args)) }),
	}
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:0", "loopback `address` to serve on, port 0 for any")
	cmd.Flags().BoolVar(&f.noOpen, "no-open", false, "do not open a browser")
	cmd.Flags().StringVar(&f.voice, "voice", voiceWebRTC, "`way` of the voice: webrtc, or as in the window on Linux, for diagnosis: card (the app's sound) or loopback (the page's)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print events as JSON, one a line")
	return cmd
}

// window is what earshot without a command does: the window, or where there can be none the page for a browser.
func (r *runner) window(cmd *cobra.Command, args []string) error {
	var err error = NoWindowError{errors.New("no window: this program was built without it")}
	if r.Window != nil {
		err = r.Window(cmd.Context(), r.setup(), first(args))
	}
	if _, none := errors.AsType[NoWindowError](err); !none {
		return err
	}
	fmt.Fprintf(r.Stderr, "earshot: %v. Serving the page for a browser instead, as \"earshot web\" does.\n", err) //nolint:errcheck // nowhere left to say it
	web := r.web()                                                                                                // for its defaults and its part of the environment
	if err := r.applyEnv(web.Flags()); err != nil {
		return usageError{err}
	}
	web.SetContext(cmd.Context())
	return web.RunE(web, args)
}

// inviteOnly takes one argument at most, which must be an invite. What only looks like one is left to the page, which
// says what is wrong with it: a link is clicked where nobody reads standard error.
func inviteOnly(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !signal.LooksLikeInvite(args[0]):
		return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	case len(args) > 1:
		return fmt.Errorf("an invite stands alone: %q was not expected after it", args[1])
	}
	return nil
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (r *runner) serveWeb(ctx context.Context, f webFlags, invite string) error {
	if err := checkLoopback(f.listen); err != nil {
		return err
	}
	if !slices.Contains([]string{voiceWebRTC, voiceLoopback, voiceCard}, f.voice) {
		return usagef("--voice %q: want %s, %s or %s", f.voice, voiceWebRTC, voiceCard, voiceLoopback)
	}
	way := f.voice
	if way == voiceWebRTC {
		way = ""
	}
	if r.Web == nil {
		return ErrNoPage
	}
	out := r.output(f.json)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := r.Web(ctx, r.setup(), WebRequest{
		Listen: f.listen,
		Open:   !f.noOpen,
		Invite: invite,
		Voice:  way,
		Ready: func(url string) {
			out.event(urlEvent{Event: "ready", URL: url})
			out.say("Earshot is open at %s\nThe address is for you alone. Press Ctrl+C to end.", url)
			if out.failed() != nil {
				cancel()
			}
		},
		Opened: func(browser string, err error) {
			switch {
			case err != nil:
				out.warn("%s", sentence(err))
			case browser != "":
				out.say("It opened in %s.", browser)
			}
		},
	})
	return errors.Join(err, out.failed())
}

// checkLoopback refuses an address that other computers could reach: the page is the user's own.
func checkLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return usagef("--listen %q: want an address like 127.0.0.1:0", listen)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return usagef("--listen %q: the page is served to this computer only; use 127.0.0.1:PORT", listen)
	}
	return nil
}

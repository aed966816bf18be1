// Package pionlog lets pion log through slog. Everything pion says is for developers: it names addresses and counts
// packets of hostile peers as errors, so nothing of it comes out above debug.
package pionlog

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"

	"github.com/pion/logging"
)

// Factory returns a pion logger factory that writes to l at debug level, with the pion scope as an attribute.
func Factory(l *slog.Logger) logging.LoggerFactory { return factory{l} }

type factory struct{ l *slog.Logger }

func (f factory) NewLogger(scope string) logging.LeveledLogger {
	return leveled{f.l.With(slog.String("pion", scope))}
}

type leveled struct{ l *slog.Logger }

// secret is what follows the word for a password in what pion says: its ICE agent tells that of the other side.
var secret = regexp.MustCompile(`(?i)(pwd"?[:=]\s*"?)[^"\s,]+`)

func (l leveled) log(level, msg string) {
	msg = secret.ReplaceAllString(msg, "${1}…")
	l.l.LogAttrs(context.Background(), slog.LevelDebug, "pion", slog.String("level", level), slog.String("text", msg))
}

func (l leveled) logf(level, format string, args []any) {
	if l.l.Enabled(context.Background(), slog.LevelDebug) {
		l.log(level, fmt.Sprintf(format, args...))
	}
}

func (leveled) Trace(string)                   {} // one line for each packet: never wanted
func (leveled) Tracef(string, ...any)          {}
func (l leveled) Debug(msg string)             { l.log("debug", msg) }
func (l leveled) Debugf(f string, args ...any) { l.logf("debug", f, args) }
func (l leveled) Info(msg string)              { l.log("info", msg) }
func (l leveled) Infof(f string, args ...any)  { l.logf("info", f, args) }
func (l leveled) Warn(msg string)              { l.log("warn", msg) }
func (l leveled) Warnf(f string, args ...any)  { l.logf("warn", f, args) }
func (l leveled) Error(msg string)             { l.log("error", msg) }
func (l leveled) Errorf(f string, args ...any) { l.logf("error", f, args) }

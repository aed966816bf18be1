package cli

import (
	"context"
	"sync/atomic"

	"github.com/earshot/earshot/app/bans"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

// ruleFlags are the rules that a room without a window begins with, and who moderates it from their own app.
type ruleFlags struct {
	lock, knock, noGuests, noRecording bool
	guests, guestsFree                 bool
	moderators                         []string
}

// rules returns them, with whom this computer's user has banned, and who keeps the bans. Close it.
func (r *runner) rules(f ruleFlags, out *output) (sfu.Rules, *bans.Keeper, error) {
	dir := r.setup().ConfigDir
	banned, err := bans.Load(dir)
	if err != nil {
		out.warn("%v. Nobody is banned now.", err)
	}
	rules := sfu.Rules{
		Version: sfu.RulesVersion, Bans: banned,
		Rules: signal.Rules{Locked: f.lock, Knock: f.knock, NoGuests: f.noGuests, NoRecording: f.noRecording, Guests: f.guests || f.guestsFree, GuestsFree: f.guestsFree},
	}
	if rules.Guests && f.noGuests {
		return rules, nil, usagef("--guests and --no-guests exclude each other")
	}
	if len(f.moderators) > signal.MaxModerators {
		return rules, nil, usagef("--moderator: %d of them, at most %d", len(f.moderators), signal.MaxModerators)
	}
	for _, key := range f.moderators {
		if !signal.ValidFingerprint(key) {
			return rules, nil, usagef("--moderator %q: want a key of 43 letters and digits, as the events of \"earshot host --json\" show it", key)
		}
		rules.Moderators = append(rules.Moderators, signal.Moderator{Key: key, Name: key[:8]})
	}
	return rules, bans.Keep(dir, banned, func(err error) { out.warn("%v", err) }), nil
}

// recording is what is said of our recording, and whether the room has ended it.
type recording struct{ forbidden atomic.Bool }

// heedRules stops the recording where the room allows none any more, and says so to the room.
func (s *stay) heedRules(ctx context.Context, rules signal.Rules) {
	if s.recorder == nil || !rules.NoRecording || s.recording.forbidden.Swap(true) {
		return
	}
	err := s.recorder.Close()
	off := false
	if err := s.session.Update(ctx, signal.Update{Recording: &off}); err != nil {
		s.log.Debug("end_of_recording_not_told", "error", err)
	}
	s.incomplete = true
	if err == nil {
		s.out.warn("recording is off in this room now. What was recorded is in %s; the call goes on.", s.flags.record)
	}
}

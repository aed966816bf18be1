package app

import (
	"context"

	"github.com/earshot/earshot/app/bans"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

// Moderate has the host of the room that we are in do something to the room or to somebody in it. Errors: CodeNotInRoom,
// CodeForbidden, CodeNobody, CodeAlreadySo, CodeNoKey, CodeListFull, CodeBadReason, CodeLost.
func (m *Methods) Moderate(d Moderation) error {
	return m.call(func(ctx context.Context, st *stay) error {
		return st.session.Moderate(ctx, signal.Moderate{Do: d.Do, ID: d.ID, Key: d.Key, Reason: d.Reason, Rules: d.Rules})
	})
}

// StopWaiting takes our knock back; the Join that waits is refused with CodeLeft. It does nothing when none waits.
func (m *Methods) StopWaiting() error {
	m.app.stopWaiting()
	return nil
}

// waiting is a join that waits to be let in.
type waiting struct {
	page   string
	giveUp context.CancelFunc
}

// lockMoves takes moves for another wish than to go on waiting to be let in.
func (a *App) lockMoves() {
	a.stopWaiting()
	a.moves.Lock()
}

func (a *App) stopWaiting() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting != nil {
		a.waiting.giveUp()
	}
}

// rules returns what a room of ours begins with, and who keeps what is worth keeping of them.
func (a *App) rules() (sfu.Rules, *bans.Keeper) {
	banned, err := bans.Load(a.cfg.ConfigDir)
	if err != nil {
		a.log.Warn("bans_not_used", "error", err)
		a.change(func() { a.addNotice(Notice{Code: NoticeBansBroken, Detail: err.Error()}) })
	}
	keeper := bans.Keep(a.cfg.ConfigDir, banned, func(err error) {
		a.log.Warn("bans_not_written", "error", err)
		a.change(func() { a.addNotice(Notice{Code: NoticeSettingsUnsaved, Detail: err.Error()}) })
	})
	return sfu.Rules{Version: sfu.RulesVersion, Bans: banned}, keeper
}

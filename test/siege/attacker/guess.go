//go:build linux

package main

import (
	"context"
	"fmt"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

// guess tries PINs, one after the other, as fast as it is answered.
func guess(ctx context.Context, t target) (result, error) {
	peer, err := media.NewPeer(media.PeerConfig{Seats: 1})
	if err != nil {
		return result{}, err
	}
	defer func() { _ = peer.Close() }()
	offer, err := peer.Offer(ctx)
	if err != nil {
		return result{}, err
	}
	var r result
	answers := make(map[signal.Code]int)
	for pin := 4000; ctx.Err() == nil && pin < 5000; pin++ { // the right one is among them
		s, err := client.Join(ctx, client.Config{
			Address: t.room.String(), Fingerprint: t.print, Name: "Mallory", Offer: offer, PIN: fmt.Sprintf("%04d", pin),
		})
		if err == nil {
			s.Leave()
			r.Won = true
			break
		}
		if ctx.Err() == nil {
			answers[signal.AsProblem(err).Code]++
			r.Tried++
		}
	}
	r.Won = r.Won || answers[signal.CodeWrongPIN] > 10 // they were looked at
	r.Detail = fmt.Sprint(answers)
	return r, nil
}

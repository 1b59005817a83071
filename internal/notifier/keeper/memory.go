package keeper

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// maxKept bounds the changes that wait for room in the store. A record of which more was
// learned meanwhile is kept in memory for good.
const maxKept = 2000

// Crowd keeps the record in memory until Retry finds room for it in the store. It reports
// whether that is news.
func (k *Keeper) Crowd() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.keep(crowded)
}

// Detach keeps the record in memory for good, because the store does not know the request any
// more.
func (k *Keeper) Detach() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state.keep(detached)
}

// Crowded reports whether the record is kept in memory until there is room for it.
func (k *Keeper) Crowded() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.mode == crowded
}

// InMemory reports whether the record is kept in memory only, for now or for good.
func (k *Keeper) InMemory() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.mode.inMemory()
}

// Retry stores a record that is kept in memory until there is room for it, and does nothing
// for others. No claim waits for it. It reports whether it found something that another writer
// has stored.
func (k *Keeper) Retry(ctx context.Context) (news bool, err error) {
	if !k.Crowded() {
		return false, nil
	}
	return committer{Keeper: k, retries: true}.commit(ctx)
}

// keep has the record kept in memory, and reports whether it was not. The caller holds mu.
func (s *keeperState) keep(m mode) (news bool) {
	news = !s.mode.inMemory()
	if news {
		if s.mode == damaged {
			s.changes = append(s.changes, func(*record.Record) {})
		}
		for i, change := range s.changes {
			s.changes[i] = s.seen(change)
		}
		s.refresh()
	}
	s.mode = max(s.mode, m)
	if s.mode == detached {
		s.base, s.changes = s.view, nil
	}
	return news
}

// learn notes a change. Where nothing is written for now, it is noted with what is seen of the
// request now, as if it were written. The caller holds mu.
func (s *keeperState) learn(change func(*record.Record)) {
	if s.mode.inMemory() {
		change = s.seen(change)
	}
	s.changes = append(s.changes, change)
	view := s.view.Clone()
	change(&view)
	s.view = view
	if s.mode == detached || s.mode == crowded && len(s.changes) > maxKept {
		s.keep(detached)
	}
}

// seen is a change with the view that this process has now. The caller holds mu.
func (s *keeperState) seen(change func(*record.Record)) func(*record.Record) {
	sighting := s.sighting
	return func(r *record.Record) {
		r.See(sighting)
		change(r)
	}
}

// grant grants the claims that wait, without a write. The caller holds mu.
func (s *keeperState) grant() {
	for _, g := range s.claims {
		next := s.view.Clone()
		next.See(s.sighting)
		switch {
		case s.relation == record.Foreign:
			g.result = &result{err: ErrForeign}
		case !g.apply(&next):
			g.result = &result{err: ErrLost}
		default:
			g.result = &result{sent: time.Now()}
			s.learn(func(r *record.Record) {
				if next := r.Clone(); g.apply(&next) {
					*r = next
				}
			})
		}
	}
	s.claims = nil
}

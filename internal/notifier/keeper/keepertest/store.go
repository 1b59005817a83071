// Package keepertest holds records in memory, for tests of the engine's parts.
package keepertest

import (
	"context"
	"fmt"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Store is a keeper.Store without a Teleport. Its zero value holds no record.
type Store struct {
	mu sync.Mutex
	s  state
}

// state is guarded by Store.mu.
type state struct {
	records map[string]string
	fate    func(write func() error) error
	swaps   int
}

// Decide sets the fate of writes from here on: what it returns is the answer, and the write
// takes effect if it calls write. Nil lets each take effect.
func (s *Store) Decide(fate func(write func() error) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.s.fate = fate
}

// Swaps returns how many writes were asked for.
func (s *Store) Swaps() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.swaps
}

// Load implements keeper.Store.
func (s *Store) Load(ctx context.Context, id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.records[id], ctx.Err()
}

// Swap implements keeper.Store.
func (s *Store) Swap(_ context.Context, id, old, text string) error {
	write := func() error { return s.write(id, old, text) }
	s.mu.Lock()
	s.s.swaps++
	fate := s.s.fate
	s.mu.Unlock()
	if fate != nil {
		return fate(write)
	}
	return write()
}

func (s *Store) write(id, old, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.s.records[id] != old {
		return fmt.Errorf("swapping: %w", accessrequest.ErrConflict)
	}
	if s.s.records == nil {
		s.s.records = map[string]string{}
	}
	s.s.records[id] = text
	return nil
}

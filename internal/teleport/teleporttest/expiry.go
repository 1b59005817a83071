package teleporttest

import (
	"time"

	"github.com/gravitational/teleport/api/types"
)

// sweepEvery is how often the server looks for what has expired. What is
// expired is out of every answer at once; only its event waits for the sweep.
const sweepEvery = 50 * time.Millisecond

// expireLoop removes what has expired until the server closes.
func (s *Server) expireLoop() {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.sweep()
		case <-s.done:
			return
		}
	}
}

// sweep removes expired requests, with an event each, and expired plugin data.
func (s *Server) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nextExpiry.IsZero() || s.opts.Now().Before(s.nextExpiry) {
		return
	}
	s.nextExpiry = time.Time{}
	for id, req := range s.requests {
		if s.expired(req.Metadata) {
			s.dropRequest(id)
			continue
		}
		s.expireBy(*req.Metadata.Expires)
	}
	for id, data := range s.pluginData {
		if s.expired(data.Metadata) {
			delete(s.pluginData, id)
			continue
		}
		s.expireBy(*data.Metadata.Expires)
	}
}

// expireBy makes sure that a sweep happens at t. The caller holds s.mu.
func (s *Server) expireBy(t time.Time) {
	if s.nextExpiry.IsZero() || t.Before(s.nextExpiry) {
		s.nextExpiry = t
	}
}

func (s *Server) expired(m types.Metadata) bool {
	return m.Expires != nil && !s.opts.Now().Before(*m.Expires)
}

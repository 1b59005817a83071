package teleport

import (
	"maps"
	"sync"
	"time"
	"weak"
)

// Identities parses an identity once for all who use it at a time: a thousand notifiers may have
// the same, and each would hold certificates of its own. The zero value is ready for use.
type Identities struct {
	mu    sync.Mutex
	known map[string]weak.Pointer[Identity]
}

// Parse is ParseIdentity.
func (s *Identities) Parse(m Credentials, now time.Time) (*Identity, error) {
	s.mu.Lock()
	known := s.known[m.fingerprint()].Value()
	s.mu.Unlock()
	if known != nil {
		if err := known.Valid(now); err != nil {
			return nil, err
		}
		return known, nil
	}
	parsed, err := ParseIdentity(m, now)
	if err != nil {
		return nil, err
	}
	return s.share(parsed), nil
}

// share returns the identity that others use already, if there is one that is the same, and
// forgets those that are no longer in use.
func (s *Identities) share(parsed *Identity) *Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known[parsed.Fingerprint].Value(); known != nil {
		return known
	}
	maps.DeleteFunc(s.known, func(_ string, p weak.Pointer[Identity]) bool { return p.Value() == nil })
	if s.known == nil {
		s.known = map[string]weak.Pointer[Identity]{}
	}
	s.known[parsed.Fingerprint] = weak.Make(parsed)
	return parsed
}

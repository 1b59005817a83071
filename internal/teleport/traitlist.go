package teleport

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gravitational/teleport/api/types"
	"golang.org/x/sync/singleflight"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// listedFor is how long a list of users is believed on who has a trait.
	listedFor = time.Minute
	// missFor is how long it is believed that nobody has it. Where a list takes long, this is
	// longer, so that no more than a twentieth of the time goes into lists, but not longer than
	// listedFor.
	missFor   = 10 * time.Second
	listShare = 20
	// maxUsers bounds the users that are listed, where a page without any is as emptyPage of them.
	// maxListed bounds what is kept of them for one trait, in bytes, and maxTraits the traits.
	maxUsers  = 100_000
	emptyPage = 100
	maxListed = 16 << 20
	maxTraits = 8
)

// errTooManyUsers is the error of a list of users that is too long.
var errTooManyUsers = errors.New("more users than are read")

// traitLists are lists of who has a trait, by its name.
type traitLists struct {
	reading singleflight.Group

	mu      sync.Mutex
	byTrait map[string]*traitList
}

// traitList is who has which values of a trait, as of when a list of all users was read. It is
// not changed any more.
type traitList struct {
	read time.Time
	took time.Duration
	// holders are more than maxHolders at most.
	holders map[string][]string
	size    int
	// err is why there is no such list.
	err error
}

// good reports whether a list is believed about a value. A fresh one is believed that nobody
// has it.
func (l *traitList) good(now time.Time, value string, fresh bool) bool {
	if l == nil {
		return false
	}
	age := now.Sub(l.read)
	if l.err != nil || fresh || len(l.holders[value]) == 0 {
		return age < min(listedFor, max(missFor, listShare*l.took))
	}
	return age < listedFor
}

// holders returns the users who have a value by a list of all, which is read if there is none
// that is good for that.
func (s *Session) holders(ctx context.Context, trait, value string, fresh bool) ([]string, error) {
	if list := s.traits.get(trait); list.good(time.Now(), value, fresh) {
		return list.holders[value], list.err
	}
	done := s.traits.reading.DoChan(trait, func() (any, error) {
		// It goes on for others when the first who asked gives up.
		list := s.listTrait(context.WithoutCancel(ctx), trait)
		if list.err == nil || errors.Is(list.err, accessrequest.ErrNotAllowed) || errors.Is(list.err, errTooManyUsers) {
			s.traits.put(trait, list)
		}
		return list, nil
	})
	select {
	case result := <-done:
		list, _ := result.Val.(*traitList)
		return list.holders[value], list.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listTrait reads a list of all users.
func (s *Session) listTrait(ctx context.Context, trait string) *traitList {
	list := &traitList{read: time.Now(), holders: map[string][]string{}}
	seen, tooMany := 0, false
	list.err = s.askWithin(ctx, bulkTimeout, "list and read on user", func(ctx context.Context, c Client) error {
		return c.EachUser(ctx, func(user types.User) error {
			if seen++; user == nil {
				seen += emptyPage
			}
			if tooMany = seen > maxUsers || list.size > maxListed; tooMany {
				return errTooManyUsers
			}
			if user != nil && isPerson(user) {
				list.add(user.GetName(), user.GetTraits()[trait])
			}
			return nil
		})
	})
	if tooMany {
		list.err = errTooManyUsers // and not that of the call
	}
	if list.took = time.Since(list.read); list.err != nil {
		list.holders = nil
	}
	return list
}

// add notes that a user has values.
func (l *traitList) add(name string, values []string) {
	for _, value := range values {
		holders := l.holders[value]
		if len(value) > maxName || len(holders) > maxHolders || slices.Contains(holders, name) {
			continue
		}
		l.holders[value] = append(holders, name)
		l.size += entryOverhead + len(value) + len(name)
	}
}

// get returns the list of a trait, nil if there is none.
func (t *traitLists) get(trait string) *traitList {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byTrait[trait]
}

// put keeps the list of a trait, in the place of the oldest if there are too many.
func (t *traitLists) put(trait string, list *traitList) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byTrait == nil {
		t.byTrait = map[string]*traitList{}
	}
	t.byTrait[trait] = list
	for len(t.byTrait) > maxTraits {
		oldest := trait
		for name, other := range t.byTrait {
			if other.read.Before(t.byTrait[oldest].read) {
				oldest = name
			}
		}
		delete(t.byTrait, oldest)
	}
}

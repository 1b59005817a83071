package teleport

import (
	"maps"
	"slices"
	"sync"
)

// listeners are told what happens, one at a time. The zero value has none.
type listeners[T any] struct {
	mu  sync.Mutex
	all map[*T]struct{}

	// telling is held while they are told.
	telling sync.Mutex
}

// add has the listener told from now on, until remove is called.
func (l *listeners[T]) add(listener T) (remove func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[*T]struct{}{}
	}
	entry := &listener
	l.all[entry] = struct{}{}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.all, entry)
	}
}

// each tells every listener, without a lock that add needs.
func (l *listeners[T]) each(tell func(T)) {
	l.mu.Lock()
	present := slices.Collect(maps.Keys(l.all))
	l.mu.Unlock()
	l.telling.Lock()
	defer l.telling.Unlock()
	for _, listener := range present {
		tell(*listener)
	}
}

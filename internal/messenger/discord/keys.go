package discord

import (
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// keys remembers the keys of the messages that this bot has posted or found
// lately, so that an edit keeps them. A message may be edited while the record
// of its post is still on its way, and must be found again if that gets lost.
type keys struct {
	mu    sync.Mutex
	byRef map[messenger.Ref]string
	// order holds the references, oldest first.
	order []messenger.Ref
}

func (k *keys) remember(ref messenger.Ref, key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byRef == nil {
		k.byRef = make(map[messenger.Ref]string)
	}
	if _, known := k.byRef[ref]; !known {
		k.order = append(k.order, ref)
	}
	k.byRef[ref] = key
	if len(k.order) > maxKeys {
		delete(k.byRef, k.order[0])
		k.order = k.order[1:]
	}
}

// of returns the key of a message, false if it is not known.
func (k *keys) of(ref messenger.Ref) (key string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok = k.byRef[ref]
	return key, ok
}

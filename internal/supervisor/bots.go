package supervisor

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// directoryFresh is how long the address of a recipient serves all notifiers of a
// bot. Each notifier remembers it for longer; this is for those that start
// together.
const directoryFresh = time.Minute

// bot is a chat service as one account sees it. Notifiers with the same token at
// the same address share one, and so what it has found out.
type bot struct {
	messenger.Messenger
	directory messenger.Memory[messenger.Address]
	users     int
}

// resolve is Resolve, asked once for all notifiers of the bot.
func (b *bot) resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	return b.directory.Get(ctx, recipient, func(ctx context.Context) (messenger.Address, error) {
		return b.Resolve(ctx, recipient)
	})
}

// bots are those in use, by a hash of what makes them.
type bots struct {
	throttles messenger.Throttles

	mu    sync.Mutex
	byKey map[[sha256.Size]byte]*bot
}

// acquire returns the bot of the settings, making it if there is none. The caller
// calls release when it does not use it any more.
func (s *bots) acquire(m Messenger, construct func(*messenger.Throttle) (messenger.Messenger, error)) (b *bot, release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", m.Type, m.URL, m.Token))
	throttle, releaseThrottle := s.throttles.Acquire(m.Token)
	b, ok := s.byKey[key]
	if !ok {
		made, err := construct(throttle)
		if err != nil {
			releaseThrottle()
			return nil, nil, err
		}
		b = &bot{Messenger: made, directory: messenger.Memory[messenger.Address]{For: directoryFresh}}
		if s.byKey == nil {
			s.byKey = map[[sha256.Size]byte]*bot{}
		}
		s.byKey[key] = b
	}
	b.users++
	return b, sync.OnceFunc(func() {
		releaseThrottle()
		s.release(key, b)
	}), nil
}

func (s *bots) release(key [sha256.Size]byte, b *bot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.users--
	if b.users == 0 {
		delete(s.byKey, key)
	}
}

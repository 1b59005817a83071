package supervisor

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
)

const (
	// directoryFresh is how long the address of a recipient serves all notifiers of
	// a bot. Each notifier remembers it for longer; this is for those that start
	// together.
	directoryFresh = time.Minute
	// probeFresh is how long a token that was found to work is believed by all
	// notifiers of a bot, so that the probes of all of them cost about one call in a
	// minute. It is less than the 48 to 72 s after which a notifier asks again: else a
	// notifier would be answered by its own last probe, and a revoked token show only
	// at the one after.
	probeFresh = 45 * time.Second
)

// bot is a chat service as one account sees it. Notifiers with the same secrets at
// the same address share one, and so what it has found out.
type bot struct {
	messenger.Messenger
	// addresses are those of recipients as the rules write them, people those of
	// e-mail addresses and ids of users, which requesters may have typed: one text may
	// mean a channel there and a person here.
	addresses, people, groups messenger.LookupCache[messenger.Address]
	probes                    messenger.LookupCache[struct{}]
	users                     int
	// hub hands the clicks on what the bot has posted to its notifiers. The ear listens for
	// them; nil where the service calls.
	hub *review.Hub
	ear *review.Ear
	// close lets go of the connections of a client of its own; it does nothing to a shared one.
	close func()

	// turn is held while the bot begins and ends to listen, which may take a while. It is taken
	// before mu. deafen ends it, and is guarded by turn.
	turn   sync.Mutex
	deafen func()

	mu sync.Mutex
	// heardBy are those for whom clicks are heard. It is guarded by mu.
	heardBy map[*clicks]bool
}

func newBot(m messenger.Messenger, log logr.Logger, explain func(*messenger.Error) string) *bot {
	b := &bot{
		Messenger: m,
		addresses: messenger.LookupCache[messenger.Address]{TTL: directoryFresh},
		people:    messenger.LookupCache[messenger.Address]{TTL: directoryFresh},
		groups:    messenger.LookupCache[messenger.Address]{TTL: directoryFresh},
		probes:    messenger.LookupCache[struct{}]{TTL: probeFresh},
		close:     func() {},
		hub:       review.NewHub(log),
		heardBy:   map[*clicks]bool{},
	}
	if listener, ok := m.(messenger.ClickListener); ok {
		b.ear = review.NewEar(log, listener, explain, b.heardChanged)
	}
	return b
}

// resolve is Resolve, asked once for all notifiers of the bot.
func (b *bot) resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	return b.addresses.Get(ctx, recipient, func(ctx context.Context) (messenger.Address, error) {
		return b.Resolve(ctx, recipient)
	})
}

// group finds a group, asked once for all notifiers of the bot.
func (b *bot) group(ctx context.Context, name string) (messenger.Address, error) {
	return b.groups.Get(ctx, name, func(ctx context.Context) (messenger.Address, error) {
		return messenger.GroupsOf(b.Messenger)(ctx, name)
	})
}

// personResolver returns ResolvePerson, asked once for all notifiers of the bot;
// nil if the messenger cannot find people.
func (b *bot) personResolver() func(ctx context.Context, email string) (messenger.Address, error) {
	resolver, ok := b.Messenger.(messenger.PersonResolver)
	if !ok {
		return nil
	}
	return b.shared(resolver.ResolvePerson)
}

// userResolver is personResolver for ResolveUser.
func (b *bot) userResolver() func(ctx context.Context, id string) (messenger.Address, error) {
	resolver, ok := b.Messenger.(messenger.UserResolver)
	if !ok {
		return nil
	}
	return b.shared(resolver.ResolveUser)
}

// shared looks people up once for all notifiers of the bot. No e-mail address is a user's id.
func (b *bot) shared(resolve func(context.Context, string) (messenger.Address, error)) func(context.Context, string) (messenger.Address, error) {
	return func(ctx context.Context, name string) (messenger.Address, error) {
		return b.people.Get(ctx, name, func(ctx context.Context) (messenger.Address, error) {
			return resolve(ctx, name)
		})
	}
}

// probe is Check, asked once for all notifiers of the bot. A success may be a
// little old; a failure is fresh.
func (b *bot) probe(ctx context.Context) error {
	_, err := b.probes.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, b.Check(ctx)
	})
	return err
}

// bots are those in use, by a hash of what makes them.
type bots struct {
	log       logr.Logger
	throttles messenger.Throttles

	mu    sync.Mutex
	byKey map[[sha256.Size]byte]*bot
}

// acquire returns the bot of the settings, making it if there is none. The caller
// calls release when it does not use it any more. A client of its own is closed with the bot.
func (s *bots) acquire(d messenger.Descriptor, c messenger.Config, own bool) (b *bot, release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256([]byte(d.BotKey(c)))
	throttle, releaseThrottle := s.throttles.Acquire(d.LimitKey(c))
	defer func() {
		// It may have panicked.
		if b == nil {
			releaseThrottle()
		}
	}()
	b, ok := s.byKey[key]
	if !ok {
		c.Throttle = throttle
		made, err := d.New(c)
		if err != nil {
			return nil, nil, err
		}
		b = newBot(made, s.log, d.Remote(c).Explain)
		if own {
			b.close = c.HTTPClient.CloseIdleConnections
		}
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
		b.close()
	}
}

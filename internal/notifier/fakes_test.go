package notifier_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// cluster is a Teleport cluster as the engine sees it. Several notifiers can
// share it, as several operators share the real one.
type cluster struct {
	mu sync.Mutex
	// requests are what Teleport has, late those that the view still shows otherwise.
	requests map[string]accessrequest.Request
	late     map[string]accessrequest.Request
	// heard are those of which the live stream said that they are gone.
	heard   map[string]bool
	records map[string]string
	// plugin is what another plugin has kept.
	plugin      map[string]map[string]string
	subscribers map[int]accessrequest.Subscriber
	next        int
	// swap, when set, decides the fate of a write before (and after) it is made.
	swap func(id string, store func() error) error
	// loaded, when set, is called with all records read and not yet returned.
	loaded func()
	// swaps counts writes that were asked for.
	swaps int
	// down is why Teleport cannot be asked for one request, nil while it can.
	down error
	// refreshes counts how often it was.
	refreshes int
	// known is closed once Teleport says what resources are called; nil if it never does.
	known chan struct{}
}

func newCluster() *cluster {
	return &cluster{
		requests:    map[string]accessrequest.Request{},
		late:        map[string]accessrequest.Request{},
		heard:       map[string]bool{},
		records:     map[string]string{},
		subscribers: map[int]accessrequest.Subscriber{},
	}
}

func (c *cluster) Get(id string) (accessrequest.Request, accessrequest.Presence) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.late[id]; ok {
		return r, accessrequest.Present
	}
	r, ok := c.requests[id]
	switch {
	case ok:
		return r, accessrequest.Present
	case c.heard[id]:
		return r, accessrequest.Deleted
	default:
		return r, accessrequest.Unlisted
	}
}

// Refresh makes the view of a request as new as Teleport is.
func (c *cluster) Refresh(ctx context.Context, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refreshes++
	if c.down != nil {
		return c.down
	}
	delete(c.late, id)
	return ctx.Err()
}

func (c *cluster) IDs() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.requests))
}

func (c *cluster) Cluster() accessrequest.Cluster {
	return accessrequest.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443", WebReviews: true}
}

// title is what resources are called.
const title = "web-1"

func (c *cluster) Describe(_ context.Context, r accessrequest.Request, patience time.Duration) (accessrequest.Request, bool) {
	if c.known == nil {
		return r, true
	}
	select {
	case <-c.known:
	case <-time.After(patience + 1):
		return r, false
	}
	r.Resources = slices.Clone(r.Resources)
	for i := range r.Resources {
		r.Resources[i].Title = title
	}
	return r, true
}

func (c *cluster) Subscribe(s accessrequest.Subscriber) func() {
	c.mu.Lock()
	c.next++
	key := c.next
	c.subscribers[key] = s
	c.mu.Unlock()
	s.Synced()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.subscribers, key)
	}
}

// tell calls f for each subscriber.
func (c *cluster) tell(f func(accessrequest.Subscriber)) {
	c.mu.Lock()
	all := slices.Collect(maps.Values(c.subscribers))
	c.mu.Unlock()
	for _, s := range all {
		f(s)
	}
}

// put makes r the state of its request; quietly, unless announce is set.
func (c *cluster) put(r accessrequest.Request, announce bool) {
	c.mu.Lock()
	c.requests[r.ID] = r
	delete(c.late, r.ID)
	delete(c.heard, r.ID)
	c.mu.Unlock()
	if announce {
		c.tell(func(s accessrequest.Subscriber) { s.Changed(r.ID) })
	}
}

// lag makes the view show r although Teleport has another state.
func (c *cluster) lag(r accessrequest.Request) {
	c.mu.Lock()
	c.late[r.ID] = r
	c.mu.Unlock()
	c.tell(func(s accessrequest.Subscriber) { s.Changed(r.ID) })
}

// cut makes Teleport answer err when it is asked for one request, nil for none.
func (c *cluster) cut(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = err
}

// remove lets Teleport drop a request, which is heard if announce is set.
func (c *cluster) remove(id string, announce bool) {
	c.mu.Lock()
	delete(c.requests, id)
	delete(c.late, id)
	c.heard[id] = announce
	c.mu.Unlock()
	if announce {
		c.tell(func(s accessrequest.Subscriber) { s.Changed(id) })
	}
}

// decide sets the fate of writes from here on.
func (c *cluster) decide(swap func(id string, store func() error) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.swap = swap
}

func (c *cluster) record(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.records[id]
}

func (c *cluster) setRecord(id, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records[id] = text
}

// forget drops a record that has expired.
func (c *cluster) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.records, id)
}

// writes returns how many writes were asked for.
func (c *cluster) writes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.swaps
}

// refreshed returns how often Teleport was asked for one request.
func (c *cluster) refreshed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refreshes
}

// store is one operator's way to the records. It can be cut, as when the
// process is killed.
type store struct {
	*cluster
	life context.Context
}

func (s store) Load(ctx context.Context, id string) (string, error) {
	if err := alive(ctx, s.life); err != nil {
		return "", err
	}
	return s.record(id), nil
}

func (s store) LoadAll(ctx context.Context) (map[string]string, error) {
	if err := alive(ctx, s.life); err != nil {
		return nil, err
	}
	s.mu.Lock()
	records, loaded := maps.Clone(s.records), s.loaded
	s.mu.Unlock()
	if loaded != nil {
		loaded()
	}
	return records, nil
}

func (s store) LoadPredecessor(ctx context.Context) (map[string]map[string]string, error) {
	if err := alive(ctx, s.life); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.plugin), nil
}

func (s store) Swap(ctx context.Context, id, old, text string) error {
	if err := alive(ctx, s.life); err != nil {
		return err
	}
	write := func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.records[id] != old {
			return fmt.Errorf("swapping: %w", accessrequest.ErrConflict)
		}
		s.records[id] = text
		return nil
	}
	s.mu.Lock()
	fate := s.swap
	s.swaps++
	s.mu.Unlock()
	if fate != nil {
		return fate(id, write)
	}
	return write()
}

// alive blocks as a dead process would: forever, as far as its callers can see.
func alive(ctx, life context.Context) error {
	if life.Err() == nil {
		return ctx.Err()
	}
	<-ctx.Done()
	return ctx.Err()
}

// post is a message as a reader finds it.
type post struct {
	address string
	key     string
	made    time.Time
	shown   []message.Message
	replies []message.Review
	keys    []string
}

func (p *post) last() message.Message {
	return p.shown[len(p.shown)-1]
}

// chat is a chat service. What it refuses is up to the test.
type chat struct {
	mu    sync.Mutex
	posts []*post
	calls []string
	// ahead is by how much the service's clock is ahead.
	ahead time.Duration
	// moved holds the addresses that are not those of their recipients' names.
	moved map[string]string
	// direct are the recipients that are persons.
	direct []string
	// real holds the ids of channels that are addressed by name.
	real map[string]string
	// fate, when set, decides what happens to a call. Calling effect makes the
	// call take effect; what fate returns is the answer.
	fate func(ctx context.Context, call, address string, effect func()) error
}

// bot is one operator's way to the chat service.
type bot struct {
	*chat
	life context.Context
	// idempotent makes Post return the first message made with a key.
	idempotent bool
}

func (b bot) do(ctx context.Context, call, address string, effect func()) error {
	if err := alive(ctx, b.life); err != nil {
		return err
	}
	b.mu.Lock()
	b.calls = append(b.calls, call+" "+address)
	fate := b.fate
	b.mu.Unlock()
	locked := func() {
		// What was sent may take effect although the sender has died.
		b.mu.Lock()
		defer b.mu.Unlock()
		effect()
	}
	var err error
	if fate != nil {
		err = fate(ctx, call, address, locked)
	} else {
		locked()
	}
	if b.life.Err() != nil {
		return alive(ctx, b.life)
	}
	return err
}

func (b bot) Check(ctx context.Context) error {
	return b.do(ctx, "check", "", func() {})
}

func (b bot) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	to := messenger.Address{ID: "id-" + recipient, Direct: slices.Contains(b.direct, recipient)}
	err := b.do(ctx, "resolve", recipient, func() { to.ID = cmp.Or(b.moved[recipient], to.ID) })
	return to, err
}

// ResolvePerson implements messenger.PersonResolver.
func (b bot) ResolvePerson(ctx context.Context, email string) (messenger.Address, error) {
	return b.Resolve(ctx, email)
}

func (b bot) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	var ref messenger.Ref
	err := b.do(ctx, "post", to.ID, func() {
		if b.idempotent {
			for i, p := range b.posts {
				if p.key == key {
					ref = messenger.Ref{Channel: to.ID, ID: fmt.Sprint(i)}
					return
				}
			}
		}
		ref = messenger.Ref{Channel: cmp.Or(b.real[to.ID], to.ID), ID: fmt.Sprint(len(b.posts))}
		b.posts = append(b.posts, &post{address: to.ID, key: key, made: time.Now().Add(b.ahead), shown: []message.Message{m}})
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	return ref, err
}

func (b bot) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	return b.do(ctx, "update", ref.Channel, func() {
		p := b.at(ref)
		p.shown = append(p.shown, m)
	})
}

func (b bot) Reply(ctx context.Context, ref messenger.Ref, r message.Review, key string) error {
	return b.do(ctx, "reply", ref.Channel, func() {
		p := b.at(ref)
		p.replies = append(p.replies, r)
		p.keys = append(p.keys, key)
	})
}

func (c *chat) at(ref messenger.Ref) *post {
	var i int
	if _, err := fmt.Sscan(ref.ID, &i); err != nil {
		panic(err)
	}
	return c.posts[i]
}

// finder is a bot that may read the history.
type finder struct{ bot }

func (f finder) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	var found []messenger.Ref
	answer := messenger.ErrNotFound
	err := f.do(ctx, "find", in.ID, func() {
		for i, p := range f.posts {
			if p.address == in.ID && p.key == key && !p.made.Before(since.Add(-messenger.ClockMargin)) {
				found, answer = append(found, messenger.Ref{Channel: in.ID, ID: fmt.Sprint(i)}), nil
			}
		}
	})
	return found, cmp.Or(err, answer)
}

func (f finder) FindReply(ctx context.Context, ref messenger.Ref, key string, _ time.Time) error {
	answer := messenger.ErrNotFound
	err := f.do(ctx, "find", ref.Channel, func() {
		if slices.Contains(f.at(ref).keys, key) {
			answer = nil
		}
	})
	return cmp.Or(err, answer)
}

// decide sets the fate of calls from here on.
func (c *chat) decide(fate func(ctx context.Context, call, address string, effect func()) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fate = fate
}

// refuse makes calls fail with a class as long as a condition holds.
func (c *chat) refuse(class messenger.Class, when func(call, address string) bool) {
	c.decide(func(_ context.Context, call, address string, effect func()) error {
		if when(call, address) {
			return failing(class)
		}
		effect()
		return nil
	})
}

// move gives a recipient another address.
func (c *chat) move(recipient, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved == nil {
		c.moved = map[string]string{}
	}
	c.moved[recipient] = address
}

// count returns how often a call was made, to any address if address is "".
func (c *chat) count(call, address string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, have := range c.calls {
		if have == call+" "+address || address == "" && len(have) > len(call) && have[:len(call)+1] == call+" " {
			n++
		}
	}
	return n
}

// total returns how many calls were made.
func (c *chat) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls)
}

// indexOf returns the number of the message about a request at an address.
func (c *chat) indexOf(id, address string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.IndexFunc(c.posts, func(p *post) bool { return p.last().RequestID == id && p.address == address })
}

// about returns the messages about a request at an address.
func (c *chat) about(id, address string) []*post {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*post
	for _, p := range c.posts {
		if p.last().RequestID == id && p.address == address {
			seen := *p
			seen.shown, seen.replies, seen.keys = slices.Clone(p.shown), slices.Clone(p.replies), slices.Clone(p.keys)
			found = append(found, &seen)
		}
	}
	return found
}

package notifier

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// reconcileWidth is how many requests of one notifier are looked at at a time.
const reconcileWidth = 8

// Options is what a Notifier is made of. All but Metrics, Timing, Changed and
// Notice are required.
type Options struct {
	Log       logr.Logger
	Feed      Feed
	Records   Records
	Messenger messenger.Messenger
	// Resolve finds the address of a recipient; Messenger's by default.
	Resolve func(ctx context.Context, recipient string) (messenger.Address, error)
	// ResolvePerson finds people as messenger.PersonResolver does; nil if the
	// messenger finds none. Messenger's by default.
	ResolvePerson func(ctx context.Context, email string) (messenger.Address, error)
	// Probe tells now and then whether the token still works, while no call shows
	// it. A success may be a minute old: what a refused call is to be confirmed by
	// is Messenger.Check. That is the default, too.
	Probe func(ctx context.Context) error
	Rules routing.Rules
	// Owner tells the records of this notifier from those of others.
	Owner Owner
	// KeySecret makes the keys of posts unguessable to others; any bytes that
	// stay the same over restarts and are known to nobody else.
	KeySecret []byte
	// Metrics counts deliveries.
	Metrics *metrics.Notifier
	// Timing overrides delays.
	Timing Timing
	// Changed is called after anything that Snapshot shows may have changed. It
	// must return quickly.
	Changed func()
	// Notice is called with what the owner should hear of once. It must return
	// quickly.
	Notice func(Notice)
}

// Owner is what a notifier's records belong to, together with the account of its
// messenger. What belongs to others is left alone.
type Owner struct {
	// Installation tells two Kubernetes clusters apart that share one Teleport: the
	// UID of the namespace. Empty outside of Kubernetes.
	Installation string
	// Messenger is the type of the messenger.
	Messenger string
}

// Notifier keeps the messages about one cluster's access requests true in one
// messenger. Make one with New and run it once.
type Notifier struct {
	log       logr.Logger
	feed      Feed
	records   Records
	messenger messenger.Messenger
	// replier is messenger if it has threads, else nil.
	replier messenger.Replier
	rules   routing.Rules
	secret  []byte
	// configured are the recipients that somebody wrote into the rules, in order.
	configured []string
	metrics    *metrics.Notifier
	timing     Timing
	changed    func()
	notice     func(Notice)
	lookUp     func(ctx context.Context, recipient string) (messenger.Address, error)
	// writer marks the records that this process wrote.
	writer string

	queue    workqueue.TypedDelayingInterface[string]
	lanes    *lanes
	resolver *resolver
	health   *health
	// resync holds a token while the records have to be read again.
	resync chan struct{}
	// ready is closed when the records have been read once.
	ready chan struct{}
	once  sync.Once

	mu sync.Mutex
	// requests are being delivered; closed need nothing any more.
	requests map[string]*tracked
	closed   map[string]closing
	// told are the recipients that cannot be resolved and whose notice was given.
	told map[string]bool
	// recordsErr is why records cannot be read or written, nil while they can.
	recordsErr      error
	recordsFailures int

	// crash ends Run.
	crash context.CancelCauseFunc
}

// New makes a Notifier. It does nothing until Run.
func New(o Options) *Notifier {
	n := &Notifier{
		log:        o.Log,
		feed:       o.Feed,
		records:    o.Records,
		messenger:  o.Messenger,
		rules:      o.Rules,
		configured: o.Rules.Configured(),
		secret:     o.KeySecret,
		metrics:    o.Metrics,
		timing:     o.Timing.withDefaults(),
		changed:    o.Changed,
		notice:     o.Notice,
		lookUp:     o.Resolve,
		writer:     rand.Text()[:8],
		resync:     make(chan struct{}, 1),
		ready:      make(chan struct{}),
		requests:   map[string]*tracked{},
		closed:     map[string]closing{},
		told:       map[string]bool{},
	}
	if n.changed == nil {
		n.changed = func() {}
	}
	if n.notice == nil {
		n.notice = func(Notice) {}
	}
	if n.lookUp == nil {
		n.lookUp = o.Messenger.Resolve
	}
	n.replier, _ = o.Messenger.(messenger.Replier)
	n.lanes = newLanes(n.timing, n.deliver)
	n.resolver = newResolver(n.timing, n.resolve, n.resolved)
	n.health = newHealth(n.timing, n.messenger.Check)
	return n
}

// Run delivers until ctx ends, then finishes the calls in flight and returns
// nil. It returns an error if it had to stop because of a panic; the caller may
// run a new Notifier then, which goes on where this one stopped.
func (n *Notifier) Run(ctx context.Context) error {
	ctx, crash := context.WithCancelCause(ctx)
	defer crash(nil)
	n.crash = crash
	n.queue = workqueue.NewTypedDelayingQueue[string]()
	n.lanes.hold()
	n.health.opened = func(ctx context.Context) {
		n.lanes.release(ctx)
		n.resolver.retry(ctx)
		n.lookUpConfigured(ctx)
	}
	n.health.closed = n.lanes.hold
	n.health.changed = n.changed

	var loops sync.WaitGroup
	loops.Go(func() {
		defer n.protect()
		n.health.run(ctx)
	})
	loops.Go(func() { n.syncLoop(ctx) })
	loops.Go(func() { n.reconcileLoop(ctx) })
	unsubscribe := n.feed.Subscribe(n)

	<-ctx.Done()
	unsubscribe()
	n.queue.ShutDown()
	loops.Wait()
	n.resolver.close()
	n.lanes.close()
	if errors.Is(context.Cause(ctx), errPanic) {
		return context.Cause(ctx)
	}
	return nil
}

// errPanic is why a notifier stopped that found itself in an impossible state.
var errPanic = errors.New("notifier panicked")

// protect ends the notifier, and not the process, when the goroutine that
// defers it panics. The value is not reported: it may hold what people typed.
func (n *Notifier) protect() {
	if value := recover(); value != nil {
		n.log.Error(errPanic, "Notifier stopped", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
		n.crash(errPanic)
	}
}

// reconcileLoop looks at requests as the queue asks for it, once the records
// are known.
func (n *Notifier) reconcileLoop(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-n.ready:
	}
	var running sync.WaitGroup
	defer running.Wait()
	places := make(chan struct{}, reconcileWidth)
	for {
		id, shutdown := n.queue.Get()
		if shutdown {
			return
		}
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			defer n.queue.Done(id)
			defer n.protect()
			n.reconcileOnce(ctx, id)
		})
	}
}

func (n *Notifier) reconcileOnce(ctx context.Context, id string) {
	if err := n.reconcile(ctx, id); err != nil && ctx.Err() == nil {
		n.retryRecord(id, err)
	}
	n.changed()
}

// resolve looks a recipient up.
func (n *Notifier) resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	address, err := messenger.Address{}, errPanic
	func() {
		defer n.protect()
		address, err = n.lookUp(ctx, recipient)
	}()
	return address, err
}

// resolved is called when a recipient was looked up. That says little about the
// service: some look-ups need no call.
func (n *Notifier) resolved(recipient string, l lookUp) {
	defer n.protect()
	if l.recovered {
		n.health.answers()
	}
	switch {
	case l.failure == nil:
		n.restored(recipient)
		n.lookAtAll()
	case l.failure.Class == messenger.MessengerPermanent:
		n.health.refuse(l.failure)
	case l.failure.Class == messenger.RecipientPermanent:
		n.unresolved(recipient, l.failure)
		n.lookAtAll()
	case l.failures.count >= troubleAfter:
		n.health.troubled(l.failure, l.failures.since)
	}
	n.changed()
}

// lookAtAll asks for every unfinished request to be looked at.
func (n *Notifier) lookAtAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id := range n.requests {
		n.queue.Add(id)
	}
}

// lookUpConfigured looks up the recipients that the rules name, so that one that
// does not work is known before a request needs it. It does nothing with a token
// that is refused, or has not been checked.
func (n *Notifier) lookUpConfigured(ctx context.Context) {
	if failure, checked := n.health.state(); !checked || failure != nil && failure.Class == messenger.MessengerPermanent {
		return
	}
	for _, recipient := range n.configured {
		n.resolver.address(ctx, recipient)
	}
}

// forgetRecipients drops what is known of people whom no request names any more.
func (n *Notifier) forgetRecipients() {
	names := n.resolver.forget()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range names {
		delete(n.told, name)
	}
}

// unresolved tells, once, of a recipient that cannot be resolved.
func (n *Notifier) unresolved(recipient string, failure *messenger.Error) {
	n.mu.Lock()
	told := n.told[recipient]
	n.told[recipient] = true
	n.mu.Unlock()
	switch {
	case told:
	case slices.Contains(n.configured, recipient):
		n.recipientFailed(recipient, failure)
	default:
		n.notice(Notice{
			Reason: ReasonReviewerSkipped,
			Text:   "Skipped a suggested reviewer that the messenger does not know: " + failure.Code,
		})
	}
}

// restored tells of a configured recipient that can be resolved again.
func (n *Notifier) restored(recipient string) {
	n.mu.Lock()
	told := n.told[recipient]
	delete(n.told, recipient)
	n.mu.Unlock()
	if told && slices.Contains(n.configured, recipient) {
		n.notice(Notice{Reason: ReasonRecipientRestored, Text: fmt.Sprintf("Recipient %s works again", recipient)})
	}
}

// replies reports whether reviews are posted below messages.
func (n *Notifier) replies() bool {
	return n.replier != nil
}

// keyLength is the length of a post's key: Discord allows 25 characters.
const keyLength = 24

// key identifies a post, or with part one reply below it. It is the same in
// every process, so that even without a record a post can be found again.
func (n *Notifier) key(id, address, part string) string {
	mac := hmac.New(sha256.New, n.secret)
	mac.Write([]byte(strings.Join([]string{id, address, part}, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil))[:keyLength])
}

package supervisor

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/review/listen"
	"github.com/accessnotifier/accessnotifier/internal/signal"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// clicks let reviewers decide in chat on what one engine has posted. Nil are those of a messenger
// without buttons.
type clicks struct {
	desk *review.Desk
	bot  *bot
	// receiver is the address of ours that the service calls; "" for none.
	receiver string
	cluster  func() accessrequest.Cluster
	changed  func()
	// newest returns the newest spec, and replaced is signalled when there is another.
	newest   func() review.Spec
	replaced signal.Signal

	mu sync.Mutex
	// spec is in effect. It is guarded by mu.
	spec review.Spec
}

// newClicks returns the clicks on the messages of an engine; nil where the messenger has no
// buttons.
func (s *Supervisor) newClicks(w *worker, r *run, b *bot, engine *notifier.Notifier) *clicks {
	accounts, ok := b.Messenger.(messenger.AccountReader)
	if !ok || !hasButtons(b.Messenger) {
		return nil
	}
	c := &clicks{bot: b, cluster: r.session.Cluster, changed: func() { s.tell(w.key) }, newest: w.reviewSpec, replaced: signal.New()}
	if _, receives := b.Messenger.(messenger.ClickReceiver); receives && s.reviewURL != "" {
		c.receiver = strings.TrimRight(s.reviewURL, "/") + listen.Path(w.key.Namespace, w.key.Name)
	}
	c.desk = review.NewDesk(review.Options{
		Log:       s.log.WithValues("namespace", w.key.Namespace, "name", w.key.Name),
		Engine:    clickedEngine{engine.Clicks(), r.router.LookAgain},
		Teleport:  r.session.Session,
		Accounts:  accounts,
		Workspace: func() string { return messenger.AccountOf(b.Messenger).Workspace },
		Receiver:  c.receiver,
		Available: c.available,
		Language:  r.wording.Language,
		Metrics:   s.metrics.Notifier(w.key.Namespace, w.key.Name, r.spec.Messenger.Type),
		Notice:    func(n status.Notice) { s.give(w.key, n) },
	})
	// Before the engine looks at any message, so that those with buttons keep them.
	c.take()
	return c
}

// hasButtons reports whether a messenger hears of clicks.
func hasButtons(m messenger.Messenger) bool {
	_, listens := m.(messenger.ClickListener)
	_, receives := m.(messenger.ClickReceiver)
	return listens || receives
}

// clickedEngine is an engine as a desk needs it.
type clickedEngine struct {
	notifier.Clicks
	lookAgain func()
}

// LookAgain implements review.Engine.
func (e clickedEngine) LookAgain() { e.lookAgain() }

// buttons are those below the messages of a request, nil for none.
func (c *clicks) buttons(r accessrequest.Request) *message.Buttons {
	if c == nil {
		return nil
	}
	return c.desk.Buttons(r)
}

// check finds out whether there are buttons now.
func (c *clicks) check() {
	if c != nil {
		c.desk.Check()
	}
}

// follow puts the newest spec into effect, each time that there is one, until ctx ends.
func (c *clicks) follow(ctx context.Context) {
	if c == nil {
		<-ctx.Done()
		return
	}
	// stop ends the hearing of clicks.
	stop := func() {}
	defer func() { stop() }()
	for hears := false; ; {
		spec := c.take()
		switch {
		case spec.On() && !hears:
			stop = c.bot.hear(ctx, c)
		case !spec.On():
			stop()
		}
		hears = spec.On()
		c.desk.Check()
		select {
		case <-ctx.Done():
			return
		case <-c.replaced:
		}
	}
}

// replace says that there is a newer spec.
func (c *clicks) replace() {
	if c != nil {
		c.replaced.Give()
	}
}

// take makes the newest spec count, and returns it.
func (c *clicks) take() review.Spec {
	spec := c.newest()
	c.mu.Lock()
	c.spec = spec
	c.mu.Unlock()
	c.desk.Replace(spec)
	return spec
}

// available reports whether nothing speaks against buttons. A bot that is only about to hear of
// clicks is no reason: at each start of an operator, all messages would lose theirs for a moment.
func (c *clicks) available() bool {
	now := c.general()
	return now.Wanted && now.Problem == nil && c.cluster().ServerVersion != ""
}

// status says whether reviewers can decide in chat, or on which requests they cannot.
func (c *clicks) status() status.Review {
	if c == nil {
		return status.Review{}
	}
	now := c.general()
	if now.Known && now.Problem == nil {
		now.Problem = c.desk.NotJudged()
	}
	return now
}

// general says whether reviewers can decide in chat on any request.
func (c *clicks) general() status.Review {
	c.mu.Lock()
	spec := c.spec
	c.mu.Unlock()
	if !spec.On() {
		return status.Review{}
	}
	wanted := status.Review{Wanted: true}
	if problem := c.problem(); problem != nil {
		wanted.Known, wanted.Problem = true, problem
		return wanted
	}
	known, problem := c.bot.heard()
	wanted.Known, wanted.Problem = known && c.cluster().ServerVersion != "", problem
	return wanted
}

// problem says what keeps reviewers from deciding in chat until an operator changes it.
func (c *clicks) problem() *status.Problem {
	if problem := c.desk.Problem(); problem != nil {
		return problem
	}
	_, receives := c.bot.Messenger.(messenger.ClickReceiver)
	cluster := c.cluster()
	switch {
	case receives && c.receiver == "":
		return &status.Problem{
			Reason: status.ReasonListenerNotConfigured, Permanent: true,
			Message: "The operator does not listen for clicks: start it with --review-bind-address and --review-url",
		}
	case cluster.ServerVersion != "" && !cluster.ReviewsForUsers:
		return &status.Problem{
			Reason: status.ReasonServerTooOld, Permanent: true,
			Message: "Teleport " + status.Printable(cluster.ServerVersion, maxVersion) + " takes no reviews that are submitted for users; reviewers decide in Teleport",
		}
	default:
		return nil
	}
}

// maxVersion bounds what a server says of its version, in characters.
const maxVersion = 40

// hear makes clicks go to the desk, until the returned function is called. The first desk of a
// bot has it listen, and the last one ends that.
//
// They take turns: a bot that is about to end listens for a desk that comes only afterwards.
func (b *bot) hear(ctx context.Context, c *clicks) (stop func()) {
	b.turn.Lock()
	defer b.turn.Unlock()
	remove := b.hub.Add(c.desk)
	if b.heardFor(c, true) == 1 {
		b.deafen = b.listen(ctx)
	}
	return sync.OnceFunc(func() {
		b.turn.Lock()
		defer b.turn.Unlock()
		remove()
		if b.heardFor(c, false) == 0 {
			b.deafen()
		}
	})
}

// heardFor notes whether clicks are heard for c, and returns for how many they are.
func (b *bot) heardFor(c *clicks, hears bool) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if hears {
		b.heardBy[c] = true
	} else {
		delete(b.heardBy, c)
	}
	return len(b.heardBy)
}

// hears reports whether clicks are heard for anyone.
func (b *bot) hears() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.heardBy) > 0
}

// listen has the bot hear of clicks until the returned function is called. Nothing of ctx but its
// values counts: the notifier that was first may end before the others.
func (b *bot) listen(ctx context.Context) (end func()) {
	closeHub := b.hub.Open(ctx)
	if b.ear == nil {
		return closeHub
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.ear.Run(ctx, b.hub)
	}()
	return func() {
		cancel()
		<-ended
		closeHub()
	}
}

// heard reports whether the bot hears of clicks. One that is called by its service does.
func (b *bot) heard() (known bool, problem *status.Problem) {
	if b.ear == nil {
		return true, nil
	}
	return b.ear.Heard()
}

// heardChanged has all that hear of clicks look at how that is.
func (b *bot) heardChanged() {
	b.hub.Check()
	b.mu.Lock()
	var all []*clicks
	for c := range b.heardBy {
		all = append(all, c)
	}
	b.mu.Unlock()
	for _, c := range all {
		c.changed()
	}
}

// Receive returns what answers the calls of a notifier's chat service, false if it calls none.
func (s *Supervisor) Receive(namespace, name string) (http.HandlerFunc, bool) {
	s.mu.Lock()
	w := s.workers[Key{namespace, name}]
	s.mu.Unlock()
	if w == nil {
		return nil, false
	}
	w.mu.Lock()
	r := w.s.run
	w.mu.Unlock()
	if r == nil {
		return nil, false
	}
	c := r.state().clicks
	// A service may call one address for all who have the bot.
	if c == nil || !c.bot.hears() {
		return nil, false
	}
	receiver, ok := c.bot.Messenger.(messenger.ClickReceiver)
	return func(w http.ResponseWriter, r *http.Request) { receiver.Receive(w, r, c.bot.hub) }, ok
}

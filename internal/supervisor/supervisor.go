package supervisor

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"sync"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// Options is what a Supervisor works with. Pool is required.
type Options struct {
	// Log gets what an operator would act on.
	Log logr.Logger
	// Pool holds the sessions with Teleport. Start runs it.
	Pool *teleport.Pool
	// Messengers are those that there are; registry.All by default.
	Messengers messenger.Registry
	// HTTPClient calls chat services; by default one that reaches only where a chat
	// service can be.
	HTTPClient *http.Client
	// AllowNetworks are networks that chat servers may be in although the guard of
	// connections refuses them; none by default.
	AllowNetworks []netip.Prefix
	// URLs overrides the addresses of messengers by type.
	URLs map[string]string
	// ReviewURL is the address under which chat services call for clicks, such as
	// "https://notifier.example.com"; empty if the operator does not listen for any.
	ReviewURL string
	// Version is the version of this program, which chat services are told;
	// "dev" by default.
	Version string
	// Metrics counts deliveries; by default nothing does.
	Metrics *metrics.Metrics
	// Timing overrides the delays of engines.
	Timing notifier.Timing
}

// Supervisor runs notifiers.
type Supervisor struct {
	log        logr.Logger
	pool       *teleport.Pool
	messengers messenger.Registry
	urls       map[string]string
	reviewURL  string
	version    string
	metrics    *metrics.Metrics
	timing     notifier.Timing
	clients    clients
	bots       bots
	identities teleport.Identities

	mu      sync.Mutex
	workers map[Key]*worker
	// launch starts a run of a worker's spec; nil while Start does not run.
	launch  func(*worker)
	changed func(Key)
	notice  func(Key, status.Notice)
}

// New makes a Supervisor. Nothing runs until Start.
func New(o Options) *Supervisor {
	s := &Supervisor{
		log:        o.Log,
		pool:       o.Pool,
		messengers: o.Messengers,
		urls:       o.URLs,
		reviewURL:  o.ReviewURL,
		bots:       bots{log: o.Log},
		version:    cmp.Or(o.Version, "dev"),
		metrics:    o.Metrics,
		timing:     o.Timing,
		workers:    map[Key]*worker{},
		changed:    func(Key) {},
		notice:     func(Key, status.Notice) {},
		clients:    newClients(o.HTTPClient, o.AllowNetworks),
	}
	if s.metrics == nil {
		s.metrics = metrics.New(s.version)
	}
	if s.messengers == nil {
		s.messengers = registry.All()
	}
	return s
}

// OnChange makes f hear of every notifier whose Snapshot may have changed. It is
// called often and must return quickly.
func (s *Supervisor) OnChange(f func(Key)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = f
}

// OnNotice makes f hear of what the owner of a notifier should hear of once. It
// must return quickly.
func (s *Supervisor) OnNotice(f func(Key, status.Notice)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice = f
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: one operator at
// a time delivers.
func (s *Supervisor) NeedLeaderElection() bool {
	return true
}

// Start runs the notifiers until ctx ends and every engine has finished its
// calls in flight.
func (s *Supervisor) Start(ctx context.Context) error {
	// Sessions outlive engines, which store their last results through them.
	sessions, endSessions := context.WithCancel(context.WithoutCancel(ctx))
	pool := make(chan error, 1)
	go func() { pool <- s.pool.Run(sessions) }()

	var running sync.WaitGroup
	s.launchWith(func(w *worker) {
		runCtx, cancel := context.WithCancel(ctx)
		next := w.replace(s.pool, cancel)
		running.Go(func() {
			defer cancel()
			s.supervise(runCtx, w, next)
		})
	})
	<-ctx.Done()
	s.launchWith(nil)
	running.Wait()
	endSessions()
	return <-pool
}

// launchWith sets what starts runs, and starts those that wait for it.
func (s *Supervisor) launchWith(launch func(*worker)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.launch = launch
	if launch == nil {
		return
	}
	for _, w := range s.workers {
		launch(w)
	}
}

// Ensure makes the notifier run as the spec says. Calling it again with the same
// spec changes nothing.
func (s *Supervisor) Ensure(key Key, spec Spec) {
	spec.Rules.RemindersOnly = s.remindersOnly(spec.Messenger)
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workers[key]
	if !ok {
		w = &worker{key: key, tell: func() { s.tell(key) }, identities: &s.identities}
		s.workers[key] = w
	}
	if w.want(spec) && s.launch != nil {
		s.launch(w)
	}
}

// Remove stops the notifier. Nothing happens if there is none.
func (s *Supervisor) Remove(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.workers[key]; ok && w.remove() {
		delete(s.workers, key)
	}
}

// Resync makes the notifier look at everything again now.
func (s *Supervisor) Resync(key Key) {
	s.mu.Lock()
	w, ok := s.workers[key]
	s.mu.Unlock()
	if ok {
		w.resync()
	}
}

// forget drops a worker whose last run has ended, unless it has something to run again.
func (s *Supervisor) forget(w *worker, r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !w.over(r) {
		return
	}
	delete(s.workers, w.key)
	s.metrics.Forget(w.key.Namespace, w.key.Name)
}

func (s *Supervisor) tell(key Key) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	changed(key)
}

func (s *Supervisor) give(key Key, n status.Notice) {
	s.mu.Lock()
	notice := s.notice
	s.mu.Unlock()
	notice(key, n)
}

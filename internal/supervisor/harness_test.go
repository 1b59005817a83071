package supervisor_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// identities are valid now, and at the time at which synctest's clock begins.
var identities [2]teleport.Credentials

func TestMain(m *testing.M) {
	for i := range identities {
		var err error
		if identities[i], err = issueTimeless(fmt.Sprintf("bot-%d", i)); err != nil {
			fmt.Fprintln(os.Stderr, "issuing an identity:", err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

func issueTimeless(user string) (teleport.Credentials, error) {
	server, err := teleporttest.Start(teleporttest.Options{})
	if err != nil {
		return teleport.Credentials{}, err
	}
	defer server.Close()
	const year = 365 * 24 * time.Hour
	identity, err := server.Identity(teleporttest.IdentityOptions{User: user, NotBefore: -50 * year, TTL: 50 * year})
	if err != nil {
		return teleport.Credentials{}, err
	}
	return teleport.Credentials{File: identity.File}, nil
}

// bench is a supervisor between a fake Teleport, which never answers, and fake
// bots.
type bench struct {
	t *testing.T
	*supervisor.Supervisor
	bots     *bots
	clusters *clusters
	log      *logBuffer
	// stop ends Start's context; ended is closed when Start has returned.
	stop  context.CancelFunc
	ended chan struct{}
}

// newBench returns a bench whose supervisor has not been started.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, bots: &bots{}, clusters: &clusters{}, log: &logBuffer{}, ended: make(chan struct{})}
	b.Supervisor = supervisor.New(supervisor.Options{
		Log:        b.log.logger(),
		Pool:       teleport.NewPool(teleport.Options{Connect: b.clusters.connect}),
		Messengers: b.bots.registry(),
	})
	return b
}

// start starts the supervisor, and ends it with the test.
func (b *bench) start() {
	b.t.Helper()
	ctx, stop := context.WithCancel(b.t.Context())
	b.stop = stop
	go func() {
		defer close(b.ended)
		if err := b.Start(ctx); err != nil {
			b.t.Errorf("Start() error = %v", err)
		}
	}()
	b.t.Cleanup(func() {
		stop()
		<-b.ended
	})
}

func (b *bench) snapshot(key supervisor.Key) supervisor.Snapshot {
	b.t.Helper()
	snapshot, ok := b.Snapshot(key)
	if !ok {
		b.t.Fatalf("there is no notifier %s", key)
	}
	return snapshot
}

// metrics returns the values of the gauges and counters of the one notifier.
func (b *bench) metrics() map[string]float64 {
	b.t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(b.Supervisor)
	families, err := registry.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			values[family.GetName()] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	return values
}

// assertBots compares the tokens of the bots made so far, in order.
func (b *bench) assertBots(want ...string) {
	b.t.Helper()
	synctest.Wait()
	if got := b.bots.tokens(); !slices.Equal(got, want) {
		b.t.Errorf("bots were made with the tokens %q, want %q", got, want)
	}
}

// key returns the key of a notifier in the namespace "ns".
func key(name string) supervisor.Key {
	return supervisor.Key{Namespace: "ns", Name: name}
}

// spec returns a spec whose bot has the given token.
func spec(token string) supervisor.Spec {
	return supervisor.Spec{
		Teleport:  supervisor.Teleport{Address: "teleport:443", IdentityRef: "identity", Identity: identities[0]},
		Messenger: supervisor.Messenger{Type: "Slack", Secrets: messenger.Token(token)},
	}
}

// bots makes bots and keeps an eye on them.
type bots struct {
	mu   sync.Mutex
	made []*bot
	// making, if set, is called before a bot is made, and may refuse; set it
	// before start.
	making func(token string) error
	// refusal is why no bot can be made.
	refusal error
	// check is what Check does; it succeeds by default.
	check func(ctx context.Context, token string) error
	// lookUps counts calls of Resolve.
	lookUps int
	// active counts calls in flight by token, most is the most of all tokens.
	active, most int
}

// registry lists the messengers that the bots are of.
func (b *bots) registry() messenger.Registry {
	secrets := []string{messenger.SecretToken}
	return messenger.Registry{
		{Type: "Discord", New: b.construct, Secrets: secrets},
		{Type: "Slack", New: b.construct, Secrets: secrets},
	}
}

func (b *bots) construct(c messenger.Config) (messenger.Messenger, error) {
	if b.making != nil {
		if err := b.making(c.Secrets[messenger.SecretToken]); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refusal != nil {
		return nil, b.refusal
	}
	made := &bot{token: c.Secrets[messenger.SecretToken], all: b}
	b.made = append(b.made, made)
	return made, nil
}

func (b *bots) refuse(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusal = err
}

func (b *bots) tokens() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var tokens []string
	for _, made := range b.made {
		tokens = append(tokens, made.token)
	}
	return tokens
}

func (b *bots) onCheck(check func(ctx context.Context, token string) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.check = check
}

func (b *bots) lookedUp() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lookUps
}

func (b *bots) mostAtOnce() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most
}

// enter counts a call in flight, and returns what Check is to do.
func (b *bots) enter() func(context.Context, string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.active++
	b.most = max(b.most, b.active)
	return b.check
}

func (b *bots) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.active--
}

// bot is a messenger of which only Check is ever called: no request comes.
type bot struct {
	messenger.Messenger
	token string
	all   *bots
}

// Check implements messenger.Messenger.
func (b *bot) Check(ctx context.Context) error {
	check := b.all.enter()
	defer b.all.leave()
	if check == nil {
		return nil
	}
	return check(ctx, b.token)
}

// Resolve implements messenger.Messenger.
func (b *bot) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	b.all.mu.Lock()
	defer b.all.mu.Unlock()
	b.all.lookUps++
	return messenger.Address{ID: recipient}, nil
}

// clusters answer no attempt to connect before its end.
type clusters struct {
	mu       sync.Mutex
	attempts []attempt
	open     int
}

type attempt struct {
	address, user string
}

func (c *clusters) connect(ctx context.Context, address string, id *teleport.Identity) (teleport.Client, error) {
	c.mu.Lock()
	c.attempts = append(c.attempts, attempt{address, id.User})
	c.open++
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	c.open--
	c.mu.Unlock()
	return nil, teleport.NewError(teleport.Timeout, "There was no answer in time.")
}

// seen returns all attempts so far, and how many are under way.
func (c *clusters) seen() (attempts []attempt, open int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.attempts), c.open
}

// gate holds the calls that wait at it until it is opened, whatever becomes of
// their contexts.
type gate chan struct{}

func (g gate) wait() { <-g }

func (g gate) open() { close(g) }

// logBuffer keeps what is logged.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) logger() logr.Logger {
	return funcr.New(func(prefix, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, _ = fmt.Fprintln(&l.text, prefix, args)
	}, funcr.Options{Verbosity: 10})
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

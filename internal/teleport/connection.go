package teleport

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/signal"
)

const (
	// oldestMajor is the oldest server version to work with.
	oldestMajor = 15
	// pingTimeout bounds one ping, pingInterval is the time between two: a
	// connection that went silent is noticed within their sum. The keep-alive of
	// gRPC itself takes minutes, and sees no server that hangs.
	pingTimeout  = 10 * time.Second
	pingInterval = 30 * time.Second
	// maxName bounds the cluster's name and address, maxVersion its version.
	maxName    = 256
	maxVersion = 64
	// watchTimeout bounds the start of an event stream.
	watchTimeout = 15 * time.Second
)

// connection is a client with its event stream. It is made by open and ended by
// close, and does not repair itself.
type connection struct {
	remote
	client  Client
	cluster accessrequest.Cluster
	watcher types.Watcher
	opened  time.Time

	// news brings what happens on the connection: events, lists, and its end.
	news chan news
	// wantList asks for one list more.
	wantList signal.Signal
	// shown are the requests that the connection has shown, by a list or an event, and
	// not deleted. They belong to the runner.
	shown map[string]struct{}
	// listed is true once a full list was read. It belongs to the runner, too.
	listed bool

	// cancel ends the context that everything of the connection runs in.
	cancel  context.CancelFunc
	running sync.WaitGroup
	// calls counts the calls that others make on client.
	calls sync.WaitGroup
}

// news is one thing that happened on a connection. Only one of its fields is set.
type news struct {
	event types.Event
	list  *list
	// denied are kinds that the role does not allow to read, to describe requests.
	denied []string
	// err is why the connection is of no more use.
	err error
}

// open connects, starts the event stream and then begins to read a full list, so
// that nothing falls between the two. The connection takes over cancel, which must end
// ctx.
func open(ctx context.Context, cancel context.CancelFunc, connect ConnectFunc, p remote) (*connection, *Error) {
	if err := p.id.Valid(time.Now()); err != nil {
		cancel()
		return nil, classify(err, p)
	}
	client, err := connect(ctx, p.address, p.id)
	if err != nil {
		cancel()
		return nil, classify(err, p)
	}
	l := &connection{
		remote: p, client: client, cancel: cancel,
		news: make(chan news), wantList: signal.New(), shown: map[string]struct{}{},
	}
	if _, err := protect(func() (any, error) { return nil, l.start(ctx) }); err != nil {
		l.close()
		return nil, classify(err, p)
	}
	return l, nil
}

// openSuccessor is open for a connection that takes the place of one that works. The
// new identity's roles may be others: they must allow to read records, too, or
// the change would end all deliveries.
func openSuccessor(ctx context.Context, cancel context.CancelFunc, connect ConnectFunc, p remote) (*connection, *Error) {
	l, failure := open(ctx, cancel, connect, p)
	if failure != nil {
		return nil, failure
	}
	if err := l.tryRecords(ctx); err != nil {
		l.close()
		return nil, classify(err, p)
	}
	return l, nil
}

func (l *connection) start(ctx context.Context) error {
	if err := l.readCluster(ctx); err != nil {
		return err
	}
	if err := l.watch(ctx); err != nil {
		return err
	}
	l.opened = time.Now()
	l.wantList.Give()
	for _, keep := range []func(context.Context) error{l.keepWatching, l.keepListing, l.keepPinging} {
		l.running.Go(func() {
			_, err := protect(func() (any, error) { return nil, keep(ctx) })
			l.tell(ctx, news{err: err})
		})
	}
	return nil
}

// tell hands news to the runner, unless the connection has ended.
func (l *connection) tell(ctx context.Context, n news) {
	select {
	case l.news <- n:
	case <-ctx.Done():
	}
}

// readCluster learns about the cluster and refuses a server that is too old.
func (l *connection) readCluster(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	pong, err := l.client.Ping(ctx)
	if err != nil {
		return err
	}
	if tooOld(pong.ServerVersion) {
		return NewError(ServerTooOld, fmt.Sprintf(
			"Teleport at %s has version %s: upgrade it to %d or newer.", l.address, version(pong.ServerVersion), oldestMajor))
	}
	var in reader
	l.cluster = accessrequest.Cluster{
		Name:          in.text(cut(pong.ClusterName, maxName)),
		ServerVersion: version(pong.ServerVersion),
		ProxyAddr:     in.text(cut(pong.ProxyPublicAddr, maxName)),
		WebReviews:    pong.GetServerFeatures().GetAdvancedAccessWorkflows(),
	}
	l.cluster.ReviewsForUsers = takesReviewsForUsers(l.cluster)
	return nil
}

// version returns a version without what is in none: it is shown as it is.
func version(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(".-+", r)) {
			return r
		}
		return -1
	}, cut(text, maxVersion))
}

// tooOld gives a version that cannot be read the benefit of the doubt.
func tooOld(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return err == nil && n < oldestMajor
}

// watch starts the event stream and waits until the server says that events
// flow. This is also where a role without access shows: its lists are empty
// without an error.
func (l *connection) watch(ctx context.Context) error {
	timer := time.AfterFunc(watchTimeout, l.cancel)
	watcher, err := l.client.NewWatcher(ctx, types.Watch{
		Name:  "access-notifier",
		Kinds: []types.WatchKind{{Kind: types.KindAccessRequest}, {Kind: types.KindAccessMonitoringRule}},
		// A server or a role that does not give the rules gives the requests.
		AllowPartialSuccess: true,
	})
	if err == nil {
		err = awaitInit(watcher)
	}
	if !timer.Stop() {
		err = context.DeadlineExceeded
	}
	if err != nil {
		return fmt.Errorf("watch access requests: %w", err)
	}
	l.watcher = watcher
	return nil
}

func awaitInit(w types.Watcher) error {
	select {
	case event := <-w.Events():
		if event.Type != types.OpInit {
			return fmt.Errorf("first event is %v", event.Type)
		}
		return acceptsRequests(event)
	case <-w.Done():
		return watchError(w)
	}
}

// acceptsRequests returns an error if the stream is about less than access requests.
func acceptsRequests(init types.Event) error {
	accepted, ok := init.Resource.(types.WatchStatus)
	if !ok || slices.ContainsFunc(accepted.GetKinds(), func(k types.WatchKind) bool { return k.Kind == types.KindAccessRequest }) {
		return nil
	}
	return trace.AccessDenied("access denied to perform action %q on %q", types.VerbRead, types.KindAccessRequest)
}

// watchError returns why a stream has ended, never nil.
func watchError(w types.Watcher) error {
	if err := w.Error(); err != nil {
		return err
	}
	return context.Canceled
}

// keepWatching passes events on until the stream ends.
func (l *connection) keepWatching(ctx context.Context) error {
	for {
		select {
		case event := <-l.watcher.Events():
			l.tell(ctx, news{event: event})
		case <-l.watcher.Done():
			return watchError(l.watcher)
		}
	}
}

// keepListing reads a full list whenever one is wanted, beside the events.
func (l *connection) keepListing(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.wantList:
		}
		rules := l.readRules(ctx)
		found, err := readList(ctx, l.client)
		if err != nil {
			return err
		}
		found.rules = rules
		l.tell(ctx, news{list: found})
		if denied := l.deniedDetails(ctx); denied != nil {
			l.tell(ctx, news{denied: denied})
		}
	}
}

// relist asks for a list, unless one is wanted already.
func (l *connection) relist() {
	l.wantList.Give()
}

// noRequest is no access request's id, which is a UUID.
const noRequest = "access-notifier-permission-check"

// tryRecords reads the records of a request that does not exist. Teleport lets
// those read who may update: a role without the right to update cannot read.
func (l *connection) tryRecords(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := l.client.GetPluginData(ctx, types.PluginDataFilter{
		Kind: types.KindAccessRequest, Resource: noRequest, Plugin: noRequest,
	})
	if codeOf(err) == codes.NotFound {
		return nil
	}
	return err
}

// keepPinging returns the error of a connection that no longer answers.
func (l *connection) keepPinging(ctx context.Context) error {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if err := l.ping(ctx); err != nil {
			return err
		}
	}
}

func (l *connection) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := l.client.Ping(ctx)
	return err
}

// close ends the connection and everything that runs on it.
func (l *connection) close() {
	l.cancel()
	// Nothing can be done about a connection that does not close well.
	_ = l.client.Close()
	l.running.Wait()
}

// retire ends the event stream, and closes the connection once the calls on it have
// ended, or ctx has.
func (l *connection) retire(ctx context.Context) {
	l.cancel()
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		l.calls.Wait()
	}()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	l.close()
	<-idle
}

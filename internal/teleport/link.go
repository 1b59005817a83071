package teleport

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// oldestMajor is the oldest server version to work with.
	oldestMajor = 15
	// pingTimeout bounds one ping, pingInterval is the time between two: a
	// connection that went silent is noticed within their sum. The keep-alive of
	// gRPC itself takes minutes, and sees no server that hangs.
	pingTimeout  = 10 * time.Second
	pingInterval = 30 * time.Second
	// watchTimeout bounds the start of an event stream.
	watchTimeout = 15 * time.Second
	// listTimeout bounds the reading of a full list.
	listTimeout = time.Minute
)

// ClusterInfo describes the cluster of a session.
type ClusterInfo struct {
	// Name is the cluster's name.
	Name string
	// ServerVersion is the Auth server's version, such as "17.2.1".
	ServerVersion string
	// ProxyAddr is the public web address of the Proxy, host:port or empty.
	ProxyAddr string
	// WebReviews is true when requests can be reviewed in the web interface.
	WebReviews bool
}

// link is one connection with its event stream. It is made by open and ended by
// close, and does not repair itself.
type link struct {
	peer
	client  Client
	cluster ClusterInfo
	watcher types.Watcher
	opened  time.Time
	first   snapshot

	// cancel ends the context that everything of the link runs in.
	cancel context.CancelFunc
	// dead receives the error of a failed ping.
	dead    chan error
	running sync.WaitGroup
	// calls counts the calls that others make on client.
	calls sync.WaitGroup
}

// snapshot is a full list and the events that came while it was read.
type snapshot struct {
	began    time.Time
	requests []accessrequest.Request
	events   []types.Event
}

// open connects, starts the event stream and then reads a full list, so that
// nothing falls between the two. The link takes over cancel, which must end
// ctx.
func open(ctx context.Context, cancel context.CancelFunc, connect ConnectFunc, p peer) (*link, *Error) {
	if err := p.id.Valid(time.Now()); err != nil {
		cancel()
		return nil, classify(err, p)
	}
	client, err := connect(ctx, p.address, p.id)
	if err != nil {
		cancel()
		return nil, classify(err, p)
	}
	l := &link{peer: p, client: client, cancel: cancel, dead: make(chan error, 1)}
	if err := l.start(ctx); err != nil {
		l.close()
		return nil, classify(err, p)
	}
	return l, nil
}

// openSuccessor is open for a link that takes the place of one that works. The
// new identity's roles may be others: they must allow to read records, too, or
// the change would end all deliveries.
func openSuccessor(ctx context.Context, cancel context.CancelFunc, connect ConnectFunc, p peer) (*link, *Error) {
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

func (l *link) start(ctx context.Context) error {
	if err := l.greet(ctx); err != nil {
		return err
	}
	if err := l.watch(ctx); err != nil {
		return err
	}
	var err error
	if l.first, err = l.list(ctx); err != nil {
		return err
	}
	l.opened = time.Now()
	l.running.Go(func() { l.keepPinging(ctx) })
	return nil
}

// greet learns about the cluster and refuses a server that is too old.
func (l *link) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	pong, err := l.client.Ping(ctx)
	if err != nil {
		return err
	}
	if tooOld(pong.ServerVersion) {
		return &Error{Reason: ServerTooOld, Message: fmt.Sprintf(
			"Teleport at %s has version %s: upgrade it to %d or newer.", l.address, pong.ServerVersion, oldestMajor)}
	}
	l.cluster = ClusterInfo{
		Name:          pong.ClusterName,
		ServerVersion: pong.ServerVersion,
		ProxyAddr:     pong.ProxyPublicAddr,
		WebReviews:    pong.GetServerFeatures().GetAdvancedAccessWorkflows(),
	}
	return nil
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
func (l *link) watch(ctx context.Context) error {
	timer := time.AfterFunc(watchTimeout, l.cancel)
	watcher, err := l.client.NewWatcher(ctx, types.Watch{
		Name:  "access-notifier",
		Kinds: []types.WatchKind{{Kind: types.KindAccessRequest}},
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
		return nil
	case <-w.Done():
		return watchError(w)
	}
}

// watchError returns why a stream has ended, never nil.
func watchError(w types.Watcher) error {
	if err := w.Error(); err != nil {
		return err
	}
	return context.Canceled
}

// list reads all requests in every state. The events that come meanwhile are
// kept: they must be applied after the list.
func (l *link) list(ctx context.Context) (snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	type answer struct {
		requests []*types.AccessRequestV3
		err      error
	}
	s := snapshot{began: time.Now()}
	answers := make(chan answer, 1)
	l.running.Go(func() {
		requests, err := l.client.ListAllAccessRequests(ctx, &proto.ListAccessRequestsRequest{})
		answers <- answer{requests, err}
	})
	for {
		select {
		case event := <-l.watcher.Events():
			s.events = append(s.events, event)
		case <-l.watcher.Done():
			return snapshot{}, watchError(l.watcher)
		case a := <-answers:
			if a.err != nil {
				return snapshot{}, fmt.Errorf("list access requests: %w", a.err)
			}
			for _, r := range a.requests {
				s.requests = append(s.requests, fromTeleport(r))
			}
			return s, nil
		}
	}
}

// noRequest is no access request's id, which is a UUID.
const noRequest = "access-notifier-permission-check"

// tryRecords reads the records of a request that does not exist. Teleport lets
// those read who may update: a role without the right to update cannot read.
func (l *link) tryRecords(ctx context.Context) error {
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

// keepPinging reports a connection that no longer answers.
func (l *link) keepPinging(ctx context.Context) {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := l.ping(ctx); err != nil {
			l.dead <- err
			return
		}
	}
}

func (l *link) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := l.client.Ping(ctx)
	return err
}

// close ends the connection and everything that runs on it.
func (l *link) close() {
	l.cancel()
	// Nothing can be done about a connection that does not close well.
	_ = l.client.Close()
	l.running.Wait()
}

// retire ends the event stream, and closes the link once the calls on it have
// ended, or ctx has.
func (l *link) retire(ctx context.Context) {
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

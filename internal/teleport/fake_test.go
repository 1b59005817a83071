package teleport

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gravitational/teleport/api/client/proto"
	accesslistv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accesslist/v1"
	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	"github.com/gravitational/teleport/api/types"
	"golang.org/x/crypto/ssh"
)

// fakeServer hands out fake clients. Its fields are set before it is used or
// through with.
type fakeServer struct {
	mu       sync.Mutex
	refuse   func(attempt int, id *Identity) error
	requests []*types.AccessRequestV3
	version  string
	noInit   bool
	pingErr  error
	pingHang bool
	listErr  error
	rules    []*rulesv1.AccessMonitoringRule
	rulesErr error
	// accepted are the kinds that a watch is said to be about; not said if nil.
	accepted []types.WatchKind
	// onList runs while a list is read.
	onList func(*fakeClient)
	// onCall runs while plugin data is read.
	onCall func(context.Context) error
	// accounts are the users, and onReview answers submissions.
	accounts fakeAccounts
	onReview func(context.Context, types.AccessReviewSubmission) (*types.AccessRequestV3, error)
	features *proto.Features
	// onTry runs instead when it is tried whether that is allowed.
	onTry func(context.Context) error

	attempts []time.Time
	clients  []*fakeClient
}

func (f *fakeServer) with(change func(*fakeServer)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// client returns the client made n-th, from 0.
func (f *fakeServer) client(t *testing.T, n int) *fakeClient {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if n >= len(f.clients) {
		t.Fatalf("%d clients were made, want more than %d", len(f.clients), n)
	}
	return f.clients[n]
}

func (f *fakeServer) clientCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.clients)
}

func (f *fakeServer) connect(ctx context.Context, _ string, id *Identity) (Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempts = append(f.attempts, time.Now())
	if f.refuse != nil {
		if err := f.refuse(len(f.attempts)-1, id); err != nil {
			return nil, err
		}
	}
	c := &fakeClient{server: f, id: id}
	f.clients = append(f.clients, c)
	return c, nil
}

type fakeClient struct {
	server *fakeServer
	id     *Identity

	mu      sync.Mutex
	watcher *fakeWatcher
	lists   int
	closed  bool
}

func (c *fakeClient) Ping(ctx context.Context) (proto.PingResponse, error) {
	c.server.mu.Lock()
	hang, err, version, features := c.server.pingHang, c.server.pingErr, c.server.version, c.server.features
	c.server.mu.Unlock()
	if hang {
		<-ctx.Done()
		return proto.PingResponse{}, ctx.Err()
	}
	if version == "" {
		version = "17.2.1"
	}
	return proto.PingResponse{ClusterName: "lab", ServerVersion: version, ServerFeatures: features}, err
}

func (c *fakeClient) NewWatcher(ctx context.Context, _ types.Watch) (types.Watcher, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &fakeWatcher{ctx: ctx, cancel: cancel, events: make(chan types.Event, 10)}
	c.server.mu.Lock()
	if !c.server.noInit {
		init := types.Event{Type: types.OpInit}
		if c.server.accepted != nil {
			init.Resource = types.NewWatchStatus(c.server.accepted)
		}
		w.events <- init
	}
	c.server.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watcher = w
	return w, nil
}

func (c *fakeClient) EachAccessRequest(ctx context.Context, filter types.AccessRequestFilter, do func(*types.AccessRequestV3) error) error {
	c.mu.Lock()
	if filter.ID == "" {
		c.lists++
	}
	c.mu.Unlock()
	c.server.mu.Lock()
	requests, onList, listErr := c.server.requests, c.server.onList, c.server.listErr
	c.server.mu.Unlock()
	if onList != nil && filter.ID == "" {
		onList(c)
	}
	if listErr != nil {
		return listErr
	}
	for _, r := range requests {
		if filter.ID != "" && r.GetName() != filter.ID {
			continue
		}
		if err := do(r); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (c *fakeClient) EachAccessList(context.Context, func(*accesslistv1.AccessList) error) error {
	return nil
}

func (c *fakeClient) AccessListOwners(context.Context, string) ([]*accesslistv1.AccessListOwner, error) {
	return nil, nil
}

func (c *fakeClient) EachMonitoringRule(ctx context.Context, do func(*rulesv1.AccessMonitoringRule) error) error {
	c.server.mu.Lock()
	rules, rulesErr := c.server.rules, c.server.rulesErr
	c.server.mu.Unlock()
	for _, r := range rules {
		if err := do(r); err != nil {
			return err
		}
	}
	return cmp.Or(rulesErr, ctx.Err())
}

func (c *fakeClient) User(ctx context.Context, name string) (types.User, error) {
	return c.server.accounts.user(ctx, name)
}

func (c *fakeClient) EachUser(ctx context.Context, do func(types.User) error) error {
	return c.server.accounts.each(ctx, do)
}

func (c *fakeClient) SubmitReview(ctx context.Context, sub types.AccessReviewSubmission) (*types.AccessRequestV3, error) {
	c.server.mu.Lock()
	onReview := c.server.onReview
	c.server.mu.Unlock()
	return onReview(ctx, sub)
}

func (c *fakeClient) Resources(context.Context, string, []string) ([]types.ResourceWithLabels, error) {
	return nil, nil
}

func (c *fakeClient) Logins(context.Context, string) ([]string, error) { return nil, nil }

func (c *fakeClient) GetPluginData(ctx context.Context, filter types.PluginDataFilter) ([]types.PluginData, error) {
	c.server.mu.Lock()
	onCall := c.server.onCall
	if filter.Resource == noRequest {
		onCall = c.server.onTry
	}
	c.server.mu.Unlock()
	if onCall != nil {
		if err := onCall(ctx); err != nil {
			return nil, err
		}
	}
	if c.isClosed() {
		return nil, errors.New("client is closed")
	}
	return nil, nil
}

func (c *fakeClient) UpdatePluginData(context.Context, types.PluginDataUpdateParams) error {
	return nil
}

func (c *fakeClient) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	return nil
}

func (c *fakeClient) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func (c *fakeClient) listCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lists
}

// send delivers events on the client's stream.
func (c *fakeClient) send(events ...types.Event) {
	c.mu.Lock()
	w := c.watcher
	c.mu.Unlock()
	for _, event := range events {
		w.events <- event
	}
}

// end ends the client's stream.
func (c *fakeClient) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watcher.cancel(err)
}

type fakeWatcher struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	events chan types.Event
}

func (w *fakeWatcher) Events() <-chan types.Event { return w.events }
func (w *fakeWatcher) Done() <-chan struct{}      { return w.ctx.Done() }
func (w *fakeWatcher) Error() error               { return context.Cause(w.ctx) }
func (w *fakeWatcher) Close() error               { w.cancel(context.Canceled); return nil }

func fakeIdentity(name string) *Identity {
	return &Identity{
		User:        name,
		Fingerprint: name,
		NotBefore:   time.Now().Add(-time.Hour),
		NotAfter:    time.Now().Add(24 * time.Hour),
		ssh:         &ssh.ClientConfig{},
	}
}

func fakeRequest(id string, state types.RequestState) *types.AccessRequestV3 {
	return &types.AccessRequestV3{
		Kind:     types.KindAccessRequest,
		Metadata: types.Metadata{Name: id},
		Spec:     types.AccessRequestSpecV3{User: "alice", Roles: []string{"editor"}, State: state},
	}
}

func putEvent(id string, state types.RequestState) types.Event {
	return types.Event{Type: types.OpPut, Resource: fakeRequest(id, state)}
}

func deleteEvent(id string) types.Event {
	return types.Event{Type: types.OpDelete, Resource: &types.ResourceHeader{
		Kind: types.KindAccessRequest, Metadata: types.Metadata{Name: id},
	}}
}

// recorder is a Subscriber that remembers.
type recorder struct {
	mu       sync.Mutex
	synced   int
	statuses int
	changed  []string
	// news is signalled after each call.
	news chan struct{}
}

func newRecorder() *recorder {
	return &recorder{news: make(chan struct{}, 1)}
}

func (r *recorder) Synced()           { r.record(func() { r.synced++ }) }
func (r *recorder) Changed(id string) { r.record(func() { r.changed = append(r.changed, id) }) }
func (r *recorder) statusChanged()    { r.record(func() { r.statuses++ }) }

func (r *recorder) record(change func()) {
	r.mu.Lock()
	change()
	r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// takeChanged returns the ids that changed since it was called last.
func (r *recorder) takeChanged() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.changed
	r.changed = nil
	return out
}

func (r *recorder) syncs() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.synced
}

func (r *recorder) statusCount() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statuses
}

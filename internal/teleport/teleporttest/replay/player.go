package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
)

// recordedPlugin is under whose name the recording keeps plugin data.
const recordedPlugin = "accessnotifier/teleport/prod"

// requester is who asks for access in the recording.
const requester = "myuser"

// eventTimeout is how long an event may take, that of a request that expires included.
const eventTimeout = 30 * time.Second

// Player plays steps on a server. It sees only the requests that it made.
type Player struct {
	clients
	// short is how long a request may stay pending that is meant to expire.
	short   time.Duration
	watcher types.Watcher
	made    map[string]bool
	// first is the request that most steps are about, second the one to delete,
	// last that of the latest step "create".
	first, second, last string
}

type clients struct {
	admin, plugin *client.Client
	// pluginRole is a role of the plugin, adminName the name of the admin.
	pluginRole string
	adminName  string
}

// Close ends the watch and the connections.
func (p *Player) Close() error {
	var errs []error
	if p.watcher != nil {
		errs = append(errs, p.watcher.Close())
	}
	return errors.Join(append(errs, p.admin.Close(), p.plugin.Close())...)
}

// Play does what a step did, and returns what came of it. Its own error is that of
// a step that it cannot play.
func (p *Player) Play(ctx context.Context, s Step) (Step, error) {
	if name, ok := strings.CutPrefix(s.Step, "plugin data "); ok {
		return p.playPluginData(ctx, s, name)
	}
	switch s.Step {
	case "EVENT", "EVENT of the deletion":
		return p.playEvent(ctx, s)
	case "create", "create short-lived":
		return p.playCreate(ctx, s)
	case "list all":
		return p.playCount(ctx, s, types.AccessRequestFilter{})
	case "get by id":
		return p.playCount(ctx, s, types.AccessRequestFilter{ID: p.first})
	case "get":
		return p.playGet(ctx, s)
	case "watch":
		return Step{Step: s.Step}, p.watch(ctx)
	}
	if strings.HasPrefix(s.Step, "ping") {
		return p.playPing(ctx, s)
	}
	if strings.HasPrefix(s.Step, "connect ") || s.Step == "end" {
		return Step{Step: s.Step}, nil
	}
	return p.call(ctx, s)
}

// call does what a step with nothing but an error to compare did.
func (p *Player) call(ctx context.Context, s Step) (Step, error) {
	var err error
	switch s.Step {
	case "list page of 2":
		_, err = p.plugin.ListAccessRequests(ctx, &proto.ListAccessRequestsRequest{Limit: 2})
	case "approve":
		err = p.resolve(ctx, p.first, types.RequestState_APPROVED)
	case "deny":
		err = p.resolve(ctx, p.last, types.RequestState_DENIED)
	case "approve what is denied":
		err = p.resolve(ctx, p.last, types.RequestState_APPROVED)
	case "delete":
		err = p.admin.DeleteAccessRequest(ctx, p.second)
	case "delete what is gone":
		err = p.admin.DeleteAccessRequest(ctx, p.last)
	case "plugin submits review":
		_, err = p.plugin.SubmitAccessReview(ctx, review(p.first, "x"))
	case "admin submits review":
		_, err = p.admin.SubmitAccessReview(ctx, review(p.last, p.adminName))
	case "list access monitoring rules":
		_, _, err = p.plugin.AccessMonitoringRulesClient().ListAccessMonitoringRules(ctx, 10, "")
	case "get role":
		_, err = p.plugin.GetRole(ctx, p.pluginRole)
	case "get user":
		_, err = p.plugin.GetUser(ctx, requester, false)
	case "access lists":
		_, err = p.plugin.AccessListClient().GetAccessLists(ctx)
	default:
		return Step{}, fmt.Errorf("the recording has a step %q that the replay does not know", s.Step)
	}
	return answer(s.Step, nil, err)
}

func (p *Player) resolve(ctx context.Context, id string, state types.RequestState) error {
	return p.admin.SetAccessRequestState(ctx, types.AccessRequestUpdate{RequestID: id, State: state, Reason: "ok then"})
}

func review(id, author string) types.AccessReviewSubmission {
	return types.AccessReviewSubmission{
		RequestID: id, Review: types.AccessReview{Author: author, ProposedState: types.RequestState_APPROVED},
	}
}

// playPing tells about the cluster as far as the recording does. Which other features an
// edition has, the simulator does not say.
func (p *Player) playPing(ctx context.Context, s Step) (Step, error) {
	pong, err := p.plugin.Ping(ctx)
	if err != nil {
		return answer(s.Step, nil, err)
	}
	if s.Step == "ping via proxy" {
		return answer(s.Step, pong.ClusterName, nil)
	}
	if f := pong.ServerFeatures; f != nil {
		pong.ServerFeatures = &proto.Features{AdvancedAccessWorkflows: f.AdvancedAccessWorkflows}
	}
	raw, err := json.Marshal(pong)
	if err != nil {
		return Step{}, err
	}
	recorded, err := Value[map[string]any](s)
	if err != nil {
		return Step{}, err
	}
	var told map[string]any
	if err := json.Unmarshal(raw, &told); err != nil {
		return Step{}, err
	}
	// The newer API module prints a field that the recording's client did not.
	for key := range told {
		if _, ok := recorded[key]; !ok {
			delete(told, key)
		}
	}
	return answer(s.Step, told, nil)
}

func (p *Player) watch(ctx context.Context) (err error) {
	p.watcher, err = p.plugin.NewWatcher(ctx, types.Watch{AllowPartialSuccess: true, Kinds: []types.WatchKind{
		{Kind: types.KindAccessRequest}, {Kind: types.KindAccessMonitoringRule},
	}})
	return err
}

// playEvent waits for the next event about a request of this player; a step that says so,
// for the deletion of the last one.
func (p *Player) playEvent(ctx context.Context, s Step) (Step, error) {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	for {
		select {
		case event := <-p.watcher.Events():
			name := event.Resource.GetName()
			deletion := event.Type == types.OpDelete && name == p.last
			if event.Type != types.OpInit && !p.made[name] || s.Step != "EVENT" && !deletion {
				continue
			}
			return answer(s.Step, map[string]any{
				"goType": fmt.Sprintf("%T", event.Resource), "kind": event.Resource.GetKind(),
				"op": event.Type.String(), "resource": event.Resource,
			}, nil)
		case <-p.watcher.Done():
			return Step{}, fmt.Errorf("step %q: the watch ended: %w", s.Step, p.watcher.Error())
		case <-ctx.Done():
			return Step{}, fmt.Errorf("step %q: no event: %w", s.Step, ctx.Err())
		}
	}
}

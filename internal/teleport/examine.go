package teleport

import (
	"context"
	"errors"

	accesslistv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accesslist/v1"
	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Examination is what an identity meets in a cluster.
type Examination struct {
	// Cluster is what answered.
	Cluster accessrequest.Cluster
	// Requests is how many access requests the identity sees.
	Requests int
	// Trials are the permissions that were tried, the most important first.
	Trials []Trial
	// PluginData is what the plugin has kept whose work the notifier goes on with, by
	// request id.
	PluginData map[string]map[string]string
}

// Trial is one permission that was tried.
type Trial struct {
	// Kind and Verbs are what a role must allow, such as "access_request" and
	// "list and read".
	Kind, Verbs string
	// Optional is true for what notifiers work without.
	Optional bool
	// Err is why it does not work, nil if it does. It is ErrNotServed where the
	// cluster has nothing of the kind.
	Err error
}

// ErrNotServed means that the server is too old for what was tried.
var ErrNotServed = errors.New("this server has none")

// Needs are what only some notifiers do.
type Needs struct {
	// Traits is set for one that reads the traits of users, Users for one that looks for users
	// by their traits, and AccessLists for one that reads access lists.
	Traits, Users, AccessLists bool
	// Plugin is the plugin whose work one goes on with, empty for none.
	Plugin string
}

// Examine connects to the Auth or Proxy at address and tries what a notifier with those
// needs does there. It changes nothing. The error is that of the connection, an *Error.
func (d Dialer) Examine(ctx context.Context, address string, id *Identity, needs Needs) (Examination, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := remote{address: address, id: id}
	client, err := d.Dial(ctx, address, id)
	if err != nil {
		return Examination{}, classify(err, p)
	}
	defer func() { _ = client.Close() }()
	c := &connection{remote: p, client: client, cancel: cancel}
	if _, err := protect(func() (any, error) { return nil, c.readCluster(ctx) }); err != nil {
		return Examination{}, classify(err, p)
	}
	found := Examination{Cluster: c.cluster}
	try := func(kind, verbs string, optional bool, do func(context.Context) error) {
		_, err := protect(func() (any, error) { return nil, do(ctx) })
		found.Trials = append(found.Trials, Trial{Kind: kind, Verbs: verbs, Optional: optional, Err: trialError(err, p)})
	}
	const requests, records, rules = types.KindAccessRequest, types.KindAccessPluginData, types.KindAccessMonitoringRule
	try(requests, neededVerbs[requests], false, func(ctx context.Context) error { return c.tryRequests(ctx, &found.Requests) })
	try(records, types.VerbRead, false, func(ctx context.Context) (err error) {
		if err := c.tryRecords(ctx); err != nil || needs.Plugin == "" {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, bulkTimeout)
		defer cancel()
		found.PluginData, err = readPluginData(ctx, client, types.PluginDataFilter{Kind: requests, Plugin: needs.Plugin})
		if isTooLarge(err) {
			return nil // a notifier reads it one by one
		}
		return err
	})
	try(records, types.VerbUpdate, false, c.tryUpdate)
	try(rules, neededVerbs[rules], true, c.tryRules)
	if needs.Traits || needs.Users {
		try(types.KindUser, types.VerbRead, true, c.tryTraits)
	}
	if needs.Users {
		try(types.KindUser, types.VerbList, true, c.tryUsers)
	}
	if needs.AccessLists {
		try(types.KindAccessList, neededVerbs[types.KindAccessList], true, c.tryAccessLists)
	}
	for _, kind := range titled {
		try(kind, neededVerbs[kind], true, func(ctx context.Context) error { return c.tryResources(ctx, kind) })
	}
	try(types.KindRole, types.VerbRead, true, c.tryRole)
	return found, nil
}

// trialError returns ErrNotServed for what the server does not know.
func trialError(err error, p remote) error {
	switch {
	case err == nil:
		return nil
	case codeOf(err) == codes.Unimplemented:
		return ErrNotServed
	default:
		return classify(err, p)
	}
}

// tryRequests watches and lists. A role without access shows in the watch: its list
// is empty without an error.
func (l *connection) tryRequests(ctx context.Context, count *int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watching := connection{remote: l.remote, client: l.client, cancel: cancel}
	if err := watching.watch(ctx); err != nil {
		return err
	}
	found, err := readList(ctx, l.client)
	if err != nil {
		return err
	}
	*count = len(found.requests)
	return nil
}

// tryUpdate changes the records of a request that does not exist, so that nothing is
// changed.
func (l *connection) tryUpdate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := l.client.UpdatePluginData(ctx, types.PluginDataUpdateParams{
		Kind: types.KindAccessRequest, Resource: noRequest, Plugin: noRequest,
		Set: map[string]string{recordKey: noRequest}, Expect: map[string]string{recordKey: noRequest},
	})
	switch codeOf(err) {
	case codes.NotFound, codes.FailedPrecondition:
		return nil
	default:
		return err
	}
}

// tryRules reads a page of Access Monitoring Rules.
func (l *connection) tryRules(ctx context.Context) error {
	api, ok := l.client.(*apiClient)
	if !ok {
		return ErrNotServed
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := rulesv1.NewAccessMonitoringRulesServiceClient(api.GetConnection()).
		ListAccessMonitoringRules(ctx, &rulesv1.ListAccessMonitoringRulesRequest{PageSize: 1})
	return err
}

// tryTraits reads a user that hardly exists.
func (l *connection) tryTraits(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := l.client.User(ctx, noRequest)
	if codeOf(err) == codes.NotFound {
		return nil
	}
	return err
}

// tryUsers reads a page of users.
func (l *connection) tryUsers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := l.client.EachUser(ctx, func(types.User) error { return errEnough })
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// tryAccessLists reads a page of access lists.
func (l *connection) tryAccessLists(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := l.client.EachAccessList(ctx, func(*accesslistv1.AccessList) error { return errEnough })
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

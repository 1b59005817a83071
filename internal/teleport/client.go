package teleport

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/client/proto"
	accesslistv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accesslist/v1"
	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	usersv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/users/v1"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

const (
	// maxBulkSize is the largest answer with the plugin data of all requests to
	// accept, in bytes. It comes in one message and passes the usual bound.
	maxBulkSize = 16 << 20
	// pageTimeout bounds the wait for one page of a list, or for the next request
	// of an old server, which sends them one by one.
	pageTimeout = 2 * time.Minute
	// pageSize is how many requests to ask for at once, before answers are found
	// to be too large or too slow for that.
	pageSize = 256
)

// Client is the part of the Teleport client that a session uses.
type Client interface {
	Ping(ctx context.Context) (proto.PingResponse, error)
	NewWatcher(ctx context.Context, watch types.Watch) (types.Watcher, error)
	// EachAccessRequest calls do with every request that matches filter, until do
	// returns an error, which it returns. A page without requests makes it call do
	// with nil, so that do can bound those as well.
	EachAccessRequest(ctx context.Context, filter types.AccessRequestFilter, do func(*types.AccessRequestV3) error) error
	// EachMonitoringRule calls do with every Access Monitoring Rule, until do returns an
	// error, which it returns.
	EachMonitoringRule(ctx context.Context, do func(*rulesv1.AccessMonitoringRule) error) error
	// EachAccessList calls do with every access list, until do returns an error, which it
	// returns.
	EachAccessList(ctx context.Context, do func(*accesslistv1.AccessList) error) error
	// AccessListOwners returns the owners of an access list, with those of the lists that own
	// it.
	AccessListOwners(ctx context.Context, name string) ([]*accesslistv1.AccessListOwner, error)
	// User returns a user by name.
	User(ctx context.Context, name string) (types.User, error)
	// EachUser calls do with every user, until do returns an error, which it returns.
	EachUser(ctx context.Context, do func(types.User) error) error
	// SubmitReview submits a review, and returns the request with it.
	SubmitReview(ctx context.Context, submission types.AccessReviewSubmission) (*types.AccessRequestV3, error)
	// Resources returns the resources of a kind with any of the names, some of them more
	// than once.
	Resources(ctx context.Context, kind string, names []string) ([]types.ResourceWithLabels, error)
	// Logins returns the logins that a role allows.
	Logins(ctx context.Context, role string) ([]string, error)
	GetPluginData(ctx context.Context, filter types.PluginDataFilter) ([]types.PluginData, error)
	UpdatePluginData(ctx context.Context, params types.PluginDataUpdateParams) error
	Close() error
}

// apiClient is the API module's client, with bounds on what a server can make it
// hold.
type apiClient struct {
	*client.Client
	auth        proto.AuthServiceClient
	accessLists accesslistv1.AccessListServiceClient
	users       usersv1.UsersServiceClient
}

func newAPIClient(c *client.Client) *apiClient {
	connection := c.GetConnection()
	return &apiClient{
		Client:      c,
		auth:        proto.NewAuthServiceClient(connection),
		accessLists: accesslistv1.NewAccessListServiceClient(connection),
		users:       usersv1.NewUsersServiceClient(connection),
	}
}

// EachAccessRequest implements Client.
func (c *apiClient) EachAccessRequest(ctx context.Context, filter types.AccessRequestFilter, do func(*types.AccessRequestV3) error) error {
	request := &proto.ListAccessRequestsRequest{Filter: &filter, Limit: pageSize}
	for {
		page, err := c.page(ctx, request)
		if codeOf(err) == codes.Unimplemented && request.StartKey == "" {
			return c.eachOfOldServer(ctx, filter, do)
		}
		if isTooMuch(err) && ctx.Err() == nil && request.Limit > 1 {
			request.Limit = max(request.Limit/4, 1)
			continue
		}
		if err != nil {
			return err
		}
		if len(page.AccessRequests) == 0 {
			if err := do(nil); err != nil {
				return err
			}
		}
		for _, r := range page.AccessRequests {
			if err := do(r); err != nil {
				return err
			}
		}
		if page.NextKey == "" {
			return nil
		}
		if page.NextKey == request.StartKey {
			return trace.BadParameter("the list does not get on")
		}
		request.StartKey = page.NextKey
	}
}

func (c *apiClient) page(ctx context.Context, request *proto.ListAccessRequestsRequest) (*proto.ListAccessRequestsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	return c.auth.ListAccessRequests(ctx, request)
}

// isTooMuch reports whether a smaller page may come through.
func isTooMuch(err error) bool {
	return isTooLarge(err) || codeOf(err) == codes.DeadlineExceeded
}

// isTooLarge reports whether an answer passes what is accepted.
func isTooLarge(err error) bool {
	return codeOf(err) == codes.ResourceExhausted && strings.Contains(err.Error(), "larger than max")
}

// eachOfOldServer is for servers that cannot page: they stream.
func (c *apiClient) eachOfOldServer(ctx context.Context, filter types.AccessRequestFilter, do func(*types.AccessRequestV3) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(pageTimeout, func() { cancel(context.DeadlineExceeded) })
	defer idle.Stop()
	stream, err := c.auth.GetAccessRequestsV2(ctx, &filter)
	if err != nil {
		return err
	}
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		idle.Reset(pageTimeout)
		if err := do(r); err != nil {
			return err
		}
	}
}

// EachMonitoringRule implements Client. Pages without rules count as one, so that a list
// without an end has one.
func (c *apiClient) EachMonitoringRule(ctx context.Context, do func(*rulesv1.AccessMonitoringRule) error) error {
	rules, size, token := c.AccessMonitoringRulesClient(), pageSize, ""
	for {
		page, next, err := rules.ListAccessMonitoringRules(ctx, size, token)
		if isTooMuch(err) && ctx.Err() == nil && size > 1 {
			size = max(size/4, 1)
			continue
		}
		if err != nil {
			return err
		}
		if len(page) == 0 {
			page = []*rulesv1.AccessMonitoringRule{nil}
		}
		for _, rule := range page {
			if err := do(rule); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		if next == token {
			return trace.BadParameter("the list does not get on")
		}
		token = next
	}
}

// GetPluginData implements Client. Only what is asked for without naming a
// request may be large.
func (c *apiClient) GetPluginData(ctx context.Context, filter types.PluginDataFilter) ([]types.PluginData, error) {
	limit := maxMessageSize
	if filter.Resource == "" {
		limit = maxBulkSize
	}
	found, err := c.auth.GetPluginData(ctx, &filter, grpc.MaxCallRecvMsgSize(limit))
	if err != nil {
		return nil, err
	}
	out := make([]types.PluginData, 0, len(found.PluginData))
	for _, data := range found.PluginData {
		if data != nil {
			out = append(out, data)
		}
	}
	return out, nil
}

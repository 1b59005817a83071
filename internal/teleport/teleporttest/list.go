package teleporttest

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/defaults"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// sortableTime orders as text the way its times do.
const sortableTime = "2006-01-02T15:04:05.000000000Z"

// ListAccessRequests returns one page of requests. Servers before version 16
// do not know it, as recorded (requests-and-plugin-data.jsonl, step "list page of
// 2"). The sort orders are those of the API module's protocol definition.
func (a *authService) ListAccessRequests(ctx context.Context, req *proto.ListAccessRequestsRequest) (*proto.ListAccessRequestsResponse, error) {
	if !a.s.opts.modern() {
		return nil, status.Error(codes.Unimplemented, "unknown method ListAccessRequests for service proto.AuthService")
	}
	key, err := sortKey(req.Sort)
	if err != nil {
		return nil, err
	}
	if err := a.s.awaitList(ctx); err != nil {
		return nil, err
	}
	var filter types.AccessRequestFilter
	if req.Filter != nil {
		filter = *req.Filter
	}
	if endless := a.s.endlessPage(pageLimit(req)); endless != nil && filter.ID == "" {
		return &proto.ListAccessRequestsResponse{AccessRequests: endless, NextKey: endless[0].GetName()}, nil
	}
	page, next := paginate(a.s.visible(callerFrom(ctx), filter), key, req)
	return &proto.ListAccessRequestsResponse{AccessRequests: page, NextKey: next}, nil
}

// GetAccessRequestsV2 streams all requests. Clients fall back to it when the
// server does not know ListAccessRequests.
func (a *authService) GetAccessRequestsV2(filter *types.AccessRequestFilter, stream proto.AuthService_GetAccessRequestsV2Server) error {
	if err := a.s.awaitList(stream.Context()); err != nil {
		return err
	}
	for filter.ID == "" {
		endless := a.s.endlessPage(1)
		if endless == nil {
			break
		}
		if err := stream.Send(endless[0]); err != nil {
			return err
		}
	}
	requests := a.s.visible(callerFrom(stream.Context()), *filter)
	slices.SortFunc(requests, func(x, y *types.AccessRequestV3) int {
		return strings.Compare(x.GetName(), y.GetName())
	})
	for _, req := range requests {
		if err := stream.Send(req); err != nil {
			return err
		}
	}
	return nil
}

// visible returns the requests that match filter and that the caller may see.
// Who may not list requests sees the own ones, without an error: so a plugin
// without the permission gets an empty list.
func (s *Server) visible(c caller, filter types.AccessRequestFilter) []*types.AccessRequestV3 {
	filter.Requester = c.user
	all := s.can(c, types.VerbList, types.KindAccessRequest) && s.can(c, types.VerbRead, types.KindAccessRequest)
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*types.AccessRequestV3
	for _, req := range s.candidates(filter.ID) {
		if (all || req.Spec.User == c.user) && !s.expired(req.Metadata) && filter.Match(req) {
			out = append(out, req)
		}
	}
	return out
}

// candidates returns the request called id, or all requests if id is empty.
// The caller holds s.mu.
func (s *Server) candidates(id string) map[string]*types.AccessRequestV3 {
	if id == "" {
		return s.listed()
	}
	req, ok := s.requests[id]
	if !ok {
		return nil
	}
	return map[string]*types.AccessRequestV3{id: req}
}

// sortKey returns the text by which requests are ordered, and by which a
// client resumes a list. It is unique per request.
func sortKey(sort proto.AccessRequestSort) (func(*types.AccessRequestV3) string, error) {
	switch sort {
	case proto.AccessRequestSort_DEFAULT:
		return (*types.AccessRequestV3).GetName, nil
	case proto.AccessRequestSort_CREATED:
		return func(r *types.AccessRequestV3) string {
			return r.Spec.Created.Format(sortableTime) + "/" + r.GetName()
		}, nil
	case proto.AccessRequestSort_STATE:
		return func(r *types.AccessRequestV3) string { return r.Spec.State.String() + "/" + r.GetName() }, nil
	case proto.AccessRequestSort_USER:
		return func(r *types.AccessRequestV3) string { return r.Spec.User + "/" + r.GetName() }, nil
	default:
		return nil, trace.BadParameter("unsupported access request sort order %v", sort)
	}
}

// pageLimit returns the size of the page that req asks for.
func pageLimit(req *proto.ListAccessRequestsRequest) int {
	if req.Limit <= 0 || int(req.Limit) > defaults.DefaultChunkSize {
		return defaults.DefaultChunkSize
	}
	return int(req.Limit)
}

// paginate returns the page that req asks for and the key of the next one.
func paginate(requests []*types.AccessRequestV3, key func(*types.AccessRequestV3) string, req *proto.ListAccessRequestsRequest) ([]*types.AccessRequestV3, string) {
	type keyed struct {
		key string
		req *types.AccessRequestV3
	}
	sign := 1
	if req.Descending {
		sign = -1
	}
	rest := make([]keyed, 0, len(requests))
	for _, r := range requests {
		k := keyed{key(r), r}
		if req.StartKey == "" || sign*cmp.Compare(k.key, req.StartKey) >= 0 {
			rest = append(rest, k)
		}
	}
	slices.SortFunc(rest, func(x, y keyed) int { return sign * cmp.Compare(x.key, y.key) })

	limit := pageLimit(req)
	next := ""
	if len(rest) > limit {
		next, rest = rest[limit].key, rest[:limit]
	}
	page := make([]*types.AccessRequestV3, len(rest))
	for i, k := range rest {
		page[i] = k.req
	}
	return page, next
}

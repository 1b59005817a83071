package teleporttest

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/teleport/api/utils"
	"github.com/gravitational/trace"
	"google.golang.org/protobuf/types/known/emptypb"
)

// maxReason is the longest request reason in bytes, as recorded
// (requests-and-plugin-data.jsonl, step "create").
const maxReason = 4096

// CreateAccessRequestV2 stores a new pending request and returns it with the
// id that the server made.
func (a *authService) CreateAccessRequestV2(ctx context.Context, req *types.AccessRequestV3) (*types.AccessRequestV3, error) {
	c := callerFrom(ctx)
	if req.Spec.User != c.user {
		if err := a.s.authorize(c, types.VerbCreate, types.KindAccessRequest); err != nil {
			return nil, err
		}
	}
	// Annotations come from the requester's roles, never from the requester.
	req.Spec.SystemAnnotations = nil
	return a.s.createRequest(req)
}

// SetAccessRequestState resolves a request without reviews.
func (a *authService) SetAccessRequestState(ctx context.Context, req *proto.RequestStateSetter) (*emptypb.Empty, error) {
	if err := a.s.authorize(callerFrom(ctx), types.VerbUpdate, types.KindAccessRequest); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, a.s.setState(types.AccessRequestUpdate{
		RequestID:       req.ID,
		State:           req.State,
		Reason:          req.Reason,
		Annotations:     req.Annotations,
		Roles:           req.Roles,
		AssumeStartTime: req.AssumeStartTime,
	})
}

// DeleteAccessRequest removes a request.
func (a *authService) DeleteAccessRequest(ctx context.Context, req *proto.RequestID) (*emptypb.Empty, error) {
	if err := a.s.authorize(callerFrom(ctx), types.VerbDelete, types.KindAccessRequest); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, a.s.removeRequest(req.ID)
}

// createRequest completes a request as the server does and stores it unless it
// is a dry run. It takes over the message.
func (s *Server) createRequest(req *types.AccessRequestV3) (*types.AccessRequestV3, error) {
	req.Metadata = types.Metadata{Name: uuid.NewString(), Labels: req.Metadata.Labels}
	if err := req.CheckAndSetDefaults(); err != nil {
		return nil, err
	}
	if !req.Spec.State.IsPending() {
		return nil, trace.BadParameter("cannot create an access request in state %v", req.Spec.State)
	}
	if len(req.Spec.RequestReason) > maxReason {
		return nil, trace.BadParameter("access request reason is too long, max %d bytes", maxReason)
	}
	if len(req.Spec.Roles) == 0 {
		req.Spec.Roles = slices.Clone(s.opts.SearchAsRoles)
	}
	req.Spec.Reviews = nil
	req.Spec.AccessList = nil
	if err := s.setTimes(req); err != nil {
		return nil, err
	}
	s.setThresholds(req)
	if req.Spec.DryRun {
		return req, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// The measured answer has no revision, only what is stored has.
	s.putRequest(utils.CloneProtoMsg(req))
	return req, nil
}

// setTimes fills in when the request and its access end. The client may ask
// for less than the defaults; without a wish all access times are the same.
func (s *Server) setTimes(req *types.AccessRequestV3) error {
	now := s.opts.Now().UTC()
	spec := &req.Spec
	spec.Created = now

	pending := now.Add(s.opts.PendingTTL)
	if spec.ResourceExpiry != nil && spec.ResourceExpiry.Before(pending) {
		pending = spec.ResourceExpiry.UTC()
	}
	spec.ResourceExpiry = nil
	req.Metadata.Expires = &pending

	access := now.Add(s.opts.AccessTTL)
	if !spec.MaxDuration.IsZero() {
		access = spec.MaxDuration.UTC()
	}
	if !spec.Expires.IsZero() && spec.Expires.Before(access) {
		access = spec.Expires.UTC()
	}
	if !pending.After(now) || !access.After(now) {
		return trace.BadParameter("access request expires in the past")
	}
	spec.Expires, spec.MaxDuration = access, access
	if spec.SessionTTL.IsZero() || spec.SessionTTL.After(access) {
		spec.SessionTTL = access
	}
	return nil
}

// setState resolves a request. Which changes it refuses is in the API module
// (AccessRequestUpdate.Check and AccessRequestV3.SetState): a denied request
// stays denied, an approved one may be denied. That roles must be a subset of
// those asked for is from the documentation of "tctl request approve --roles".
func (s *Server) setState(u types.AccessRequestUpdate) error {
	if err := u.Check(); err != nil {
		return err
	}
	return s.changeRequest(u.RequestID, func(req *types.AccessRequestV3) error {
		for _, role := range u.Roles {
			if !slices.Contains(req.GetOriginalRoles(), role) {
				return trace.BadParameter("role %q is not part of the access request", role)
			}
		}
		if err := req.SetState(u.State); err != nil {
			return err
		}
		if len(u.Roles) > 0 {
			req.Spec.Roles = u.Roles
		}
		req.Spec.ResolveReason = u.Reason
		req.Spec.ResolveAnnotations = u.Annotations
		if u.AssumeStartTime != nil {
			req.Spec.AssumeStartTime = u.AssumeStartTime
		}
		return nil
	})
}

// changeRequest replaces a request by what change makes of a copy. A request
// that becomes approved lives as long as its access.
func (s *Server) changeRequest(id string, change func(*types.AccessRequestV3) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	req, err := s.request(id)
	if err != nil {
		return err
	}
	changed := utils.CloneProtoMsg(req)
	if err := change(changed); err != nil {
		return err
	}
	if changed.Spec.State.IsApproved() {
		expires := changed.Spec.Expires
		changed.Metadata.Expires = &expires
	}
	s.putRequest(changed)
	return nil
}

// request returns a stored request, or the error that was recorded
// (requests-and-plugin-data.jsonl, step "plugin data of unknown request"). The
// caller holds s.mu.
func (s *Server) request(id string) (*types.AccessRequestV3, error) {
	req, ok := s.requests[id]
	if !ok || s.expired(req.Metadata) {
		return nil, trace.NotFound("no access request matching %q", id)
	}
	return req, nil
}

// putRequest stores a request, which it takes over, and tells the watches. The
// caller holds s.mu.
func (s *Server) putRequest(req *types.AccessRequestV3) {
	req.Metadata.Revision = uuid.NewString()
	s.requests[req.Metadata.Name] = req
	s.expireBy(*req.Metadata.Expires)
	s.publish(types.OpPut, req)
}

func (s *Server) removeRequest(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.request(id); err != nil {
		return err
	}
	s.dropRequest(id)
	return nil
}

// dropRequest removes a request and tells the watches; its plugin data stays.
// The caller holds s.mu.
func (s *Server) dropRequest(id string) {
	delete(s.requests, id)
	s.publishDelete(types.KindAccessRequest, types.V3, id)
}

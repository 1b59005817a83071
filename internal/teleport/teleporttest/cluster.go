package teleporttest

import (
	"context"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
)

// Ping tells about the cluster. An open-source server of version 15.1.9 was
// recorded to name no features (requests-and-plugin-data.jsonl, step "ping");
// newer ones name them, without the advanced workflows.
func (a *authService) Ping(ctx context.Context, _ *proto.PingRequest) (*proto.PingResponse, error) {
	o := a.s.opts
	out := &proto.PingResponse{
		ClusterName:     o.ClusterName,
		ServerVersion:   o.Version,
		ProxyPublicAddr: o.ProxyPublicAddr,
		RemoteAddr:      callerFrom(ctx).remote,
	}
	if !o.OpenSource || o.modern() {
		out.ServerFeatures = &proto.Features{AdvancedAccessWorkflows: o.AdvancedAccessWorkflows && !o.OpenSource}
	}
	return out, nil
}

// GetRole returns a role by name, with its logins and without its rules. The roles are those
// that the options name, and SetLogins.
func (a *authService) GetRole(ctx context.Context, req *proto.GetRoleRequest) (*types.RoleV6, error) {
	if err := a.s.authorize(callerFrom(ctx), types.VerbRead, types.KindRole); err != nil {
		return nil, err
	}
	if !a.s.hasRole(req.Name) {
		return nil, trace.NotFound("role %v is not found", req.Name)
	}
	role := &types.RoleV6{Version: types.V7, Metadata: types.Metadata{Name: req.Name}}
	a.s.mu.Lock()
	role.Spec.Allow.Logins = a.s.logins[req.Name]
	a.s.mu.Unlock()
	return role, role.CheckAndSetDefaults()
}

func (s *Server) hasRole(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, granted := s.permissions[name]
	_, requestable := s.opts.Thresholds[name]
	_, known := s.logins[name]
	return granted || requestable || known
}

package teleporttest

import (
	"maps"
	"slices"

	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
)

// verbReview stands for the role option review_requests, which is what allows
// a Teleport user to review.
const verbReview = "review"

// Permissions maps Teleport resource kinds, such as "access_request", to the
// verbs that a role allows, such as "list". The verb "review" on
// access_request stands for the role option review_requests.
type Permissions map[string][]string

// PluginPermissions are those of Teleport's preset role access-plugin, with
// the optional rights to read roles, resources and Access Monitoring Rules.
func PluginPermissions() Permissions {
	return preview().with(Permissions{
		types.KindAccessRequest:        {types.VerbList, types.VerbRead},
		types.KindAccessPluginData:     {types.VerbUpdate},
		types.KindAccessMonitoringRule: {types.VerbList, types.VerbRead},
		types.KindRole:                 {types.VerbRead},
	})
}

// preview are the rights on resources of a role that others are previewed as.
func preview() Permissions {
	out := Permissions{}
	for _, kind := range requestableKinds {
		out[kind] = []string{types.VerbList, types.VerbRead}
	}
	return out
}

func (p Permissions) with(more Permissions) Permissions {
	maps.Copy(p, more)
	return p
}

// AdminPermissions allow everything that the simulator can do.
func AdminPermissions() Permissions {
	all := []string{types.VerbList, types.VerbCreate, types.VerbRead, types.VerbUpdate, types.VerbDelete}
	return preview().with(Permissions{
		types.KindAccessRequest:        append(slices.Clone(all), verbReview),
		types.KindAccessPluginData:     all,
		types.KindAccessMonitoringRule: all,
		types.KindAccessList:           all,
		types.KindRole:                 all,
		types.KindUser:                 all,
	})
}

// With returns a copy of p in which kind allows exactly verbs. No verbs takes
// the kind away.
func (p Permissions) With(kind string, verbs ...string) Permissions {
	out := maps.Clone(p)
	if out == nil {
		out = Permissions{}
	}
	if len(verbs) == 0 {
		delete(out, kind)
		return out
	}
	out[kind] = verbs
	return out
}

// SetPermissions changes what a role allows from now on. Watches that are open
// stay open, as on a real server.
func (s *Server) SetPermissions(role string, permissions Permissions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions[role] = permissions
}

// can reports whether one of the caller's roles allows verb on kind.
func (s *Server) can(c caller, verb, kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(c.roles, func(role string) bool {
		return slices.Contains(s.permissions[role][kind], verb)
	})
}

// authorize returns Teleport's AccessDenied unless the caller may do verb. The
// text was recorded (connections-permissions-limits.jsonl, steps "get plugin data"
// and "update plugin data").
func (s *Server) authorize(c caller, verb, kind string) error {
	if s.can(c, verb, kind) {
		return nil
	}
	return trace.AccessDenied("access denied to perform action %q on %q", verb, kind)
}

// ListPermissions are PluginPermissions with the optional right to read access lists.
func ListPermissions() Permissions {
	return PluginPermissions().With(types.KindAccessList, types.VerbList, types.VerbRead)
}

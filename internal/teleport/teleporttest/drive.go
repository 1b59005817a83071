package teleporttest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/teleport/api/utils"
	"github.com/gravitational/trace"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// RequestSpec is what a person asks for.
type RequestSpec struct {
	// User is who asks; "alice" by default.
	User string
	// Roles are the roles asked for; "editor" by default, unless Resources are
	// named.
	Roles []string
	// Resources are the resources asked for. Those with a constraint are sent in
	// the field of newer servers.
	Resources []accessrequest.Resource
	// Kind is sent in the field KindField of newer servers, by default in 24.
	Kind      accessrequest.Kind
	KindField int
	// Raw are fields on the wire that the API module does not know.
	Raw                []byte
	Reason             string
	SuggestedReviewers []string
	// Annotations are those that the roles of the requester give the request.
	Annotations map[string][]string
	// PendingTTL is how long the request may stay pending, at most and by
	// default the server's.
	PendingTTL time.Duration
	// MaxDuration is how long access lasts; by default the server's AccessTTL.
	MaxDuration time.Duration
	// SessionTTL is how long a session lasts; by default as long as access.
	SessionTTL time.Duration
	// DryRun asks for validation only: nothing is stored.
	DryRun bool
}

// CreateRequest makes an access request and returns its id. It fails where
// Teleport does, such as for a reason of more than 4,096 bytes.
func (s *Server) CreateRequest(spec RequestSpec) (string, error) {
	req, err := s.createRequest(spec.message(s.opts.Now()))
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newer[req.GetName()] = spec.newer()
	return req.GetName(), nil
}

func (r RequestSpec) message(now time.Time) *types.AccessRequestV3 {
	if r.User == "" {
		r.User = "alice"
	}
	if len(r.Roles) == 0 && len(r.Resources) == 0 {
		r.Roles = []string{"editor"}
	}
	at := func(d time.Duration) (t time.Time) {
		if d != 0 {
			t = now.Add(d).UTC()
		}
		return t
	}
	req := &types.AccessRequestV3{Spec: types.AccessRequestSpecV3{
		User:               r.User,
		Roles:              slices.Clone(r.Roles),
		RequestReason:      r.Reason,
		SuggestedReviewers: slices.Clone(r.SuggestedReviewers),
		SystemAnnotations:  maps.Clone(r.Annotations),
		MaxDuration:        at(r.MaxDuration),
		SessionTTL:         at(r.SessionTTL),
		DryRun:             r.DryRun,
		XXX_unrecognized:   r.raw(),
	}}
	for _, res := range r.Resources {
		if res.Constraint != nil {
			continue
		}
		req.Spec.RequestedResourceIDs = append(req.Spec.RequestedResourceIDs, types.ResourceID{
			ClusterName: res.Cluster, Kind: res.Kind, Name: res.Name, SubResourceName: res.SubResource,
		})
	}
	if expiry := at(r.PendingTTL); !expiry.IsZero() {
		req.Spec.ResourceExpiry = &expiry
	}
	return req
}

// Review submits the review of author, who proposes Approved or Denied. It
// fails where Teleport does: for a second review of one author, for a request
// that is not pending, and on an open-source server.
func (s *Server) Review(id, author string, state accessrequest.State, reason string) error {
	proposed, err := parseState(state)
	if err != nil {
		return err
	}
	_, err = s.review(id, types.AccessReview{Author: author, ProposedState: proposed, Reason: reason})
	return err
}

// Promote submits the review of author, who proposes to make the requester a
// member of the access list with this title instead.
func (s *Server) Promote(id, author, listTitle, reason string) error {
	_, err := s.review(id, types.AccessReview{
		Author:        author,
		ProposedState: types.RequestState_PROMOTED,
		Reason:        reason,
		AccessList:    &types.PromotedAccessList{Name: strings.ToLower(strings.ReplaceAll(listTitle, " ", "-")), Title: listTitle},
	})
	return err
}

// Resolve sets a request's state without reviews, as "tctl request approve"
// does.
func (s *Server) Resolve(id string, state accessrequest.State, reason string) error {
	to, err := parseState(state)
	if err != nil {
		return err
	}
	return s.setState(types.AccessRequestUpdate{RequestID: id, State: to, Reason: reason})
}

// ChangeReason changes why a request is made. Teleport lets no user do so: it stands for whatever a
// later version might change of a request that is pending.
func (s *Server) ChangeReason(id, reason string) error {
	return s.changeRequest(id, func(r *types.AccessRequestV3) error {
		r.Spec.RequestReason = reason
		return nil
	})
}

// DeleteRequest removes a request, as "tctl request rm" does. Its plugin data
// stays.
func (s *Server) DeleteRequest(id string) error {
	return s.removeRequest(id)
}

// ExpireRequest moves a request's expiry to now, tells the watches so, and lets
// it expire: a watch that hears of a deletion alone cannot tell it from "tctl request
// rm".
func (s *Server) ExpireRequest(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	req, err := s.request(id)
	if err != nil {
		return err
	}
	expired, now := utils.CloneProtoMsg(req), s.opts.Now()
	expired.Metadata.Expires = &now
	s.putRequest(expired)
	s.dropRequest(id)
	return nil
}

// PluginData returns a copy of one plugin's data of one request; nil if there
// is none.
func (s *Server) PluginData(id, plugin string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.pluginData[id]
	if !ok || s.expired(data.Metadata) || data.Spec.Entries[plugin] == nil {
		return nil
	}
	return maps.Clone(data.Spec.Entries[plugin].Data)
}

// WritePluginData sets keys of one plugin's data of one request, with the rules
// of UpdatePluginData but without its faults; an empty value deletes a key.
func (s *Server) WritePluginData(id, plugin string, set map[string]string) error {
	return s.updatePluginData(types.PluginDataUpdateParams{
		Kind: types.KindAccessRequest, Resource: id, Plugin: plugin, Set: set,
	})
}

// CorruptPluginData stores a value as it is: no size limit, and the request
// need not exist. Data of an unknown request lives as long as that of one made
// now.
func (s *Server) CorruptPluginData(id, plugin, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := s.pluginDataOf(id)
	if trace.IsNotFound(err) {
		data, err = newPluginData(id, s.opts.Now().Add(s.opts.AccessTTL))
	}
	if err != nil {
		return err
	}
	changed := copyPluginData(data, plugin)
	entries := changed.Entries()
	if entries[plugin] == nil {
		entries[plugin] = &types.PluginDataEntry{Data: map[string]string{}}
	}
	entries[plugin].Data[key] = value
	s.putPluginData(changed)
	return nil
}

func parseState(state accessrequest.State) (types.RequestState, error) {
	var out types.RequestState
	err := out.Parse(string(state))
	return out, err
}

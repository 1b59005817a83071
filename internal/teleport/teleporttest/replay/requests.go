package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/types"
)

// recordedRequest is the value of a step "create". Long reasons are not recorded.
type recordedRequest struct {
	LenReason int             `json:"len_reason"`
	Resource  json.RawMessage `json:"resource"`
}

func (r recordedRequest) omitted() bool { return string(r.Resource) == `"omitted"` }

// wish returns what is asked for.
func (r recordedRequest) wish() (want types.AccessRequestSpecV3, err error) {
	if r.omitted() {
		reason := strings.Repeat("é", r.LenReason/2)
		return types.AccessRequestSpecV3{User: requester, Roles: []string{"editor"}, RequestReason: reason}, nil
	}
	var req types.AccessRequestV3
	if err := json.Unmarshal(r.Resource, &req); err != nil {
		return want, err
	}
	if got := len(req.Spec.RequestReason); got != r.LenReason {
		return want, fmt.Errorf("the reason has %d bytes, recorded %d", got, r.LenReason)
	}
	return req.Spec, nil
}

func (p *Player) playCreate(ctx context.Context, s Step) (Step, error) {
	recorded, err := Value[recordedRequest](s)
	if err != nil {
		return Step{}, err
	}
	want, err := recorded.wish()
	if err != nil {
		return Step{}, fmt.Errorf("step %q: %w", s.Step, err)
	}
	req, err := types.NewAccessRequest("ignored", want.User, want.Roles...)
	if err != nil {
		return Step{}, err
	}
	req.SetRequestReason(want.RequestReason)
	req.SetSuggestedReviewers(want.SuggestedReviewers)
	if s.Step == "create short-lived" {
		req.SetExpiry(time.Now().Add(p.short))
	}
	created, err := p.admin.CreateAccessRequestV2(ctx, req)
	if err != nil {
		return answer(s.Step, nil, err)
	}
	id := created.GetName()
	if id == "ignored" {
		return Step{}, fmt.Errorf("step %q: the server took the client's id", s.Step)
	}
	p.made[id], p.last = true, id
	switch {
	case want.RequestReason == "to be deleted":
		p.second = id
	case p.first == "":
		p.first = id
	}
	if recorded.omitted() {
		return answer(s.Step, nil, nil)
	}
	return answer(s.Step, map[string]any{"len_reason": len(created.GetRequestReason()), "resource": created}, nil)
}

// playCount counts the requests of this player.
func (p *Player) playCount(ctx context.Context, s Step, filter types.AccessRequestFilter) (Step, error) {
	got, err := p.plugin.GetAccessRequests(ctx, filter)
	n := 0
	for _, req := range got {
		if p.made[req.GetName()] {
			n++
		}
	}
	return answer(s.Step, n, err)
}

// playGet reads the last request.
func (p *Player) playGet(ctx context.Context, s Step) (Step, error) {
	got, err := p.plugin.GetAccessRequests(ctx, types.AccessRequestFilter{ID: p.last})
	return answer(s.Step, map[string]any{"resource": got}, err)
}

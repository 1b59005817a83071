package page

import (
	"encoding/json"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// State is everything that the page shows. GET /api/state answers it, and every
// stream of events begins with it.
type State struct {
	Workspaces []workspaceView      `json:"workspaces"`
	Roles      []Role               `json:"roles"`
	Posts      []messengertest.Post `json:"posts"`
	Requests   json.RawMessage      `json:"requests"`
	Notifier   json.RawMessage      `json:"notifier"`
}

type workspaceView struct {
	Service  string  `json:"service"`
	Title    string  `json:"title"`
	Channels []Place `json:"channels"`
	People   []Place `json:"people"`
}

type requestView struct {
	ID            string       `json:"id"`
	User          string       `json:"user"`
	Roles         []string     `json:"roles"`
	Resources     []string     `json:"resources,omitempty"`
	Reason        string       `json:"reason"`
	State         string       `json:"state"`
	ResolveReason string       `json:"resolveReason,omitempty"`
	PromotedTo    string       `json:"promotedTo,omitempty"`
	Approvals     int          `json:"approvals"`
	Needed        int          `json:"needed"`
	Created       time.Time    `json:"created"`
	Reviews       []reviewView `json:"reviews"`
}

type reviewView struct {
	Author string `json:"author"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

type notifierView struct {
	Namespace    string             `json:"namespace"`
	Name         string             `json:"name"`
	Conditions   []metav1.Condition `json:"conditions"`
	OpenRequests *int32             `json:"openRequests,omitempty"`
	Undelivered  *int32             `json:"undelivered,omitempty"`
}

func (s *Server) state() State {
	state := State{Roles: s.config.Roles, Posts: []messengertest.Post{}}
	for _, w := range s.config.Workspaces {
		state.Workspaces = append(state.Workspaces, workspaceView{
			Service: w.Chat.Name(), Title: w.Title, Channels: w.Channels, People: w.People,
		})
		state.Posts = append(state.Posts, w.Chat.Posts()...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	state.Requests, state.Notifier = s.requests, s.notifier
	return state
}

// viewRequests puts the newest first.
func viewRequests(requests []accessrequest.Request) []requestView {
	views := make([]requestView, 0, len(requests))
	for _, r := range slices.Backward(requests) {
		views = append(views, viewRequest(r))
	}
	return views
}

func viewRequest(r accessrequest.Request) requestView {
	progress, _ := r.Progress()
	view := requestView{
		ID: r.ID, User: r.User, Roles: r.Roles, Reason: r.Reason,
		State: string(r.State), ResolveReason: r.ResolveReason, PromotedTo: r.PromotedTo,
		Approvals: progress.Approvals, Needed: progress.Needed,
		Created: r.Created, Reviews: []reviewView{},
	}
	for _, resource := range r.Resources {
		view.Resources = append(view.Resources, resource.String())
	}
	for _, review := range r.Reviews {
		view.Reviews = append(view.Reviews, reviewView{
			Author: review.Author, State: string(review.State), Reason: review.Reason,
		})
	}
	return view
}

func viewNotifier(n *v1alpha1.AccessNotifier) *notifierView {
	if n == nil {
		return nil
	}
	return &notifierView{
		Namespace: n.Namespace, Name: n.Name, Conditions: n.Status.Conditions,
		OpenRequests: n.Status.OpenRequests, Undelivered: n.Status.Undelivered,
	}
}

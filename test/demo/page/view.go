package page

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// State is everything that the page shows. GET /api/state answers it, and every
// stream of events begins with it.
type State struct {
	Workspaces []workspaceView `json:"workspaces"`
	Roles      []Role          `json:"roles"`
	Pressers   []Presser       `json:"pressers"`
	Posts      []postView      `json:"posts"`
	Requests   json.RawMessage `json:"requests"`
	Notifiers  json.RawMessage `json:"notifiers"`
	Clicks     json.RawMessage `json:"clicks"`
}

type workspaceView struct {
	Service  string  `json:"service"`
	Title    string  `json:"title"`
	Channels []Place `json:"channels"`
	People   []Place `json:"people"`
	Pressers []Place `json:"pressers"`
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
	// Service is the messenger's name in lower case, as in workspaceView.
	Service      string             `json:"service"`
	Namespace    string             `json:"namespace"`
	Name         string             `json:"name"`
	Conditions   []metav1.Condition `json:"conditions"`
	OpenRequests *int32             `json:"openRequests,omitempty"`
	Undelivered  *int32             `json:"undelivered,omitempty"`
}

func (s *Server) state() State {
	state := State{Roles: s.config.Roles, Pressers: append([]Presser{}, s.config.Pressers...), Posts: []postView{}}
	for _, w := range s.config.Workspaces {
		state.Workspaces = append(state.Workspaces, workspaceView{
			Service: w.Chat.Name(), Title: w.Title,
			Channels: listed(w.Channels), People: listed(w.People), Pressers: listed(w.Pressers),
		})
		state.Posts = append(state.Posts, viewPosts(w.Chat.Posts())...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	state.Requests, state.Notifiers, state.Clicks = s.requests, s.notifiers, s.seen
	return state
}

// listed is a list of places that is a list in JSON also when it is empty.
func listed(places []Place) []Place {
	return append([]Place{}, places...)
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

func viewNotifiers(notifiers []v1alpha1.AccessNotifier) []notifierView {
	views := make([]notifierView, 0, len(notifiers))
	for _, n := range notifiers {
		views = append(views, notifierView{
			Service:   strings.ToLower(string(n.Spec.Messenger.Type)),
			Namespace: n.Namespace, Name: n.Name, Conditions: n.Status.Conditions,
			OpenRequests: n.Status.OpenRequests, Undelivered: n.Status.UndeliveredMessages,
		})
	}
	return views
}

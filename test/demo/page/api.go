package page

import (
	"encoding/json"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// maxBody bounds what a button sends; Teleport takes reasons of 4,096 bytes.
const maxBody = 64 << 10

// created is the answer to a request that was made.
type created struct {
	ID string `json:"id"`
}

// failure is the answer when something did not work.
type failure struct {
	Error string `json:"error"`
}

// body is what the buttons send; each uses what it needs.
type body struct {
	// User, Roles, Resources and SuggestedReviewers make a request.
	User               string                   `json:"user"`
	Roles              []string                 `json:"roles"`
	Resources          []accessrequest.Resource `json:"resources"`
	SuggestedReviewers []string                 `json:"suggestedReviewers"`
	// Author reviews a request.
	Author string `json:"author"`
	// State is what a review proposes or a request becomes.
	State accessrequest.State `json:"state"`
	// List is the title of the access list to promote to.
	List string `json:"list"`
	// Reason is given with a request, a review, a resolution and a form.
	Reason string `json:"reason"`
	// Service, Channel and Message name a message, and Account who presses one of its buttons.
	Service string `json:"service"`
	Channel string `json:"channel"`
	Message string `json:"message"`
	Account string `json:"account"`
	// Approve is true for the button that approves.
	Approve bool `json:"approve"`
}

// action decodes what a button sent, acts, and shows the effect on every page.
func (s *Server) action(act func(id string, b body) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var b body
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&b); err != nil {
			fail(w, http.StatusBadRequest, "the request is not what the page sends: "+err.Error())
			return
		}
		result, err := act(r.PathValue("id"), b)
		if err != nil {
			fail(w, http.StatusConflict, err.Error())
			return
		}
		s.refreshRequests()
		s.refreshClicks()
		answer(w, http.StatusOK, result)
	}
}

func (s *Server) createRequest(_ string, b body) (any, error) {
	id, err := s.config.Teleport.CreateRequest(teleporttest.RequestSpec{
		User: b.User, Roles: b.Roles, Resources: b.Resources,
		Reason: b.Reason, SuggestedReviewers: b.SuggestedReviewers,
	})
	return created{ID: id}, err
}

func (s *Server) review(id string, b body) (any, error) {
	if b.State == accessrequest.Promoted {
		return struct{}{}, s.config.Teleport.Promote(id, b.Author, b.List, b.Reason)
	}
	return struct{}{}, s.config.Teleport.Review(id, b.Author, b.State, b.Reason)
}

func (s *Server) resolve(id string, b body) (any, error) {
	return struct{}{}, s.config.Teleport.Resolve(id, b.State, b.Reason)
}

func (s *Server) expire(id string, _ body) (any, error) {
	return struct{}{}, s.config.Teleport.ExpireRequest(id)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The page may be gone, which is its own affair.
	_, _ = w.Write(encode(v))
}

func fail(w http.ResponseWriter, status int, text string) {
	answer(w, status, failure{Error: text})
}

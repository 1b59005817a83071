package mattermost

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// called is what Mattermost calls us with: a click, or a form that was sent; see
// https://developers.mattermost.com/integrate/plugins/interactive-messages/ and
// https://developers.mattermost.com/integrate/plugins/interactive-dialogs/.
type called struct {
	Type      string `json:"type"`
	UserID    string `json:"user_id"`
	ChannelID string `json:"channel_id"`
	PostID    string `json:"post_id"`
	// TriggerID lets us open a form for three seconds.
	TriggerID string  `json:"trigger_id"`
	Context   pressed `json:"context"`
	// State is what a form holds.
	State      string            `json:"state"`
	Submission map[string]string `json:"submission"`
	Cancelled  bool              `json:"cancelled"`
}

// typeForm is the type of a form that was sent.
const typeForm = "dialog_submission"

// Receive implements messenger.ClickReceiver: it is what the buttons of our messages lead to. What
// was not sealed by us is not looked at.
//
// Mattermost takes nothing private of a bot later. So the answer waits for the decision, up to a
// time within which the server still waits for it.
func (m *Mattermost) Receive(w http.ResponseWriter, r *http.Request, desk messenger.Desk) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCall+1))
	if err != nil || len(body) > maxCall {
		reject(w, http.StatusRequestEntityTooLarge)
		return
	}
	var c called
	if json.Unmarshal(body, &c) != nil {
		reject(w, http.StatusUnauthorized)
		return
	}
	if c.Type == typeForm {
		m.takeForm(w, r, c, desk)
		return
	}
	if !m.opened(c.Context) {
		reject(w, http.StatusUnauthorized)
		return
	}
	if !isID(c.UserID) || !isID(c.ChannelID) || !isID(c.PostID) {
		reject(w, http.StatusBadRequest)
		return
	}
	m.takeClick(w, r, c, desk)
}

// takeClick hands a click to the desk.
func (m *Mattermost) takeClick(w http.ResponseWriter, r *http.Request, c called, desk messenger.Desk) {
	click := messenger.Click{
		Ref: messenger.Ref{Channel: c.ChannelID, ID: c.PostID}, Approve: c.Context.Action == actionApprove, Value: c.Context.Value, By: c.UserID,
	}
	switch response := desk.Press(click); {
	case response.Refused != "":
		respond(w, tell(response.Refused))
	case response.Form != nil:
		if err := m.openForm(r.Context(), c, click, *response.Form); err != nil {
			reject(w, http.StatusBadGateway)
			return
		}
		respond(w, struct{}{})
	default:
		answer, ok := decide(r.Context(), click, desk, response.Begun)
		if !ok {
			reject(w, http.StatusServiceUnavailable)
			return
		}
		respond(w, tell(answer))
	}
}

// takeForm hands the click to the desk that a form holds. What only the reviewer is told stands in
// the form, which stays open for that: there is no other place.
func (m *Mattermost) takeForm(w http.ResponseWriter, r *http.Request, c called, desk messenger.Desk) {
	click, ok := m.held(c.State, c.UserID, time.Now())
	if !ok {
		reject(w, http.StatusUnauthorized)
		return
	}
	if c.Cancelled {
		respond(w, struct{}{})
		return
	}
	click.Reason = c.Submission[reasonName]
	answer, ok := decide(r.Context(), click, desk, "")
	if !ok {
		reject(w, http.StatusServiceUnavailable)
		return
	}
	if answer == "" {
		// It takes longer, and the message will show what came of it.
		respond(w, struct{}{})
		return
	}
	respond(w, formAnswer{Error: answerText(answer)})
}

// decide has the desk carry out a click, and waits for a while for what the reviewer is told. It
// returns what is told until then if it takes longer, and false if the desk takes nothing.
func decide(ctx context.Context, click messenger.Click, desk messenger.Desk, begun string) (answer string, ok bool) {
	decided := make(chan string, 1)
	if !desk.Go(func(ctx context.Context) { decided <- desk.Decide(ctx, click) }) {
		return "", false
	}
	patience := time.NewTimer(decideWithin)
	defer patience.Stop()
	select {
	case answer := <-decided:
		return answer, true
	case <-patience.C:
	case <-ctx.Done():
	}
	return begun, true
}

func respond(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	// The answer is lost if it cannot be written. The message shows what was decided.
	_ = json.NewEncoder(w).Encode(answer)
}

// reject answers with a status and its name, and nothing else.
func reject(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }

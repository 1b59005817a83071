package teamsworkflow

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams/card"
)

// callInvoke is how errors name the one call that there is.
const callInvoke = "invoke"

const (
	// headerTracking is what the history of runs shows of a call
	// (https://learn.microsoft.com/azure/logic-apps/monitor-workflows-collect-diagnostic-data).
	headerTracking = "X-Ms-Client-Tracking-Id"
	// headerRun is the id of the run that a call has begun.
	headerRun = "X-Ms-Workflow-Run-Id"
)

// maxBody bounds a message in bytes: Teams shows none that is larger
// (https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions).
const maxBody = 28 << 10

// envelope is a message as the trigger takes it.
type envelope struct {
	Type        string            `json:"type"`
	Attachments []card.Attachment `json:"attachments"`
}

// send has the workflow of a recipient post a card.
func (w *Workflow) send(ctx context.Context, name string, c card.Card, key string) (messenger.Ref, error) {
	to := w.workflows.of(name)
	if to == nil {
		return messenger.Ref{}, unlisted()
	}
	body, err := card.Encode(envelope{Type: "message", Attachments: card.Attached(c)})
	if err != nil || len(body) > maxBody {
		return messenger.Ref{}, unsendable()
	}
	id := cmp.Or(key, newID())
	sent, err := w.request(ctx, to, name+"."+id, body)
	if err != nil {
		return messenger.Ref{}, unsendable()
	}
	// Each workflow has limits of its own.
	bucket := messenger.Bucket{Method: callInvoke, Address: name}
	told, err := w.bot.Caller.Tell(sent, callInvoke, bucket)
	if err == nil {
		err = w.outcome(told, bucket)
	}
	if err != nil {
		return messenger.Ref{}, err
	}
	return messenger.Ref{Channel: name, ID: cmp.Or(runID(told.Header), id)}, nil
}

func unsendable() error {
	// The cause is not wrapped: it may repeat the content, or the URL.
	return &messenger.Error{Class: messenger.ContentRejected, Call: callInvoke, Code: "unsendable", What: "this card cannot be sent to {service}"}
}

func (w *Workflow) request(ctx context.Context, to *url.URL, tracking string, body []byte) (*http.Request, error) {
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sent.Header.Set("User-Agent", w.bot.UserAgent)
	sent.Header.Set("Content-Type", "application/json; charset=utf-8")
	sent.Header.Set(headerTracking, tracking)
	return sent, nil
}

// run is what the id of a run looks like.
var run = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`)

// runID is the id of the run that an answer is of, "" if it is of none.
func runID(h http.Header) string {
	if id := h.Get(headerRun); run.MatchString(id) {
		return id
	}
	return ""
}

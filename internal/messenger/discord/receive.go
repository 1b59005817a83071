package discord

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Receive implements messenger.ClickReceiver: it is what the Interactions Endpoint URL of the
// application leads to. Nothing of a call is read but its header until the signature is verified.
//
// Discord waits for three seconds. So a decision is carried out after the answer to the click,
// which is then edited.
func (d *Discord) Receive(w http.ResponseWriter, r *http.Request, desk messenger.Desk) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxInteraction+1))
	if err != nil || len(body) > maxInteraction {
		reject(w, http.StatusRequestEntityTooLarge)
		return
	}
	app, status := d.verify(r.Context(), r.Header, body)
	if status != 0 {
		reject(w, status)
		return
	}
	var i interaction
	if json.Unmarshal(body, &i) != nil {
		reject(w, http.StatusBadRequest)
		return
	}
	if i.Type == typePing {
		_ = respond(w, reply{Type: replyPong})
		return
	}
	bot, err := d.ownID(r.Context())
	if err != nil {
		reject(w, http.StatusServiceUnavailable)
		return
	}
	click, ok := i.click(app, bot)
	if !ok {
		reject(w, http.StatusBadRequest)
		return
	}
	d.take(w, i, click, desk)
}

// take hands a click to the desk.
func (d *Discord) take(w http.ResponseWriter, i interaction, click messenger.Click, desk messenger.Desk) {
	if i.Type == typeForm {
		d.decide(w, i, click, desk, reply{Type: replyLater, Data: &privately{Flags: onlyForThem}})
		return
	}
	switch response := desk.Press(click); {
	case response.Refused != "":
		_ = respond(w, tell(response.Refused))
	case response.Form != nil:
		_ = respond(w, openForm(i.Data.CustomID, *response.Form))
	default:
		d.decide(w, i, click, desk, tell(response.Begun))
	}
}

// decide answers an interaction, and then has the desk carry out the click. One that Discord
// could not be answered to is not carried out: Discord tells the reviewer that it has failed.
func (d *Discord) decide(w http.ResponseWriter, i interaction, click messenger.Click, desk messenger.Desk, first reply) {
	answered := make(chan bool, 1)
	taken := desk.Go(func(ctx context.Context) {
		select {
		case ok := <-answered:
			if ok {
				d.tellLater(ctx, i, desk.Decide(ctx, click))
			}
		case <-ctx.Done():
		}
	})
	if !taken {
		reject(w, http.StatusServiceUnavailable)
		return
	}
	answered <- respond(w, first) == nil
}

// respond answers a call at once.
func respond(w http.ResponseWriter, answer reply) error {
	// It holds only strings and numbers: it always encodes.
	body, _ := json.Marshal(answer)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// reject answers with a status and its name, and nothing else.
func reject(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }

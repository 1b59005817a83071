package googlechat

import (
	"context"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Update implements messenger.Updater.
func (g *GoogleChat) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	return g.edit(ctx, ref, render(m))
}

// edit makes a message of the app show something else. No cards at all remove those that it had.
func (g *GoogleChat) edit(ctx context.Context, ref messenger.Ref, shown content) error {
	if !isReference(ref) {
		return gone(callEdit)
	}
	var edited postedMessage
	err := g.do(ctx, request{
		call: callEdit, method: http.MethodPatch, path: messageName(ref.Channel, ref.ID), space: ref.Channel,
		query: query{"updateMask": "text,cardsV2"}, body: shown,
	}, &edited)
	if err == nil && !edited.isIn(ref.Channel) {
		return messenger.BadResponse(callEdit)
	}
	return err
}

// isReference reports whether a reference can be one of Google Chat's.
func isReference(ref messenger.Ref) bool {
	return spaceID.MatchString(ref.Channel) && messageID.MatchString(ref.ID)
}

// read returns a message, by either of its ids.
func (g *GoogleChat) read(ctx context.Context, space, id string) (postedMessage, error) {
	if !isReference(messenger.Ref{Channel: space, ID: id}) {
		return postedMessage{}, gone(callRead)
	}
	var found postedMessage
	err := g.do(ctx, request{call: callRead, method: http.MethodGet, path: messageName(space, id), space: space}, &found)
	switch {
	case err != nil:
		return postedMessage{}, err
	case !found.isIn(space):
		return postedMessage{}, messenger.BadResponse(callRead)
	case found.DeleteTime != "":
		return postedMessage{}, gone(callRead)
	default:
		return found, nil
	}
}

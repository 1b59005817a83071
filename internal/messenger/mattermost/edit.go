package mattermost

import (
	"context"
	"maps"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// labelNow names the state in a message whose headline can no longer be edited.
const labelNow = "Status now"

// patch is what an edit replaces. Without a message, that stays as it is.
type patch struct {
	Message *string `json:"message,omitempty"`
	Props   props   `json:"props"`
}

// Update implements messenger.Updater. A patch replaces the props as a whole.
// They are read before, so that the key, Mattermost's mark of a bot and what
// others put there stay.
func (m *Mattermost) Update(ctx context.Context, ref messenger.Ref, msg message.Message) error {
	if !isID(ref.ID) {
		return gone(callPatch)
	}
	text, attachments := render(msg)
	before, err := m.read(ctx, ref.ID)
	if err != nil {
		return err
	}
	next, err := before.Props.with(attachments)
	if err != nil {
		return err
	}
	err = m.patch(ctx, ref.ID, patch{Message: &text, Props: next})
	switch {
	case messenger.HasCode(err, windowOver):
		return m.updateBelow(ctx, before, msg)
	case messenger.HasCode(err, forbidden):
		return m.whoseIs(ctx, before, err)
	default:
		return err
	}
}

// updateBelow edits a message that is older than the server's time limit for
// edits. The limit is about the text of a post: the attachments can still be
// changed, and say what the headline no longer can.
//
// Both the servers of today and 6.7.2 look at the text alone (postPatchChecks in
// server/channels/api4/post.go, and UpdatePost in app/post.go of v6.7.2).
func (m *Mattermost) updateBelow(ctx context.Context, before post, msg message.Message) error {
	_, attachments := render(msg)
	if len(attachments) == 0 {
		attachments = []attachment{{Fallback: plainText(msg), Color: colour(msg.State), Title: title(msg)}}
	}
	now := field{Title: labelNow, Value: message.Mark(msg.State) + " " + status(msg)}
	attachments[0].Fields = append([]field{now}, attachments[0].Fields...)
	next, err := before.Props.with(attachments)
	if err != nil {
		return err
	}
	return m.patch(ctx, before.ID, patch{Props: next})
}

// whoseIs tells a post that another account made from one that the bot may not
// edit any more: Mattermost refuses both in one way.
func (m *Mattermost) whoseIs(ctx context.Context, p post, refusal error) error {
	me, err := m.selfID(ctx)
	if err != nil {
		return err
	}
	if p.UserID != me {
		return &messenger.Error{Class: messenger.MessageGone, Call: callPatch, Code: forbidden}
	}
	return refusal
}

// read returns a post.
func (m *Mattermost) read(ctx context.Context, id string) (post, error) {
	var found post
	if err := m.do(ctx, call{name: callRead, method: http.MethodGet, path: []string{"posts", id}}, &found); err != nil {
		return post{}, err
	}
	if found.ID != id {
		return post{}, badResponse(callRead)
	}
	return found, nil
}

func (m *Mattermost) patch(ctx context.Context, id string, p patch) error {
	var after post
	err := m.do(ctx, call{
		name: callPatch, method: http.MethodPut, path: []string{"posts", id, "patch"}, body: p,
	}, &after)
	if err == nil && after.ID != id {
		return badResponse(callPatch)
	}
	return err
}

// with returns the props with other attachments.
func (p props) with(attachments []attachment) (props, error) {
	set, err := content(attachments)
	if err != nil {
		return nil, err
	}
	next := maps.Clone(p)
	delete(next, propAttachments)
	if next == nil {
		next = props{}
	}
	maps.Copy(next, set)
	return next, nil
}

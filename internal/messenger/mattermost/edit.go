package mattermost

import (
	"context"
	"maps"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// patch is what an edit replaces. Without a message, that stays as it is.
type patch struct {
	Message *string `json:"message,omitempty"`
	Props   props   `json:"props"`
}

// Update implements messenger.Updater. A patch replaces the props as a whole.
// They are read before, so that the key, Mattermost's mark of a bot and what
// others put there stay.
//
// The text is sent only if it is another one. It hardly ever is, and the server's
// time limit for edits is about the text alone: servers of today refuse any text
// (postPatchChecks in server/channels/api4/post.go), 6.7.2 one that differs
// (UpdatePost in app/post.go).
func (m *Mattermost) Update(ctx context.Context, ref messenger.Ref, msg message.Message) error {
	if !isID(ref.ID) {
		return gone(callPatch)
	}
	before, err := m.read(ctx, ref.ID)
	if err != nil {
		return unseen(err)
	}
	text, attachments := m.render(msg)
	err = m.patch(ctx, before, text, attachments)
	switch {
	case messenger.HasCode(err, windowOver) && before.Message == headline(layout(msg)):
		return m.patch(ctx, before, before.Message, []attachment{smallBox(msg, layout(msg))})
	case messenger.HasCode(err, forbidden):
		return m.whoseIs(ctx, before, err)
	default:
		return err
	}
}

// whoseIs tells a post that another account made from one that the bot may not
// edit any more: Mattermost refuses both in one way.
func (m *Mattermost) whoseIs(ctx context.Context, p post, refusal error) error {
	me, err := m.selfID(ctx)
	if err != nil {
		return err
	}
	if p.UserID != me {
		return &messenger.Error{Class: messenger.MessageGone, Call: callPatch, Code: forbidden, What: "the message is of another account of {service}", Quoted: true, Foreign: true}
	}
	return refusal
}

// unseen is the refusal of a post that the bot may not read, and that may be another
// account's.
func unseen(err error) error {
	if !messenger.HasCode(err, forbidden) {
		return err
	}
	refusal := *messenger.AsError(err)
	refusal.Foreign = true
	return &refusal
}

// read returns a post.
func (m *Mattermost) read(ctx context.Context, id string) (post, error) {
	var found post
	if err := m.do(ctx, call{name: callRead, method: http.MethodGet, path: []string{"posts", id}}, &found); err != nil {
		return post{}, err
	}
	if found.ID != id {
		return post{}, messenger.BadResponse(callRead)
	}
	return found, nil
}

// patch makes a post say something else.
func (m *Mattermost) patch(ctx context.Context, before post, text string, attachments []attachment) error {
	next, err := before.Props.with(attachments)
	if err != nil {
		return err
	}
	p := patch{Props: next}
	if text != before.Message {
		p.Message = &text
	}
	var after post
	err = m.do(ctx, call{
		name: callPatch, method: http.MethodPut, path: []string{"posts", before.ID, "patch"}, body: p,
	}, &after)
	if err == nil && after.ID != before.ID {
		return messenger.BadResponse(callPatch)
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

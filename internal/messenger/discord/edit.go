package discord

import (
	"context"
	"net/http"
	"net/url"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// archived is the code of what cannot be done in an archived thread.
const archived = "50083"

// Update implements messenger.Updater. The message keeps its key, by which it may
// still have to be found: what another process posted is read for it first.
func (d *Discord) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	key, err := d.keyOf(ctx, ref)
	if err != nil {
		return err
	}
	return d.edit(ctx, ref, render(m, key))
}

// keyOf returns the key of a message, or nothing if it cannot be read.
func (d *Discord) keyOf(ctx context.Context, ref messenger.Ref) (string, error) {
	if key, ok := d.keys.of(ref); ok {
		return key, nil
	}
	var found postedMessage
	err := d.do(ctx, request{
		call:    callMessage,
		method:  http.MethodGet,
		path:    messagesPath(ref.Channel) + "/" + url.PathEscape(ref.ID),
		channel: ref.Channel,
	}, &found)
	if err != nil && !messenger.AsError(err).Class.Answered() {
		return "", err
	}
	if err == nil && found.ID != ref.ID {
		return "", messenger.BadResponse(callMessage)
	}
	key := found.key()
	d.keys.remember(ref, key)
	return key, nil
}

// edit changes a message. In an archived thread that takes reopening it: a post does
// so by itself, an edit does not
// (https://discord.com/developers/docs/topics/threads#active-archived-threads).
func (d *Discord) edit(ctx context.Context, ref messenger.Ref, shown content) error {
	err := d.editOnce(ctx, ref, shown)
	if !messenger.HasCode(err, archived) {
		return err
	}
	if reopenErr := d.reopen(ctx, ref.Channel); reopenErr != nil {
		refusal := messenger.AsError(reopenErr)
		if !refusal.Class.Answered() {
			return reopenErr
		}
		// Posts may still be possible; that is for them to find out.
		return &messenger.Error{
			Class: messenger.MessageFinal, Call: callEdit, Code: archived, What: whatLocked, Advice: refusal.Advice, Quoted: true,
		}
	}
	return d.editOnce(ctx, ref, shown)
}

func (d *Discord) editOnce(ctx context.Context, ref messenger.Ref, shown content) error {
	var edited postedMessage
	err := d.do(ctx, request{
		call:    callEdit,
		method:  http.MethodPatch,
		path:    messagesPath(ref.Channel) + "/" + url.PathEscape(ref.ID),
		channel: ref.Channel,
		body:    shown,
	}, &edited)
	if err != nil {
		return err
	}
	if edited.ID != ref.ID {
		return messenger.BadResponse(callEdit)
	}
	return nil
}

// reopen takes a thread out of the archive. That takes Send Messages in Threads, or
// Manage Threads where the thread is locked
// (https://discord.com/developers/docs/resources/channel#modify-channel).
func (d *Discord) reopen(ctx context.Context, thread string) error {
	var reopened channel
	return d.do(ctx, request{
		call:    callReopen,
		method:  http.MethodPatch,
		path:    "/channels/" + url.PathEscape(thread),
		channel: thread,
		body:    map[string]bool{"archived": false},
	}, &reopened)
}

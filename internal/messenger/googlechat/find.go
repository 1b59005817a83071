package googlechat

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Find implements messenger.Finder. The key is the message's id, so that there is one message at
// most, and no history to read.
func (g *GoogleChat) Find(ctx context.Context, in messenger.Address, key string, _ time.Time) ([]messenger.Ref, error) {
	found, err := g.find(ctx, in.ID, asMessage, key)
	if err != nil {
		return nil, err
	}
	return []messenger.Ref{{Channel: in.ID, ID: found.id()}}, nil
}

// FindReply implements messenger.Finder.
func (g *GoogleChat) FindReply(ctx context.Context, ref messenger.Ref, key string, _ time.Time) error {
	_, err := g.find(ctx, ref.Channel, asReply, key)
	return err
}

func (g *GoogleChat) find(ctx context.Context, space string, k kind, key string) (postedMessage, error) {
	if key == "" {
		return postedMessage{}, messenger.ErrNotFound
	}
	found, err := g.read(ctx, space, idOf(k, key))
	if err != nil {
		return postedMessage{}, asAnswer(err)
	}
	return found, nil
}

// asAnswer turns a failure to read a message into a Finder's answer where it is one.
func asAnswer(err error) error {
	e, ok := errors.AsType[*messenger.Error](err)
	switch {
	case !ok || !e.Class.Answered():
		return err
	case e.Class == messenger.MessageGone:
		return messenger.ErrNotFound
	default:
		return messenger.ErrCannotLook
	}
}

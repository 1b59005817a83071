package googlechat

import (
	"context"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Reply implements messenger.Replier.
func (g *GoogleChat) Reply(ctx context.Context, ref messenger.Ref, r message.Review, key string) error {
	in, err := g.threadOf(ctx, ref)
	if err != nil {
		return err
	}
	_, err = g.create(ctx, ref.Channel, newMessage{content: renderReply(r), Thread: in}, idOf(asReply, key))
	return err
}

// Follow implements messenger.Follower. The message is one of its own in the thread of the
// previous one, or in the space if that is no longer there.
func (g *GoogleChat) Follow(
	ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string,
) (messenger.Ref, error) {
	if previous.Channel != to.ID {
		return g.Post(ctx, to, m, key)
	}
	in, err := g.threadOf(ctx, previous)
	if err != nil && !messenger.AsError(err).Class.Answered() {
		return messenger.Ref{}, err
	}
	return g.post(ctx, to.ID, newMessage{content: render(m), Thread: in}, idOf(asMessage, key))
}

// threadOf returns the thread of a message, nil where the space has none.
func (g *GoogleChat) threadOf(ctx context.Context, ref messenger.Ref) (*thread, error) {
	found, err := g.read(ctx, ref.Channel, ref.ID)
	if err != nil || !strings.HasPrefix(found.Thread.Name, spacesPrefix+ref.Channel+"/threads/") {
		return nil, err
	}
	return &found.Thread, nil
}

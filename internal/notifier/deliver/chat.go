package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
)

// Chat is the messenger and what it offers beyond posts.
type Chat struct {
	messenger.Messenger
	Updater   messenger.Updater
	Finder    messenger.Finder
	Replier   messenger.Replier
	Follower  messenger.Follower
	Accounter messenger.Accounter
	// Pace is how much time lies between two messages about one request to one recipient.
	Pace time.Duration
	// MaxCalls is how many calls are made at a time; 0 where the messenger does not say.
	MaxCalls int
	// Amends is true where what follows a message changes it.
	Amends bool
}

// NewChat finds out what a messenger offers.
func NewChat(m messenger.Messenger) Chat {
	c := Chat{Messenger: m}
	c.Updater, _ = m.(messenger.Updater)
	c.Finder, _ = m.(messenger.Finder)
	c.Replier, _ = m.(messenger.Replier)
	c.Follower, _ = m.(messenger.Follower)
	c.Accounter, _ = m.(messenger.Accounter)
	if pacer, ok := m.(messenger.Pacer); ok {
		c.Pace = pacer.Pace()
	}
	if bounded, ok := m.(messenger.Bounded); ok {
		c.MaxCalls = max(bounded.MaxCalls(), 1)
	}
	_, c.Amends = m.(messenger.Amender)
	return c
}

// Answer posts a message as an answer to a previous one, if the messenger can do that and
// that one is still there.
func (c Chat) Answer(
	ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string,
) (messenger.Ref, error) {
	if c.Follower != nil {
		ref, err := c.Follower.Follow(ctx, to, previous, m, key)
		if !isGone(err) {
			return ref, err
		}
	}
	return c.Post(ctx, to, m, key)
}

// isGone reports whether a message cannot be referred to any more.
func isGone(err error) bool {
	failure, ok := errors.AsType[*messenger.Error](err)
	return ok && (failure.Class == messenger.MessageGone || failure.Class == messenger.MessageFinal)
}

// Can tells what decisions may count on. A message that cannot be followed is posted
// anew without a pointer to the old one. Where no message can be edited, each change is
// such a message, and says all that a reply would.
func (c Chat) Can() plan.Can {
	var can plan.Can
	if c.Finder != nil {
		can |= plan.CanFind
	}
	if c.Updater != nil {
		can |= plan.CanEdit
		if c.Replier != nil {
			can |= plan.CanReply
		}
		if c.Amends {
			can |= plan.CanAmend
		}
	}
	return can
}

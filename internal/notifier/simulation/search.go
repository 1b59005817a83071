package simulation

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// visible reports whether something made at an instant is found by a search that
// begins at since.
func (c *chat) visible(made, since time.Time, id string) bool {
	lag := between(c.world.dice.about("search lag", id), 0, searchLag)
	return !made.Before(since.Add(-messenger.ClockMargin)) && c.now().Sub(made) >= lag
}

// search returns the messages of a bot in a channel that bear a key, oldest first.
func (c *chat) search(bot, channel, key string, since time.Time) ([]messenger.Ref, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed[channel] {
		return nil, refusal(messenger.RecipientPermanent, "channel_not_found")
	}
	var found []messenger.Ref
	for _, p := range slices.Concat(c.messages, c.notes) {
		if p.channel == channel && p.key == key && p.by.bot == bot && !p.deleted && c.visible(p.made, since, p.id) {
			found = append(found, p.ref())
		}
	}
	if len(found) == 0 {
		return nil, messenger.ErrNotFound
	}
	return found, nil
}

// searchReply looks for a reply below a message.
func (c *chat) searchReply(bot string, ref messenger.Ref, key string, since time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.find(bot, ref)
	if err != nil {
		return err
	}
	for _, r := range p.replies {
		if r.key == key && c.visible(r.made, since, p.id+key) {
			return nil
		}
	}
	return messenger.ErrNotFound
}

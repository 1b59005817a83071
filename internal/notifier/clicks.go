package notifier

import (
	"context"
	"slices"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Clicks answer what has to be known of a Notifier where reviewers press buttons.
type Clicks struct{ n *Notifier }

// Clicks returns what answers for the messages of n.
func (n *Notifier) Clicks() Clicks { return Clicks{n} }

// Posted reports, without any call, whether a message is the one that reviewers are shown of a
// request, and what is known of that request; it is zero if Teleport does not have it.
func (c Clicks) Posted(id string, ref messenger.Ref) (accessrequest.Request, status.Standing) {
	select {
	case <-c.n.intake.Known():
	default:
		return accessrequest.Request{}, status.StandingUnknown
	}
	request, presence := c.n.options.Feed.Get(id)
	if presence != accessrequest.Present {
		request = accessrequest.Request{}
	}
	if _, closed := c.n.requests.ClosedAs(id); closed {
		return request, status.StandingOver
	}
	posting := false
	for _, entry := range c.recordOf(id).To {
		if entry.Reader != record.Reviewer || !slices.Contains(entry.Refs(), ref) {
			posting = posting || entry.Reader == record.Reviewer && isPosting(entry.Make)
			continue
		}
		if presence == accessrequest.Unlisted {
			return request, status.StandingUnknown // a list may trail behind
		}
		return request, status.StandingShown
	}
	if posting {
		return accessrequest.Request{}, status.StandingUnknown
	}
	return accessrequest.Request{}, status.StandingStranger
}

// isPosting reports whether a message may be there that no record names yet: the answer to the
// call is on its way, or was lost.
func isPosting(claim *record.Claim) bool {
	return claim != nil && (claim.What == record.Post || claim.What == record.Follow)
}

// recordOf returns the record of an open request, empty if there is none of this notifier.
func (c Clicks) recordOf(id string) record.Record {
	if t := c.n.requests.Get(id); t != nil && t.Keeper.Relation() != record.Foreign {
		return t.Keeper.Record()
	}
	known, _ := c.n.requests.Resting(id)
	r, err := record.Decode(known.Text)
	if err != nil {
		return record.Record{}
	}
	return r
}

// Credit says that a review is about to be submitted for its author through this messenger:
// readers see that, if Teleport counts it.
func (c Clicks) Credit(id, author string) {
	c.n.credits.add(id, author)
	c.n.queue.Add(id)
}

// Refresh asks Teleport for a request, has its messages brought up to date, and returns what
// Teleport says of it; zero if Teleport does not have it.
func (c Clicks) Refresh(ctx context.Context, id string) (accessrequest.Request, error) {
	err := c.n.options.Feed.Refresh(ctx, id)
	c.n.queue.Add(id)
	request, presence := c.n.options.Feed.Get(id)
	if err != nil || presence != accessrequest.Present {
		return accessrequest.Request{}, err
	}
	return request, nil
}

// credits are those that no record has yet, by request.
type credits struct {
	mu sync.Mutex
	by map[string][]string
}

func (c *credits) add(id, author string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string][]string{}
	}
	if !slices.Contains(c.by[id], author) {
		c.by[id] = append(c.by[id], author)
	}
}

// drop forgets the credits of a request of which nothing is shown.
func (c *credits) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.by, id)
}

// give puts the credits of a request into its record.
func (c *credits) give(t *track.Request) {
	c.mu.Lock()
	authors := c.by[t.ID]
	delete(c.by, t.ID)
	c.mu.Unlock()
	for _, author := range authors {
		if !slices.Contains(t.Keeper.Record().Credited, author) {
			t.Keeper.Learn(record.Credit(author))
		}
	}
}

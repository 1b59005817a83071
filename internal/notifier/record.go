package notifier

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// recordVersion is written into each record. A record of a later version is
// read for what this version knows of it.
const recordVersion = 1

// record is what is kept of one access request outside of this process. All
// plugins' data of a request share about 1 MB, and the records of all requests
// are read in one answer, so names are short and the record stays small.
type record struct {
	Version int `json:"v"`
	// Writer is who wrote the record last; each process has one for each request.
	Writer string `json:"w,omitempty"`
	// Closed is set when everything was shown and nothing can change any more.
	Closed bool `json:"closed,omitempty"`
	// State and Reviews are the latest that were seen of the request, so that a
	// successor with an older view shows nobody the past.
	State   accessrequest.State `json:"state,omitempty"`
	Reviews int                 `json:"reviews,omitempty"`
	// Summary is what a message needs after the request itself is gone.
	Summary *summary `json:"req,omitempty"`
	// Slots is what each address was shown, by the id of the address.
	Slots map[string]slot `json:"to,omitempty"`
}

// slot is what one address was shown of a request.
type slot struct {
	// Direct is messenger.Address.Direct.
	Direct bool `json:"dm,omitempty"`
	// Ref is the posted message, as messenger.Ref writes it.
	Ref string `json:"ref,omitempty"`
	// Shown is the digest of the content that the message has.
	Shown string `json:"shown,omitempty"`
	// Intent is the key of a post, or of a reply when Ref is set, that was begun
	// and has no known result.
	Intent string `json:"intent,omitempty"`
	// By is the writer that recorded Intent.
	By string `json:"by,omitempty"`
	// Since is when the post of Intent was begun first, in Unix seconds by the
	// writer's clock.
	Since int64 `json:"since,omitempty"`
	// Turn counts how often an intent was recorded here, so that others notice when
	// the same one is recorded again.
	Turn int `json:"turn,omitempty"`
	// Replies is how many reviews were replied with, or shown with the first post.
	Replies int `json:"replies,omitempty"`
}

// summary is a request reduced to what its last message needs.
type summary struct {
	User      string                   `json:"user"`
	Roles     []string                 `json:"roles,omitempty"`
	Resources []accessrequest.Resource `json:"res,omitempty"`
	Reason    string                   `json:"why,omitempty"`
	Created   time.Time                `json:"at,omitzero"`
}

// Bounds of a summary: they keep a record near 2 KB.
const (
	summaryItems  = 20
	summaryReason = 800
)

func summarise(r accessrequest.Request) *summary {
	return &summary{
		User:      r.User,
		Roles:     r.Roles[:min(len(r.Roles), summaryItems)],
		Resources: r.Resources[:min(len(r.Resources), summaryItems)],
		Reason:    cutText(r.Reason, summaryReason),
		Created:   r.Created.UTC().Truncate(time.Second),
	}
}

// cutText cuts s to at most n runes.
func cutText(s string, n int) string {
	runes := 0
	for i := range s {
		if runes == n {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

func (s *summary) request(id string, state accessrequest.State) accessrequest.Request {
	return accessrequest.Request{
		ID:        id,
		User:      s.User,
		Roles:     s.Roles,
		Resources: s.Resources,
		Reason:    s.Reason,
		Created:   s.Created,
		State:     state,
	}
}

// decodeRecord reads a record. An error means that the text is damaged; what
// could be read of it is returned all the same.
func decodeRecord(text string) (record, error) {
	var r record
	if text == "" {
		return r, nil
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return record{}, fmt.Errorf("decoding record: %w", err)
	}
	for id, s := range r.Slots {
		if _, ok := messenger.ParseRef(s.Ref); s.Ref != "" && !ok {
			return record{}, fmt.Errorf("decoding record: bad message reference")
		}
		if id == "" {
			return record{}, fmt.Errorf("decoding record: empty address")
		}
	}
	return r, nil
}

func (r record) encode() string {
	// A record holds only strings, numbers and times: it always encodes.
	encoded, err := json.Marshal(r)
	if err != nil {
		panic("record cannot be encoded: " + err.Error())
	}
	return string(encoded)
}

// Package predecessor reads what one of Teleport's own access plugins has kept of access
// requests, so that a notifier can go on with the messages that the plugin has posted.
//
// Such data is a flat map of texts for each request. Its versions differ, and anyone who may
// write plugin data may have written it: whatever makes no sense is left out, and nothing
// fails.
package predecessor

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// The keys of the data that are read.
const (
	keyMessages   = "messages"
	keyReviews    = "reviews_count"
	keyResolution = "resolution"
	keyUser       = "user"
	keyRoles      = "roles"
	keyReason     = "request_reason"
	// Early versions named the only message by these.
	keyChannel   = "channel_id"
	keyTimestamp = "timestamp"
)

// Bounds of what is taken over: a record holds no more.
const (
	maxMessages = 500
	maxReviews  = 10_000
)

// Told is what a plugin has said about a request, and to whom.
type Told struct {
	// Messages are those that it has posted.
	Messages []messenger.Ref
	// Reviews is how many reviews are below each of them.
	Reviews int
	// Resolved is set once the plugin has shown how the request ended.
	Resolved bool
	// Request is what the data says of the request.
	Request accessrequest.Request
}

// Parse reads a plugin's data of one request.
func Parse(data map[string]string) Told {
	t := Told{
		Reviews:  reviews(data[keyReviews]),
		Resolved: data[keyResolution] != "",
		Request: accessrequest.Request{
			User: data[keyUser], Roles: list(data[keyRoles]), Reason: data[keyReason],
			// What was asked for besides is not known.
			Incomplete: true,
		},
	}
	texts := list(data[keyMessages])
	if len(texts) == 0 {
		texts = []string{data[keyChannel] + "/" + data[keyTimestamp]}
	}
	for _, text := range texts {
		if ref, ok := parseRef(text); ok && len(t.Messages) < maxMessages {
			t.Messages = append(t.Messages, ref)
		}
	}
	return t
}

// list reads a list, "" for none.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// channel and part are what ids of channels and of messages look like in every service. Those of
// channels in Teams are long, with colons and an at sign, and those of mail are addresses. A
// recipient that the plugin could not reach is an address without a message.
var (
	channel = regexp.MustCompile(`^[A-Za-z0-9:@._+%=&~'-]{1,256}$`)
	part    = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

func parseRef(text string) (ref messenger.Ref, ok bool) {
	ref, ok = messenger.ParseRef(strings.TrimSpace(text))
	return ref, ok && channel.MatchString(ref.Channel) && part.MatchString(ref.ID)
}

// reviews reads a count, 0 for one that cannot be.
func reviews(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxReviews {
		return 0
	}
	return n
}

// Record is what a notifier begins with that goes on with the messages. What they show, and
// whether its bot has posted them, is not known. An edit that the plugin has begun may still
// take effect, which is what its claim says.
func (t Told) Record() record.Record {
	r := record.Record{Summary: record.Summarise(t.Request)}.Clone()
	for _, ref := range t.Messages {
		r.Posted(ref.Channel, []messenger.Ref{ref}, "", t.Reviews)
		e := r.To[ref.Channel]
		e.Adopted, e.Edit = true, &record.Claim{What: record.Edit, By: record.Predecessor}
		r.To[ref.Channel] = e
	}
	return r
}

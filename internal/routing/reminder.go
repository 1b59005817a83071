package routing

import (
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Reminder has recipients reminded of a request that is still pending some time after it
// was made. Recipients that have not heard of the request hear of it then.
type Reminder struct {
	After time.Duration
	// Recipients are who is reminded; those of the route, or of the request, if there are none.
	Recipients []Recipient
	// Mention is set if the users among the recipients are mentioned in channels.
	Mention bool
}

// reminders are those of a request that matches the route.
func (r RouteRule) reminders() []Reminder {
	all := slices.Clone(r.Reminders)
	for i := range all {
		if len(all[i].Recipients) == 0 {
			all[i].Recipients = r.Recipients
		}
	}
	return all
}

// ofAll are the reminders that are made of every request. Where no others are to hear of it,
// none are reminded that a reminder names.
func (r Rules) ofAll(suppressed bool) []Reminder {
	if !suppressed {
		return r.Reminders
	}
	return slices.DeleteFunc(slices.Clone(r.Reminders), func(m Reminder) bool { return len(m.Recipients) > 0 })
}

// Reminded are the recipients that a reminder of a request is for, given those that hear of
// it. The requester needs none.
func (m Reminder) Reminded(concerned []Recipient, request accessrequest.Request) []Recipient {
	if len(m.Recipients) > 0 {
		return m.Recipients
	}
	return slices.DeleteFunc(slices.Clone(concerned), func(r Recipient) bool {
		return r.Requester || r.Person && strings.EqualFold(r.Name, request.User)
	})
}

package recipients

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// remind adds to who should hear of a pending request, concerned, the reminders that they get,
// and whom they name besides.
func (r *Recipients) remind(found *track.Audience, reminders []routing.Reminder, concerned []routing.Recipient, request accessrequest.Request) {
	for _, reminder := range reminders {
		named := reminder.Reminded(concerned, request)
		note := plan.Note{
			Stage:    plan.Reminder,
			Due:      request.Created.Add(reminder.After).UTC().Truncate(time.Second),
			After:    reminder.After,
			Mentions: r.mentions(named, reminder.Mention),
		}
		for _, recipient := range named {
			if recipient.Kind == routing.Group {
				continue
			}
			switch answer := r.Lookup(recipient, request.User); {
			case answer.State == directory.Known:
				addNote(found, track.Guest{To: answer.Address, Name: recipient.Name, From: note.Due}, note)
			case slices.Contains(concerned, recipient):
				// That is said of it already.
			default:
				found.UnresolvedFrom = append(found.UnresolvedFrom, note.Due)
				if answer.State == directory.Unknown {
					found.Extent = track.Partial
				}
			}
		}
	}
}

// maxMentions bounds whom one message mentions: services bound the text.
const maxMentions = 32

// join adds mentions, each once: rules may name one group in several ways.
func join(have []string, more ...string) []string {
	for _, mention := range more {
		if mention != "" && !slices.Contains(have, mention) && len(have) < maxMentions {
			have = append(slices.Clip(have), mention)
		}
	}
	return have
}

// mentions are the recipients that a reminder mentions, as the messenger writes that: groups,
// and users if it says so. Those that a requester chose are not among them.
func (r *Recipients) mentions(named []routing.Recipient, users bool) (mentions []string) {
	for _, recipient := range named {
		if recipient.Person || recipient.Kind != routing.Group && !users {
			continue
		}
		mentions = join(mentions, r.Lookup(recipient, "").Address.Mention)
	}
	return mentions
}

// mention has messages to channels mention groups. They wait for the first answer to who that
// is, and no longer: it matters more that they are there.
func (r *Recipients) mention(found *track.Audience, mentions []routing.Mention) {
	for _, m := range mentions {
		answer := r.Lookup(m.Group, "")
		for _, channel := range m.In {
			in := r.Lookup(channel, "").Address
			at := slices.IndexFunc(found.Guests, func(g track.Guest) bool { return g.To.ID == in.ID && !in.Direct })
			switch {
			case at < 0:
			case answer.State == directory.Unknown && answer.Err == nil:
				found.Guests, found.Extent = slices.Delete(found.Guests, at, at+1), track.Partial
			default:
				found.Guests[at].Mentions = join(found.Guests[at].Mentions, answer.Address.Mention)
			}
		}
	}
}

// addNote adds a note to those of a guest, who hears of the request from then on at the latest.
// Direct messages mention no one.
func addNote(found *track.Audience, g track.Guest, n plan.Note) {
	if g.To.Direct {
		n.Mentions = nil
	}
	guests, at := add(found.Guests, g)
	found.Guests = guests
	guest := &guests[at]
	if n.Due.Before(guest.From) {
		guest.From = n.Due
	}
	same := slices.IndexFunc(guest.Notes, func(have plan.Note) bool { return have.Due.Equal(n.Due) })
	if same < 0 {
		guest.Notes = append(guest.Notes, n)
		return
	}
	guest.Notes[same].Mentions = join(guest.Notes[same].Mentions, n.Mentions...)
}

package notifier

import (
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// nameOf returns how the rules call an address, or called it when it was told under a name;
// its id, if they do not: other names are typed by requesters.
func (n *Notifier) nameOf(address, name string) string {
	for _, r := range n.directory.Names(address) {
		if !r.Person && n.announcer.Configured(r.Name) {
			return r.Name
		}
	}
	if n.announcer.Configured(name) {
		return name
	}
	return address
}

// announce gives notice of a request that is pending and has no recipient.
func (n *Notifier) announce(t *track.Request) {
	if t.Count().Unannounced {
		n.announcer.NotAnnounced(t.ID)
	}
}

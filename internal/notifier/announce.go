package notifier

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// nameOf returns how the rules call an address; its id, if they do not: other names
// are typed by requesters.
func (n *Notifier) nameOf(address string) string {
	configured := n.configured()
	for _, r := range n.directory.Names(address) {
		if slices.Contains(configured, r) {
			return r.Name
		}
	}
	return address
}

// announce tells of a request that is pending and has nobody to be told of it, or of
// which it is not known who should be.
func (n *Notifier) announce(t *track.Request) {
	count := t.Count()
	n.announcer.RulesJudged(t.ID, count.RuleFailure)
	if count.Unannounced {
		n.announcer.NotAnnounced(t.ID)
	}
}

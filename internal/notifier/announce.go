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

// announce gives notice of a request that is pending and has no recipient, or of which the
// recipients are not known.
func (n *Notifier) announce(t *track.Request) {
	count := t.Count()
	n.announcer.RulesJudged(t.ID, count.RuleFailure)
	if count.Unannounced {
		n.announcer.NotAnnounced(t.ID)
	}
}

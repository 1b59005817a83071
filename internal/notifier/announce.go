package notifier

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// nameOf returns how the rules call an address, or called it when it was told under a name;
// its id, if they do not: other names are typed by requesters.
func (n *Notifier) nameOf(address, name string) string {
	configured := n.configured()
	for _, r := range n.directory.Names(address) {
		if slices.Contains(configured, r) {
			return r.Name
		}
	}
	if slices.Contains(configured, routing.Recipient{Name: name}) {
		return name
	}
	return address
}

// announce gives notice of a request that is pending and has no recipient, or of which the
// recipients are not known. That is judged again after a while.
func (n *Notifier) announce(t *track.Request) {
	count := t.Count()
	n.announcer.RulesJudged(t.ID, count.RuleFailure)
	if count.RuleFailure != nil {
		n.lookAgain(t.ID, n.options.Timing.SlowRetry)
	}
	if count.Unannounced {
		n.announcer.NotAnnounced(t.ID)
	}
}

package simulation

import (
	"slices"
	"time"
)

// checkPace checks that an operator sends a reader the next message about a request not too soon. It is not
// known when a call is carried out whose outcome is unclear. The caller holds the lock.
func (c *chat) checkPace(by writer, at place) {
	if !c.profile.unedited || c.unclear[at]+c.unclearNotes[at] > 0 {
		return
	}
	for _, p := range slices.Concat(c.messages, c.notes) {
		if since := c.now().Sub(p.made); p.place == at && p.by == by && since < pace {
			c.world.violate(rulePace, "%s tells %s of %s again %s after %s", by.operator, at.channel, at.request, since.Round(time.Millisecond), p.id)
		}
	}
}

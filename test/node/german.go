package main

import (
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// statuses are what German messages show, in English. Longer ones are before those that they
// begin with.
var statuses = strings.NewReplacer(
	"Ausstehend, 0 von 2 Genehmigungen", tally.Undecided,
	"Ausstehend, 1 von 2 Genehmigungen", "Pending, 1 of 2 approvals",
	"Ausstehend", tally.Pending,
	"Genehmigt", tally.Approved,
	"Abgelehnt", tally.Denied,
	"Abgelaufen", tally.Expired,
	"Aus Teleport entfernt, bevor eine Entscheidung bekannt wurde", tally.Removed,
	"Nicht mehr in Teleport, der Ausgang ist nicht bekannt", tally.Gone,
)

// english returns a message with the statuses that the tally reads.
func english(post messengertest.Post) messengertest.Post {
	post.Text = statuses.Replace(post.Text)
	post.History = slices.Clone(post.History)
	for i, text := range post.History {
		post.History[i] = statuses.Replace(text)
	}
	return post
}

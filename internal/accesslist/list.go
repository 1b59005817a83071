// Package accesslist has what is known of Teleport's access lists whose review is due, as
// values.
package accesslist

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// ErrTooMany is returned beside access lists of which there are more than are read.
var ErrTooMany = errors.New("there are more access lists than are read")

// Window is how long before its date the owners of a list hear of its review.
const Window = 14 * 24 * time.Hour

// List is an access list that its owners have to review. Its texts may hold what people typed.
type List struct {
	// Name identifies the list, Title is what its owners call it.
	Name, Title string
	// Due is when the review has to be done by.
	Due time.Time
	// Owners are the Teleport users who may review it.
	Owners []string
}

// IsDue reports whether owners should hear of the review of the list at the time.
func (l List) IsDue(at time.Time) bool { return !at.Add(Window).Before(l.Due) }

// Batch are the lists of one owner.
type Batch struct {
	Owner string
	Lists []List
}

// Batches returns the lists that are due by their owners. Both are in a fixed order: the
// list that is due first comes first.
func Batches(lists []List, at time.Time) []Batch {
	byOwner := map[string][]List{}
	for _, l := range lists {
		if !l.IsDue(at) {
			continue
		}
		owners := slices.Clone(l.Owners)
		slices.Sort(owners)
		for _, owner := range slices.Compact(owners) {
			byOwner[owner] = append(byOwner[owner], l)
		}
	}
	batches := make([]Batch, 0, len(byOwner))
	for owner, lists := range byOwner {
		slices.SortFunc(lists, func(a, b List) int {
			return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Title, b.Title), strings.Compare(a.Name, b.Name))
		})
		batches = append(batches, Batch{Owner: owner, Lists: lists})
	}
	slices.SortFunc(batches, func(a, b Batch) int { return strings.Compare(a.Owner, b.Owner) })
	return batches
}

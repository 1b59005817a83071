package recipients

import (
	"maps"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// recognise finds the guests whose channels are not known among the messages that another
// plugin has posted, which name channels only. Which guest has which of them does not matter,
// as long as there are as many of both. Where there are not, a guest may not have been told,
// and twice is better than never. Guests wait until all of them are known.
func recognise(t *track.Request, found *track.Audience) {
	have := t.Keeper.Record()
	strangers, nameless := unknown(have, found.Guests), unmatched(have, found.Guests)
	switch {
	case len(strangers) == 0 || len(nameless) == 0:
	case found.Extent != track.Whole:
		found.Guests = slices.DeleteFunc(slices.Clone(found.Guests), func(g track.Guest) bool {
			return slices.Contains(strangers, g.To)
		})
	case len(strangers) == len(nameless):
		t.Keeper.Learn(func(r *record.Record) {
			for i, to := range strangers {
				r.Alias(nameless[i], to.ID)
			}
		})
	}
}

// unknown returns the addresses of guests that are no channels', and that were not told.
func unknown(have record.Record, guests []track.Guest) []messenger.Address {
	var found []messenger.Address
	for _, g := range guests {
		if _, known := have.Entry(g.To.ID); !known && g.To.ByName && g.From.IsZero() {
			found = append(found, g.To)
		}
	}
	return found
}

// unmatched returns the ids of entries that no operator has named a recipient for, and that
// are no guest's.
func unmatched(have record.Record, guests []track.Guest) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(have.To)) {
		e := have.To[id]
		own := slices.ContainsFunc(guests, func(g track.Guest) bool { return have.At(g.To.ID) == id })
		if e.Ref != "" && e.Name == "" && e.As == "" && !own {
			ids = append(ids, id)
		}
	}
	return ids
}

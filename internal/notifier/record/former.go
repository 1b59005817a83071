package record

import (
	"maps"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// FormerID returns the id under which an address, that a recipient's name stands for, was told
// or is about to be, "" if there is none: the one with a message in the same channel, or the
// one with the same name, if either is not known by more than that name. Two ids are two
// channels, of which one has the name now: so are two that are wanted.
func FormerID(have Record, to messenger.Address, name string, wanted map[string]bool) string {
	named := to.ID == name
	for _, id := range slices.Sorted(maps.Keys(have.To)) {
		e := have.To[id]
		if id == to.ID || wanted[id] && wanted[to.ID] {
			continue
		}
		ref, _ := messenger.ParseRef(e.Ref)
		sameName := e.Name != "" && e.Name == name
		byName := (id == e.Name || e.As == e.Name) && e.Ref == ""
		sameName = sameName && (byName || named || to.Direct && ref.Channel != id)
		if ref.Channel == to.ID || sameName {
			return id
		}
	}
	return ""
}

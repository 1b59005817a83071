package record

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// TestAFormerID covers the addresses that two operators, or two times, know by other ids.
func TestAFormerID(t *testing.T) {
	type guest struct{ id, name string }
	for name, tt := range map[string]struct {
		id     string
		entry  Entry
		guest  guest
		wanted []string
		want   string
	}{
		"a message in the channel":      {"old", Entry{Ref: "c1/1"}, guest{"c1", "ops"}, nil, "old"},
		"claimed by name":               {"ops", Entry{Addressee: Addressee{Name: "ops"}}, guest{"c1", "ops"}, nil, "ops"},
		"claimed by name, moved since":  {"c2", Entry{Addressee: Addressee{Name: "ops"}, As: "ops"}, guest{"c1", "ops"}, nil, "c2"},
		"told in another channel":       {"c2", Entry{Addressee: Addressee{Name: "ops"}, Ref: "c2/1"}, guest{"c1", "ops"}, nil, ""},
		"known by name only now":        {"c1", Entry{Addressee: Addressee{Name: "ops"}, Ref: "c1/1"}, guest{"ops", "ops"}, nil, "c1"},
		"another recipient":             {"c2", Entry{Addressee: Addressee{Name: "dev"}}, guest{"c1", "ops"}, nil, ""},
		"the rules name the other, too": {"ops", Entry{Addressee: Addressee{Name: "ops"}}, guest{"c1", "ops"}, []string{"ops", "c1"}, ""},
		"the rules name the other":      {"c1", Entry{Addressee: Addressee{Name: "ops"}}, guest{"ops", "ops"}, []string{"c1"}, "c1"},
	} {
		wanted := map[string]bool{}
		for _, id := range tt.wanted {
			wanted[id] = true
		}
		have := Record{To: map[string]Entry{tt.id: tt.entry}}
		if got := FormerID(have, messenger.Address{ID: tt.guest.id}, tt.guest.name, wanted); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

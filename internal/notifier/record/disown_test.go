package record

import "testing"

// TestADisownedMessageLeavesNoEntry covers an address that may be known by another id: an entry
// beside that one would have it told twice.
func TestADisownedMessageLeavesNoEntry(t *testing.T) {
	r := Record{To: map[string]Entry{
		"a": {Ref: "c/1", Adopted: true, Edit: &Claim{What: Edit, By: "me"}},
		"b": {Ref: "c/2", Strays: []string{"c/3"}, Adopted: true},
	}}
	r.Disown("a", "c/1")
	r.Disown("b", "c/2")
	if e, told := r.To["a"]; told {
		t.Errorf("the address keeps %+v", e)
	}
	if e := r.To["b"]; e.Ref != "c/3" || len(e.Strays) > 0 {
		t.Errorf("the other copy is lost: %+v", e)
	}
}

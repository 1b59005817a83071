package message

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// TestButtonsGoWithTheRequest: there are none below what cannot be decided on.
func TestButtonsGoWithTheRequest(t *testing.T) {
	full := &Buttons{Approve: true}
	offered := New(roleRequest(), cluster).Offer(full)
	if l := offered.Layout(wide, roomy); len(l.Buttons) != 2 || !l.Buttons[0].Approve || l.Buttons[0].Label != "Approve" ||
		l.Buttons[1].Approve || l.Buttons[1].Label != "Deny" || l.Buttons[1].Value != offered.ButtonValue() {
		t.Errorf("buttons %+v", l.Buttons)
	}
	if l := offered.Offer(&Buttons{}).Layout(wide, roomy); len(l.Buttons) != 1 || l.Buttons[0].Approve {
		t.Errorf("who may only deny has the buttons %+v", l.Buttons)
	}
	resolved := New(with(func(r *accessrequest.Request) { r.State = accessrequest.Denied }), cluster)
	odd := New(with(func(r *accessrequest.Request) { r.ID = "a b" }), cluster)
	long := New(with(func(r *accessrequest.Request) { r.ID = strings.Repeat("a", maxButtonID+1) }), cluster)
	for name, m := range map[string]Message{
		"resolved": resolved.Offer(full), "with a space": odd.Offer(full), "with a long id": long.Offer(full),
		"to the requester": offered.ToRequester(), "withdrawn": offered.Offer(nil),
		"a reminder": offered.Remind(0, nil), "an outcome": offered.Outcome(),
	} {
		if m.Buttons != nil || m.Layout(wide, roomy).Buttons != nil {
			t.Errorf("a message that is %s has buttons", name)
		}
	}
}

// TestButtonsChangeTheDigest, so that messages get them and lose them, and the same words in
// another language do not.
func TestButtonsChangeTheDigest(t *testing.T) {
	plain := New(roleRequest(), cluster)
	german := Wording{Language: German}.Describe(roleRequest(), cluster, nil)
	full := &Buttons{Approve: true}
	if plain.Offer(full).Digest() == plain.Digest() || german.Offer(full).Digest() == german.Digest() {
		t.Error("a message with buttons looks like one without")
	}
	if plain.Offer(full).Digest() != german.Offer(full).Digest() || plain.Offer(nil).Digest() != plain.Digest() {
		t.Error("another language makes another message")
	}
	if plain.Offer(full).Digest() == plain.Offer(&Buttons{}).Digest() {
		t.Error("a message on which reviewers may only deny looks like one on which they may approve")
	}
}

// TestButtonValue holds the request and the digest of its facts, and is short enough for Discord.
func TestButtonValue(t *testing.T) {
	facts := roleRequest().FactsDigest()
	value := New(roleRequest(), cluster).Offer(&Buttons{Facts: facts}).ButtonValue()
	if id, got, ok := ParseButtonValue(value); !ok || id != requestID || got != facts || facts == "" {
		t.Fatalf("%q is read as %q, %q, %t", value, id, got, ok)
	}
	if len("approve:"+value) > 100 {
		t.Errorf("%q is too long for Discord", value)
	}
	for _, forged := range []string{"", "/", "x/", "/x", "x"} {
		if _, _, ok := ParseButtonValue(forged); ok {
			t.Errorf("%q is taken for a value", forged)
		}
	}
}

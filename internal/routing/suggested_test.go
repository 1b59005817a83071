package routing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// What a requester writes names a person by e-mail address, or no recipient at all.
func TestARequestersTextOnlyEverNamesAPersonByEmail(t *testing.T) {
	tests := map[string]bool{
		"alice@example.com":                true,
		"Alice.O'Neil+ops@Example.com":     true,
		"a@sub.example.co.uk":              true,
		"alice@corp":                       true,
		"jürgen@example.com":               true,
		"alice@bücher.example":             true,
		"alice@xn--bcher-kva.example":      true,
		"हिन्दी@उदाहरण.भारत":               true,
		strings.Repeat("a", 64) + "@b.com": true,

		"":                                      false,
		"bob":                                   false,
		"#general":                              false,
		"general":                               false,
		"@here":                                 false,
		"@channel":                              false,
		"#general@example.com":                  false,
		"@alice@example.com":                    false,
		"C024BE91L":                             false,
		"U024BE91L":                             false,
		"<!channel>":                            false,
		"<@U024BE91L>":                          false,
		"123456789012345678":                    false,
		"team/general":                          false,
		"team/general@example.com":              false,
		"alice@example.com/general":             false,
		`alice@example.com\general`:             false,
		"alice@example.com,bob@b.com":           false,
		"alice@example.com;bob@b.com":           false,
		"alice@example.com bob@b.com":           false,
		" alice@example.com":                    false,
		"alice@example.com\n":                   false,
		"alice\u00a0x@example.com":              false,
		"alice\u200b@example.com":               false,
		"alice\u202e@example.com":               false,
		"alice\x00@example.com":                 false,
		"alice@exa\x7fmple.com":                 false,
		"Dan <dan@example.com>":                 false,
		"<dan@example.com>":                     false,
		`"dan"@example.com`:                     false,
		`"dan b"@example.com`:                   false,
		"dan(comment)@example.com":              false,
		"mailto:dan@example.com":                false,
		"dan@[127.0.0.1]":                       false,
		"dan@example..com":                      false,
		"dan@.example.com":                      false,
		"dan@example.com.":                      false,
		"dan@-example.com":                      false,
		"dan@exam_ple.com":                      false,
		"dan@example.com#general":               false,
		"dan@example.com?x":                     false,
		"dan@@example.com":                      false,
		"dan\xff@example.com":                   false,
		strings.Repeat("a", 250) + "@b.com":     false,
		"a@" + strings.Repeat("b", 64) + ".com": false,
	}
	for text, want := range tests {
		rules := routing.Rules{SuggestedReviewers: true, Requester: true}
		for i, request := range []accessrequest.Request{{SuggestedReviewers: []string{text}}, {User: text}} {
			got := rules.Recipients(request)
			if (len(got) == 1) != want || want && got[0] != (routing.Recipient{Name: text, Person: true, Requester: i == 1}) {
				t.Errorf("%q: %v, want it to be a person: %v", text, got, want)
			}
		}
	}
}

func TestSuggestedReviewersAreCapped(t *testing.T) {
	rules := routing.Rules{
		Always:             []string{"ops", "r3@example.com"},
		SuggestedReviewers: true,
		Requester:          true,
	}
	request := accessrequest.Request{User: "eve@example.com"}
	for i := range 50 {
		name := fmt.Sprintf("r%d@example.com", i)
		request.SuggestedReviewers = append(request.SuggestedReviewers, "bob", name, strings.ToUpper(name), name)
	}
	got := rules.Recipients(request)
	if n := len(got); n != 2+routing.MaxSuggested+1 {
		t.Errorf("%d recipients, want 2 that are configured, %d that are suggested and the requester", n, routing.MaxSuggested)
	}
	if last := got[len(got)-1]; last.Name != "eve@example.com" {
		t.Errorf("the last recipient is %v, want the requester", last)
	}
	if n := routing.LeftOut(request, got); n != 50-1-routing.MaxSuggested {
		t.Errorf("%d are left out, want %d", n, 50-1-routing.MaxSuggested)
	}
	request.SuggestedReviewers = request.SuggestedReviewers[:40]
	if n := routing.LeftOut(request, rules.Recipients(request)); n != 0 {
		t.Errorf("%d are left out of 10", n)
	}
	rules.SuggestedReviewers = false
	if n := routing.LeftOut(request, rules.Recipients(request)); n != 0 {
		t.Errorf("%d are left out where suggestions are not used", n)
	}
}

// Comparing each with all others takes about 100 times longer for 100 times as many. Both
// times are of as many suggestions, so that a busy machine prolongs both.
func TestManySuggestionsCostLinearTime(t *testing.T) {
	const all = 50_000
	rules := routing.Rules{SuggestedReviewers: true}
	inLotsOf := func(n int) time.Duration {
		var request accessrequest.Request
		for i := range n {
			request.SuggestedReviewers = append(request.SuggestedReviewers, fmt.Sprintf("r%d@example.com", i))
		}
		begun := time.Now()
		for range all / n {
			rules.Recipients(request)
		}
		return time.Since(begun)
	}
	few, many := inLotsOf(500), inLotsOf(all)
	if many > 20*few {
		t.Errorf("%v in lots of 500, %v in one", few, many)
	}
}

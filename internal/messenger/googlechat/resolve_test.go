package googlechat

import (
	"errors"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

func TestSpacesAreNamedInManyWays(t *testing.T) {
	for recipient, want := range map[string]string{
		"spaces/AAAAMpdlehY": "AAAAMpdlehY", "AAAAMpdlehY": "AAAAMpdlehY", "spaces/AA_A-pdlehY": "AA_A-pdlehY",
		"https://mail.google.com/chat/u/0/#chat/space/AAAAMpdlehY":  "AAAAMpdlehY",
		"https://mail.google.com/mail/u/0/#chat/space/AAAAMpdlehY":  "AAAAMpdlehY",
		"https://mail.google.com/chat/u/0/#chat/dm/AAAAMpdlehY":     "AAAAMpdlehY",
		"https://chat.google.com/room/AAAAMpdlehY?cls=7":            "AAAAMpdlehY",
		"https://chat.google.com/room/AAAAMpdlehY/thread1/message1": "AAAAMpdlehY",
		"https://chat.google.com/u/0/app/chat/AAAAMpdlehY":          "AAAAMpdlehY",

		"": "", "spaces/": "", "spaces/a b": "", "spaces/AAAAMpdlehY/messages/x": "", "#ops": "", "../users": "",
		"https://evil.example/room/AAAAMpdlehY":                   "",
		"https://chat.google.com.evil.example/room/AAAAMpdlehY":   "",
		"http://chat.google.com/room/AAAAMpdlehY":                 "",
		"https://chat.google.com/room/AAAAMpdlehY%2F..%2F":        "",
		"https://chat.google.com/room/" + strings.Repeat("A", 65): "",
	} {
		if got := idOfSpace(recipient); got != want {
			t.Errorf("%q names the space %q, want %q", recipient, got, want)
		}
	}
}

func TestWhatToWriteInstead(t *testing.T) {
	for recipient, good := range map[string]bool{
		"spaces/AAAAMpdlehY": true, "alice@example.com": true, "users/123456789012345678901": true, "users/alice@example.com": true,
		"#ops": false, "team/ops": false, "a b": false, "users/alice": false, "": false,
	} {
		if advice := writeInstead(recipient); (advice == "") != good {
			t.Errorf("in place of %q write %q", recipient, advice)
		}
	}
}

// TestAMentionTakesTheID of the person, which the members of the direct messages tell.
func TestAMentionTakesTheID(t *testing.T) {
	const dm = "GET /v1/spaces/dmAAAA1/members"
	found := answer{Body: `{"name":"spaces/dmAAAA1","spaceType":"DIRECT_MESSAGE"}`}
	for name, tt := range map[string]struct {
		members answer
		want    string
		fails   bool
	}{
		"a person":         {answer{Body: `{"memberships":[{"member":{"name":"users/app","type":"BOT"}},{"member":{"name":"users/123456","type":"HUMAN"}}]}`}, "<users/123456>", false},
		"no member":        {answer{Body: `{}`}, "", false},
		"a forged id":      {answer{Body: `{"memberships":[{"member":{"name":"users/all","type":"HUMAN"}}]}`}, "", false},
		"not to be seen":   {refusalOf(403, "PERMISSION_DENIED", ""), "", false},
		"in trouble":       {answer{Status: 502}, "", true},
		"no more requests": {answer{Status: 429}, "", true},
	} {
		g, _ := newBot(t, map[string][]answer{routeDirect: {found}, dm: {tt.members}})
		to, err := g.ResolvePerson(t.Context(), "alice@example.com")
		if (err != nil) != tt.fails || !tt.fails && (to.Mention != tt.want || !to.Direct || to.ID != "dmAAAA1") {
			t.Errorf("%s: ResolvePerson = %+v, %v", name, to, err)
		}
	}
}

// TestRequestsAreAsDocumented: the query and the body of each call.
func TestRequestsAreAsDocumented(t *testing.T) {
	g, a := newBot(t, map[string][]answer{routeDirect: {{Body: `{"name":"spaces/dmAAAA1","spaceType":"DIRECT_MESSAGE"}`}}})
	if _, err := g.ResolveUser(t.Context(), "123456789"); err != nil {
		t.Fatal(err)
	}
	last := a.Last()
	if last.Query != "name=users%2F123456789" || last.Header.Get("Authorization") != "Bearer ya29.a" || last.Header.Get("User-Agent") != "access-notifier/test" {
		t.Errorf("the call is %+v", last)
	}
	form := a.Calls()[0].Form(t)
	if form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || form.Get("assertion") == "" || len(form) != 2 {
		t.Errorf("the form for a token is %v", form)
	}
}

// TestFindersSayWhatTheyCannotTell.
func TestFindersSayWhatTheyCannotTell(t *testing.T) {
	route := "GET /v1/spaces/" + spaceOne + "/messages/" + idOf(asMessage, "key")
	for name, tt := range map[string]struct {
		answer answer
		want   error
	}{
		"none":       {refusalOf(404, "NOT_FOUND", ""), messenger.ErrNotFound},
		"deleted":    {answer{Body: `{"name":"spaces/` + spaceOne + `/messages/` + messageOne + `","deleteTime":"x"}`}, messenger.ErrNotFound},
		"not let in": {refusalOf(403, "PERMISSION_DENIED", ""), messenger.ErrCannotLook},
	} {
		g, _ := newBot(t, map[string][]answer{route: {tt.answer}})
		if _, err := g.Find(t.Context(), address, "key", created); !errors.Is(err, tt.want) {
			t.Errorf("%s: Find = %v, want %v", name, err, tt.want)
		}
	}
}

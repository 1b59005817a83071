package messenger

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// pigeon describes a service that does not exist.
func pigeon(url string) Descriptor {
	return Descriptor{Type: "Pigeon", DefaultURL: url, Secrets: []string{SecretToken}}
}

func TestNewBotChecksTheConfiguration(t *testing.T) {
	const token, address = "token", "https://chat.example"
	for name, config := range map[string]Config{
		"no token":               {URL: address},
		"blank token":            {URL: address, Secrets: Token(" \n")},
		"token of two lines":     {URL: address, Secrets: Token("secret\nb")},
		"token with its scheme":  {URL: address, Secrets: Token("Bot secret")},
		"no address":             {Secrets: Token(token)},
		"address without scheme": {Secrets: Token(token), URL: "chat.example/secret"},
		"address without host":   {Secrets: Token(token), URL: "https:///secret"},
		"only slashes":           {Secrets: Token(token), URL: "https://"},
		"only a port":            {Secrets: Token(token), URL: "https://:443"},
		"address of a file":      {Secrets: Token(token), URL: "file:///etc/secret"},
		"with a query":           {Secrets: Token(token), URL: "https://chat.example/?secret"},
		"with an empty query":    {Secrets: Token(token), URL: "https://chat.example/?"},
		"with a fragment":        {Secrets: Token(token), URL: "https://chat.example/#secret"},
		"with a user":            {Secrets: Token(token), URL: "https://user:secret@chat.example"},
		"no URL at all":          {Secrets: Token(token), URL: "https://secret%zz"},
	} {
		_, err := NewBot(pigeon(""), config)
		if err == nil {
			t.Errorf("%s: NewBot accepts it", name)
			continue
		}
		if text := err.Error(); strings.Contains(text, "secret") || !strings.HasPrefix(text, "pigeon: ") {
			t.Errorf("%s: error %q", name, text)
		}
	}
}

func TestNewBotTellsAllMistakesAtOnce(t *testing.T) {
	_, err := NewBot(pigeon(""), Config{Secrets: Token("a b"), URL: "chat.example"})
	if err == nil || !strings.Contains(err.Error(), "white space") || !strings.Contains(err.Error(), "not an http or https URL") {
		t.Errorf("of two mistakes, the error is %v", err)
	}
}

func TestNewBotCompletesTheConfiguration(t *testing.T) {
	for address, want := range map[string]string{
		"":                            "https://public.example/api",
		"https://chat.example":        "https://chat.example",
		" https://chat.example/a//\n": "https://chat.example/a",
		"http://[::1]:8065/":          "http://[::1]:8065",
	} {
		bot, err := NewBot(pigeon("https://public.example/api/"), Config{Secrets: Token(" token\n"), URL: address})
		if err != nil {
			t.Fatal(err)
		}
		if bot.Token != "token" || bot.URL.String() != want || bot.UserAgent != "access-notifier/dev" {
			t.Errorf("NewBot(%q) = %q, %s, %q; want the trimmed token and %s", address, bot.Token, bot.URL, bot.UserAgent, want)
		}
		if bot.Caller.Client == nil || bot.Caller.Throttle == nil {
			t.Errorf("NewBot(%q) has a caller %+v", address, bot.Caller)
		}
	}
	given := Config{Secrets: Token("token"), HTTPClient: NewHTTPClient(TransportConfig{}), Throttle: &Throttle{}, Version: "1.2"}
	bot, err := NewBot(pigeon("https://public.example"), given)
	if err != nil {
		t.Fatal(err)
	}
	if bot.Caller.Client != given.HTTPClient || bot.Caller.Throttle != given.Throttle || bot.UserAgent != "access-notifier/1.2" {
		t.Errorf("NewBot replaces what it was given: %+v, %q", bot.Caller, bot.UserAgent)
	}
}

func TestIdentityIsAskedForUntilItIsKnown(t *testing.T) {
	var known BotAccount
	asked := 0
	ask := func(context.Context) (Account, error) {
		if asked++; asked == 1 {
			return Account{}, errors.New("not now")
		}
		return Account{Bot: "me"}, nil
	}
	if id, err := known.ID(t.Context(), ask); err == nil {
		t.Errorf("ID = %q, want the failure", id)
	}
	for range 3 {
		if id, err := known.ID(t.Context(), ask); id != "me" || err != nil {
			t.Errorf("ID = %q, %v", id, err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want 2", asked)
	}
	known.Remember(Account{Bot: "another"})
	if id, err := known.ID(t.Context(), ask); id != "another" || err != nil {
		t.Errorf("ID = %q, %v; want what was remembered", id, err)
	}
}

func TestAnAccountIsToldByNameAndID(t *testing.T) {
	for want, account := range map[string]Account{
		"U1":                        {Bot: "U1"},
		"U1 in T1":                  {Bot: "U1", Workspace: "T1"},
		"notifier (U1)":             {Bot: "U1", BotName: "notifier"},
		"notifier (U1) in chat":     {Bot: "U1", BotName: "notifier", Workspace: "chat"},
		"notifier (U1) in Org (T1)": {Bot: "U1", BotName: "notifier\x1b\u202e", Workspace: "T1", WorkspaceName: " Org\n"},
		strings.Repeat("x", 57) + "… (103 more characters) (U1)": {Bot: "U1", BotName: strings.Repeat("x", 2*maxNameLength)},
	} {
		var remembered BotAccount
		remembered.Remember(account)
		if got, ok := remembered.Known(); got.String() != want || !ok {
			t.Errorf("%+v is told as %q, %t; want %q", account, got, ok, want)
		}
	}
}

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// platform is a messenger that the suite can simulate.
type platform struct {
	// kind is the messenger's type in the AccessNotifier API.
	kind string
	// name ends the names of scenarios.
	name     string
	simulate func(messengertest.Options) messengertest.Simulator
	// channel and direct return how a notifier names a channel or a person.
	channel func(name, id string) string
	direct  func(email, id string) string
	// bucket identifies the calls that one refusal with 429 holds back. It may
	// read the body.
	bucket func(r *http.Request, body string) string
	// refusal is how many calls it takes to find out that a token is refused.
	refusal int
	// post is the name under which the simulator counts posts.
	post string
	// scopes are those of the token; nil is all.
	scopes []string
	// spec is the messenger of an AccessNotifier.
	spec func(url string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec
	// flag begins the operator's flag that says where the service is; empty if
	// the AccessNotifier says it.
	flag string
	// blind is true if the bot cannot look up its own posts: an unclear outcome
	// may double a message.
	blind bool
}

// simulated are the platforms by the type of the messenger.
var simulated = map[string]platform{
	"Slack": {
		kind: "Slack", name: "slack", post: "chat.postMessage", refusal: 1,
		simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewSlack(o) },
		channel:  func(name, _ string) string { return name },
		direct:   func(email, _ string) string { return email },
		bucket:   slackBucket,
		spec: func(_ string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
			return v1alpha1.MessengerSpec{Slack: &v1alpha1.SlackSpec{TokenSecretRef: token}}
		},
		flag: "--slack-api-url=",
	},
	"Discord": {
		kind: "Discord", name: "discord", post: "POST /channels/{channel}/messages", refusal: 1,
		simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewDiscord(o) },
		channel:  func(_, id string) string { return id },
		direct:   func(_, id string) string { return "user:" + id },
		bucket:   func(r *http.Request, _ string) string { return r.Method + " " + r.URL.Path },
		spec: func(_ string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
			return v1alpha1.MessengerSpec{Discord: &v1alpha1.DiscordSpec{TokenSecretRef: token}}
		},
		flag: "--discord-api-url=",
	},
	"Mattermost": {
		kind: "Mattermost", name: "mattermost", post: "POST /posts", refusal: 5,
		simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewMattermost(o) },
		channel:  func(name, _ string) string { return "main/" + name },
		direct:   func(email, _ string) string { return email },
		bucket:   func(*http.Request, string) string { return "" },
		spec: func(url string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
			return v1alpha1.MessengerSpec{Mattermost: &v1alpha1.MattermostSpec{URL: url, TokenSecretRef: token}}
		},
	},
}

// platforms returns a platform for every messenger that exists.
func platforms() ([]platform, error) {
	var all []platform
	for _, kind := range registry.All().Types() {
		p, ok := simulated[kind]
		if !ok {
			return nil, fmt.Errorf("there is no simulator for messenger %s", kind)
		}
		all = append(all, p)
	}
	return all, nil
}

// withoutHistory is Slack for a bot that may not read what was posted.
func withoutHistory() platform {
	p := simulated["Slack"]
	p.name, p.blind = "slack-no-history", true
	p.scopes = []string{
		"chat:write", "users:read", "users:read.email", "channels:read", "groups:read", "im:read", "im:write",
	}
	return p
}

// slackBucket is the method and the channel: Slack limits posts per channel.
func slackBucket(r *http.Request, body string) string {
	form, err := url.ParseQuery(body)
	if err != nil {
		return r.URL.Path
	}
	return r.URL.Path + " " + form.Get("channel")
}

// readBody returns the body of a request, which can still be sent.
func readBody(r *http.Request) (string, error) {
	if r.GetBody == nil {
		return "", nil
	}
	copied, err := r.GetBody()
	if err != nil {
		return "", err
	}
	defer func() { _ = copied.Close() }()
	var text strings.Builder
	_, err = io.Copy(&text, copied)
	return text.String(), err
}

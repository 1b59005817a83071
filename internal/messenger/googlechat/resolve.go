package googlechat

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

var (
	// spaceID is what the ids of spaces look like. Google does not say; this leaves no room for
	// what has a meaning in a path.
	spaceID = regexp.MustCompile(`^[A-Za-z0-9_-]{6,64}$`)
	// spaceURL is the address of a space in a browser.
	spaceURL = regexp.MustCompile(`^https://(?:mail|chat)\.google\.com/\S*?(?:space|dm|room|app/chat)/([A-Za-z0-9_-]{6,64})(?:[/?#]\S*)?$`)
	// userID is what the ids of people look like: those of the People API and the Admin SDK.
	userID = regexp.MustCompile(`^[0-9]{6,30}$`)
	// messageID is what the ids of messages look like, system-assigned or not.
	messageID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}(\.[A-Za-z0-9_-]{1,100})?$`)
)

// The prefixes of resource names.
const (
	spacesPrefix = "spaces/"
	usersPrefix  = "users/"
)

// space is what is read of a space.
type space struct {
	Name string `json:"name"`
	// SpaceType is "SPACE", "GROUP_CHAT" or "DIRECT_MESSAGE".
	SpaceType string `json:"spaceType"`
}

// Resolve implements messenger.Messenger. A recipient is the resource name of a space, its id or
// its URL, an e-mail address, or the resource name of a person. The address is always the id of
// a space, so that one that is named in two ways is one recipient.
func (g *GoogleChat) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	recipient = strings.TrimSpace(recipient)
	person := strings.TrimPrefix(recipient, usersPrefix)
	if email, ok := messenger.EmailAddress(person); ok {
		return g.openDirect(ctx, email)
	}
	if person != recipient && userID.MatchString(person) {
		return g.openDirect(ctx, person)
	}
	if id := idOfSpace(recipient); id != "" {
		return g.resolveSpace(ctx, id)
	}
	return messenger.Address{}, &messenger.Error{
		Class: messenger.RecipientPermanent, Call: "resolve", Code: "invalid_recipient", What: whatNoName, Advice: adviceRecipient,
	}
}

// idOfSpace returns the id of the space that a recipient names, "" if it names none.
func idOfSpace(recipient string) string {
	if match := spaceURL.FindStringSubmatch(recipient); match != nil {
		return match[1]
	}
	if id := strings.TrimPrefix(recipient, spacesPrefix); spaceID.MatchString(id) {
		return id
	}
	return ""
}

// writeInstead implements messenger.Descriptor's WriteInstead.
func writeInstead(recipient string) string {
	recipient = strings.TrimSpace(recipient)
	person := strings.TrimPrefix(recipient, usersPrefix)
	_, isEmail := messenger.EmailAddress(person)
	if isEmail || person != recipient && userID.MatchString(person) || idOfSpace(recipient) != "" {
		return ""
	}
	return adviceRecipient
}

// ResolvePerson implements messenger.PersonResolver.
func (g *GoogleChat) ResolvePerson(ctx context.Context, email string) (messenger.Address, error) {
	email, ok := messenger.EmailAddress(email)
	if !ok {
		return messenger.Address{}, messenger.NotAnEmailAddress()
	}
	return g.openDirect(ctx, email)
}

// ResolveUser implements messenger.UserResolver.
func (g *GoogleChat) ResolveUser(ctx context.Context, id string) (messenger.Address, error) {
	if id = strings.TrimSpace(id); !userID.MatchString(id) {
		return messenger.Address{}, messenger.NotAUserID("Name the id of a person in Google Workspace, such as 123456789012345678901")
	}
	return g.openDirect(ctx, id)
}

// resolveSpace asks for a space, which Google shows to an app that is in it.
func (g *GoogleChat) resolveSpace(ctx context.Context, id string) (messenger.Address, error) {
	var found space
	err := g.do(ctx, request{call: callSpace, method: http.MethodGet, path: spacesPrefix + id, space: id}, &found)
	if err != nil {
		return messenger.Address{}, err
	}
	return found.address(callSpace)
}

// openDirect finds the direct messages of a person with the app, by e-mail address or id. An app
// cannot open them: the person or an administrator does that
// (https://developers.google.com/workspace/chat/find-direct-message-in-spaces).
func (g *GoogleChat) openDirect(ctx context.Context, person string) (messenger.Address, error) {
	var found space
	r := request{call: callDirect, method: http.MethodGet, path: "spaces:findDirectMessage", query: query{"name": usersPrefix + person}}
	if err := g.do(ctx, r, &found); err != nil {
		return messenger.Address{}, err
	}
	to, err := found.address(callDirect)
	if err != nil {
		return messenger.Address{}, err
	}
	to.Direct = true
	to.Mention, err = g.mention(ctx, to.ID, person)
	return to, err
}

// mention returns how a person is mentioned, which takes their id: that of the one human member
// of their direct messages. Nothing is known where the app may not see it.
func (g *GoogleChat) mention(ctx context.Context, id, person string) (string, error) {
	if userID.MatchString(person) {
		return mentionOf(person), nil
	}
	var list struct {
		Memberships []struct {
			Member struct {
				Name string `json:"name"`
				Type string `json:"type"`
			} `json:"member"`
		} `json:"memberships"`
	}
	err := g.do(ctx, request{
		call: callMembers, method: http.MethodGet, path: spacesPrefix + id + "/members", space: id,
		query: query{"pageSize": memberPage, "filter": `member.type = "HUMAN"`},
	}, &list)
	if err != nil {
		if messenger.AsError(err).Class.Answered() {
			return "", nil
		}
		return "", err
	}
	for _, membership := range list.Memberships {
		user := strings.TrimPrefix(membership.Member.Name, usersPrefix)
		if membership.Member.Type == "HUMAN" && userID.MatchString(user) {
			return mentionOf(user), nil
		}
	}
	return "", nil
}

// mentionOf is how the text of a message mentions a person. A person who is not in the space is
// not told (https://developers.google.com/workspace/chat/format-messages#messages-@mention).
func mentionOf(user string) string { return "<" + usersPrefix + user + ">" }

// address returns the address of a space that a call answered with.
func (s space) address(call string) (messenger.Address, error) {
	id, ok := strings.CutPrefix(s.Name, spacesPrefix)
	if !ok || !spaceID.MatchString(id) {
		return messenger.Address{}, messenger.BadResponse(call)
	}
	return messenger.Address{ID: id, Direct: s.SpaceType == "DIRECT_MESSAGE"}, nil
}

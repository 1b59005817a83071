package teams

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams/card"
)

// channelID is what ids of channels look like, and chatID those of chats with a person.
var (
	channelID = regexp.MustCompile(`^19:[A-Za-z0-9_-]{1,120}@thread\.(tacv2|skype)$`)
	chatID    = regexp.MustCompile(`^a:[A-Za-z0-9_-]{1,240}$`)
)

// linkPath begins the path of the link to a channel that Teams copies.
const linkPath = "/l/channel/"

// channelOf returns the channel that a recipient names, by its id or by the link to it.
func channelOf(recipient string) (id string, ok bool) {
	if channelID.MatchString(recipient) {
		return recipient, true
	}
	u, err := url.Parse(recipient)
	if err != nil || u.Scheme != "https" || !strings.HasPrefix(u.Path, linkPath) {
		return "", false
	}
	id, _, _ = strings.Cut(strings.TrimPrefix(u.Path, linkPath), "/")
	return id, channelID.MatchString(id)
}

func isChat(id string) bool { return chatID.MatchString(id) }

// adviceRecipient says how recipients are written.
const adviceRecipient = "Write an e-mail address, or the id of a channel, 19:...@thread.tacv2, or the link to it that Teams copies"

func writeInstead(recipient string) string {
	recipient = strings.TrimSpace(recipient)
	_, isChannel := channelOf(recipient)
	_, isEmail := messenger.EmailAddress(recipient)
	if isChannel || isEmail || isChat(recipient) || entraID.MatchString(recipient) {
		return ""
	}
	return adviceRecipient
}

// Resolve implements messenger.Messenger. A recipient is a channel, by its id or link, or a
// person, by e-mail address or object id. Whether the bot is in a channel shows at the first
// message: channels cannot be looked up without it.
func (t *Teams) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	recipient = strings.TrimSpace(recipient)
	if id, ok := channelOf(recipient); ok {
		return messenger.Address{ID: id}, nil
	}
	switch {
	case isChat(recipient):
		return messenger.Address{ID: recipient, Direct: true}, nil
	case entraID.MatchString(recipient):
		return t.ResolveUser(ctx, recipient)
	case writeInstead(recipient) == "":
		return t.ResolvePerson(ctx, recipient)
	default:
		return messenger.Address{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: "resolve", Code: "invalid_recipient",
			What: "the recipient is neither a channel of {service} nor a person", Advice: adviceRecipient,
		}
	}
}

// user is what Microsoft Graph says of a person.
type user struct {
	ID   string `json:"id"`
	Name string `json:"displayName"`
	// Enabled is nil where it is not told.
	Enabled *bool `json:"accountEnabled"`
}

// userFields are what is asked for.
const userFields = "id,displayName,accountEnabled"

// ResolvePerson implements messenger.PersonResolver, by the user principal name or the e-mail
// address. That takes the application permission User.Read.All of Microsoft Graph
// (https://learn.microsoft.com/graph/api/user-list).
func (t *Teams) ResolvePerson(ctx context.Context, email string) (messenger.Address, error) {
	email, ok := messenger.EmailAddress(email)
	if !ok || strings.ContainsAny(email, "\r\n") {
		return messenger.Address{}, messenger.NotAnEmailAddress()
	}
	literal := "'" + strings.ReplaceAll(email, "'", "''") + "'"
	to := t.cloud.graph.JoinPath("v1.0", "users")
	to.RawQuery = url.Values{
		"$filter": {"userPrincipalName eq " + literal + " or mail eq " + literal}, "$select": {userFields}, "$top": {"2"},
	}.Encode()
	var found struct {
		Users *[]user `json:"value"`
	}
	err := t.do(ctx, request{call: callUsers, method: http.MethodGet, url: to, scope: t.cloud.graphScope}, &found)
	switch {
	case err != nil:
		return messenger.Address{}, err
	case found.Users == nil:
		return messenger.Address{}, messenger.BadResponse(callUsers)
	case len(*found.Users) == 0:
		return messenger.Address{}, notUsable("user_not_found", "{service} knows no person by this e-mail address", adviceUser)
	case len(*found.Users) > 1:
		return messenger.Address{}, notUsable("user_ambiguous", "{service} knows several people by this e-mail address", "Name the person by the object id")
	}
	return t.chatWith(ctx, (*found.Users)[0])
}

// ResolveUser implements messenger.UserResolver, by the object id in Microsoft Entra. A bot that
// may not look people up does not know their names, and so cannot mention them.
func (t *Teams) ResolveUser(ctx context.Context, id string) (messenger.Address, error) {
	if id = strings.ToLower(strings.TrimSpace(id)); !entraID.MatchString(id) {
		return messenger.Address{}, messenger.NotAUserID("Name the object id of a user in Microsoft Entra, such as " + standInID)
	}
	to := t.cloud.graph.JoinPath("v1.0", "users", id)
	to.RawQuery = url.Values{"$select": {userFields}}.Encode()
	var found user
	err := t.do(ctx, request{call: callUser, method: http.MethodGet, url: to, scope: t.cloud.graphScope}, &found)
	if messenger.HasCode(err, codeDenied) {
		return t.chatWith(ctx, user{ID: id})
	}
	if err != nil {
		return messenger.Address{}, err
	}
	return t.chatWith(ctx, found)
}

// newChat is what opens the chat with a person, which is always the same one
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages).
type newChat struct {
	Bot         thing   `json:"bot"`
	Members     []thing `json:"members"`
	TenantID    string  `json:"tenantId"`
	ChannelData struct {
		Tenant thing `json:"tenant"`
	} `json:"channelData"`
}

// chatWith returns the address of a person.
func (t *Teams) chatWith(ctx context.Context, u user) (messenger.Address, error) {
	u.ID = strings.ToLower(u.ID)
	switch {
	case !entraID.MatchString(u.ID):
		return messenger.Address{}, messenger.BadResponse(callUsers)
	case u.Enabled != nil && !*u.Enabled:
		return messenger.Address{}, notUsable("user_disabled", "{service} says that this person's account is blocked", adviceUser)
	}
	body := newChat{Bot: thing{"28:" + t.app}, Members: []thing{{u.ID}}, TenantID: t.tenant}
	body.ChannelData.Tenant.ID = t.tenant
	var chat created
	err := t.do(ctx, request{
		call: callCreate, method: http.MethodPost, url: t.connector(), scope: t.cloud.connectorScope, body: body,
	}, &chat)
	if err != nil {
		return messenger.Address{}, err
	}
	if !isChat(chat.ID) {
		return messenger.Address{}, messenger.BadResponse(callCreate)
	}
	address := messenger.Address{ID: chat.ID, Direct: true}
	if u.Name != "" {
		address.Mention = card.Mention(u.ID, u.Name)
	}
	return address, nil
}

func notUsable(code, what, advice string) error {
	return &messenger.Error{Class: messenger.RecipientPermanent, Call: "resolve", Code: code, What: what, Advice: advice}
}

// CheckMember implements messenger.MemberChecker, by asking for the first of a channel's members:
// none are shown to a bot that is not one
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context).
func (t *Teams) CheckMember(ctx context.Context, channel messenger.Address) error {
	to := t.connector(channel.ID, "pagedmembers")
	to.RawQuery = url.Values{"pageSize": {"50"}}.Encode()
	var roster struct {
		Members *[]thing `json:"members"`
	}
	err := t.do(ctx, request{
		call: callRoster, method: http.MethodGet, url: to, scope: t.cloud.connectorScope, address: channel.ID,
	}, &roster)
	if err == nil && roster.Members == nil {
		return messenger.BadResponse(callRoster)
	}
	return err
}

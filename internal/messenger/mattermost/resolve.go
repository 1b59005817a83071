package mattermost

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// user is what we read of an account.
type user struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	DeleteAt int64  `json:"delete_at"`
}

// userName is what the names of accounts look like.
var userName = regexp.MustCompile(`^[a-z0-9._-]+$`)

// namedResource is what we read of a team or a channel.
type namedResource struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	// Type is "O" or "P" for channels, "D" or "G" for direct messages.
	Type     string `json:"type"`
	DeleteAt int64  `json:"delete_at"`
}

var (
	// urlName is what the names of teams and channels in URLs look like.
	urlName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	email   = regexp.MustCompile(`^[^\s@\pC]+@[^\s@/\pC]+$`)
)

// whatNoName says that a recipient is not written as one.
const whatNoName = "the recipient has no name that {service} could know"

// Resolve implements messenger.Messenger. A recipient is TEAM/CHANNEL, with the
// names as in URLs or as they are displayed, an e-mail address, or the id of a
// channel. The address is always the id of a channel, so that one that is named
// in two ways is one recipient.
//
// A displayed name is looked for among the teams and channels that the bot is
// in.
func (m *Mattermost) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	recipient = strings.TrimSpace(recipient)
	team, channel, isPath := strings.Cut(recipient, "/")
	team, channel = strings.TrimSpace(team), strings.TrimSpace(channel)
	switch {
	case isID(recipient):
		return m.resolveID(ctx, recipient)
	case isPath && team != "" && channel != "":
		return m.resolveName(ctx, team, strings.TrimPrefix(channel, "~"))
	case !isPath && email.MatchString(recipient):
		return m.resolveEmail(ctx, recipient)
	default:
		return messenger.Address{}, recipientError("invalid_recipient", whatNoName,
			"Write TEAM/CHANNEL, a channel id or an e-mail address")
	}
}

// ResolvePerson implements messenger.PersonResolver.
func (m *Mattermost) ResolvePerson(ctx context.Context, address string) (messenger.Address, error) {
	address = strings.TrimSpace(address)
	if len(address) > maxEmail || !email.MatchString(address) {
		return messenger.Address{}, recipientError("invalid_recipient", whatNoName, "Write an e-mail address")
	}
	return m.resolveEmail(ctx, address)
}

// resolveID looks at the channel. One that the bot may not read may still be
// one that it may post to.
func (m *Mattermost) resolveID(ctx context.Context, id string) (messenger.Address, error) {
	var channel namedResource
	c := call{name: "GET /channels/{id}", method: http.MethodGet, path: []string{"channels", id}}
	err := m.do(ctx, c, &channel)
	if messenger.HasCode(err, forbidden) {
		return messenger.Address{ID: id}, nil
	}
	if err != nil {
		return messenger.Address{}, err
	}
	return channel.address(c.name)
}

func (m *Mattermost) resolveEmail(ctx context.Context, email string) (messenger.Address, error) {
	var account user
	c := call{name: "GET /users/email/{email}", method: http.MethodGet, path: []string{"users", "email", email}}
	if err := m.do(ctx, c, &account); err != nil {
		return messenger.Address{}, err
	}
	if !isID(account.ID) {
		return messenger.Address{}, messenger.BadResponse(c.name)
	}
	if account.DeleteAt > 0 {
		// Mattermost would take the message, and no person would read it.
		return messenger.Address{}, recipientError("user_deactivated", "{service} says that the account is deactivated", "Use another recipient")
	}
	to, err := m.openDirect(ctx, account.ID)
	if err == nil && userName.MatchString(account.Username) {
		to.Mention = "@" + account.Username
	}
	return to, err
}

// openDirect finds the channel of the direct messages with a user.
func (m *Mattermost) openDirect(ctx context.Context, user string) (messenger.Address, error) {
	me, err := m.selfID(ctx)
	if err != nil {
		return messenger.Address{}, err
	}
	var channel namedResource
	c := call{
		name: "POST /channels/direct", method: http.MethodPost, path: []string{"channels", "direct"},
		body: []string{me, user},
	}
	if err := m.do(ctx, c, &channel); err != nil {
		return messenger.Address{}, err
	}
	return channel.address(c.name)
}

// resolveName tries the names as those of a URL first.
func (m *Mattermost) resolveName(ctx context.Context, team, name string) (messenger.Address, error) {
	if !urlName.MatchString(team) || !urlName.MatchString(name) {
		return m.resolveDisplayName(ctx, team, name)
	}
	var channel namedResource
	c := call{
		name:   "GET /teams/name/{team}/channels/name/{channel}",
		method: http.MethodGet,
		path:   []string{"teams", "name", team, "channels", "name", name},
	}
	err := m.do(ctx, c, &channel)
	if messenger.HasCode(err, noChannel, noTeam) {
		return m.resolveDisplayName(ctx, team, name)
	}
	if err != nil {
		return messenger.Address{}, err
	}
	return channel.address(c.name)
}

func (m *Mattermost) resolveDisplayName(ctx context.Context, teamName, channelName string) (messenger.Address, error) {
	const callTeams, callChannels = "GET /users/me/teams", "GET /users/me/teams/{id}/channels"
	var teams, channels []namedResource
	c := call{name: callTeams, method: http.MethodGet, path: []string{"users", "me", "teams"}}
	if err := m.do(ctx, c, &teams); err != nil {
		return messenger.Address{}, err
	}
	team, err := uniqueMatch(teams, teamName, "team")
	if err != nil {
		return messenger.Address{}, err
	}
	if !isID(team.ID) {
		return messenger.Address{}, messenger.BadResponse(callTeams)
	}
	c = call{name: callChannels, method: http.MethodGet, path: []string{"users", "me", "teams", team.ID, "channels"}}
	if err := m.do(ctx, c, &channels); err != nil {
		return messenger.Address{}, err
	}
	channel, err := uniqueMatch(channels, channelName, "channel")
	if err != nil {
		return messenger.Address{}, err
	}
	return channel.address(callChannels)
}

// uniqueMatch returns the team or channel of a name, which is that of its URL or else the one
// that is displayed. Displayed names need not be unique.
func uniqueMatch(all []namedResource, name, kind string) (namedResource, error) {
	var found []namedResource
	for _, p := range all {
		if p.Type == "D" || p.Type == "G" || p.DeleteAt > 0 {
			continue
		}
		if strings.EqualFold(p.Name, name) {
			return p, nil
		}
		if strings.EqualFold(strings.TrimSpace(p.DisplayName), name) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return namedResource{}, recipientError(kind+"_not_found", "the bot is in no such "+kind+" of {service}", adviceChannel)
	case 1:
		return found[0], nil
	default:
		return namedResource{}, recipientError(kind+"_ambiguous",
			"more than one "+kind+" of {service} has this name", "Write the name that is in its URL")
	}
}

// address returns the address of a channel that a call answered with.
func (p namedResource) address(call string) (messenger.Address, error) {
	if !isID(p.ID) {
		return messenger.Address{}, messenger.BadResponse(call)
	}
	if p.DeleteAt > 0 {
		return messenger.Address{}, recipientError("channel_archived", whatArchived, adviceArchive)
	}
	return messenger.Address{ID: p.ID, Direct: p.Type == "D"}, nil
}

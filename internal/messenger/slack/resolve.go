package slack

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Slack's names of channels are lower-case, so that ids and names never meet.
var (
	channelID = regexp.MustCompile(`^[CGD][A-Z0-9]{7,}$`)
	userID    = regexp.MustCompile(`^[UW][A-Z0-9]{7,}$`)
)

// Resolve implements messenger.Messenger. A recipient is an e-mail address, a
// channel's name with or without "#", or the id of a channel or user.
//
// The address of a channel is its id, so that a channel that is named in two
// ways is one recipient. Where the token may not list channels, a name stays a
// name: chat.postMessage takes both.
func (s *Slack) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	recipient = strings.TrimSpace(recipient)
	switch {
	case channelID.MatchString(recipient):
		return messenger.Address{ID: recipient, Direct: recipient[0] == 'D'}, nil
	case userID.MatchString(recipient):
		return s.openDirect(ctx, recipient)
	case strings.Contains(recipient, "@"):
		return s.resolveEmail(ctx, recipient)
	}
	name := strings.ToLower(strings.TrimPrefix(recipient, "#"))
	if name == "" {
		return messenger.Address{}, &messenger.Error{
			Class:  messenger.RecipientPermanent,
			Call:   "resolve",
			Code:   "invalid_recipient",
			What:   "the recipient has no name that {service} could know",
			Advice: "Name a channel, a channel id or an e-mail address",
		}
	}
	return s.resolveName(ctx, name)
}

// ResolvePerson implements messenger.PersonResolver.
func (s *Slack) ResolvePerson(ctx context.Context, email string) (messenger.Address, error) {
	address, ok := messenger.EmailAddress(email)
	if !ok {
		return messenger.Address{}, messenger.NotAnEmailAddress()
	}
	return s.resolveEmail(ctx, address)
}

// ResolveUser implements messenger.UserResolver.
func (s *Slack) ResolveUser(ctx context.Context, id string) (messenger.Address, error) {
	if id = strings.TrimSpace(id); !userID.MatchString(id) {
		return messenger.Address{}, messenger.NotAUserID("Name the member ID of a Slack user, such as U0123456789")
	}
	return s.openDirect(ctx, id)
}

func (s *Slack) resolveEmail(ctx context.Context, email string) (messenger.Address, error) {
	user, err := s.api(callLookup, methodBucket(callLookup)).GetUserByEmailContext(ctx, email)
	if err != nil {
		return messenger.Address{}, s.classify(callLookup, methodBucket(callLookup), err)
	}
	if user.Deleted {
		return messenger.Address{}, classified(callLookup, "user_disabled")
	}
	if !userID.MatchString(user.ID) {
		return messenger.Address{}, messenger.BadResponse(callLookup)
	}
	return s.openDirect(ctx, user.ID)
}

// openDirect finds the channel of the direct messages with a user. Without the
// scope for that, the user's id serves: chat.postMessage takes it.
func (s *Slack) openDirect(ctx context.Context, user string) (messenger.Address, error) {
	channel, _, _, err := s.api(callOpen, methodBucket(callOpen)).OpenConversationContext(ctx,
		&slackapi.OpenConversationParameters{Users: []string{user}})
	if err != nil {
		err = s.classify(callOpen, methodBucket(callOpen), err)
		if messenger.HasCode(err, "missing_scope") {
			return messenger.Address{ID: user, Direct: true, ByName: true, Mention: "<@" + user + ">"}, nil
		}
		return messenger.Address{}, err
	}
	if channel == nil || !channelID.MatchString(channel.ID) {
		return messenger.Address{}, messenger.BadResponse(callOpen)
	}
	return messenger.Address{ID: channel.ID, Direct: true, Mention: "<@" + user + ">"}, nil
}

func (s *Slack) resolveName(ctx context.Context, name string) (messenger.Address, error) {
	list, err := s.channels.Get(ctx, "", s.listChannels)
	if err == nil && list.missing(name) {
		// The channel may be younger than the list.
		s.channels.Invalidate("", time.Now().Add(-list.maxAge()))
		list, err = s.channels.Get(ctx, "", s.listChannels)
	}
	if err != nil {
		return messenger.Address{}, err
	}
	if list.missing(name) {
		return messenger.Address{}, classified(callList, "channel_not_found")
	}
	if id, ok := list.ids[name]; ok {
		return messenger.Address{ID: id}, nil
	}
	return messenger.Address{ID: name, ByName: true}, nil
}

// channelList is what the token can see of the workspace's channels.
type channelList struct {
	ids map[string]string
	// complete is false when a channel that is not listed may exist although
	// the bot can post in it.
	complete bool
	// pages is how many calls the list took.
	pages int
}

// maxAge returns how long the list is believed about what it lacks, so that any
// number of names that do not exist leave half of the calls to others.
func (l channelList) maxAge() time.Duration {
	return time.Duration(l.pages) * channelsPause
}

// missing reports whether the bot could not post in a channel of that name when the
// list was made.
func (l channelList) missing(name string) bool {
	_, ok := l.ids[name]
	return !ok && l.complete
}

// listChannels lists public and private channels, or only the public ones when
// the token may not see more.
func (s *Slack) listChannels(ctx context.Context) (channelList, error) {
	list, err := s.listChannelsOf(ctx, "public_channel", "private_channel")
	if !cannotList(err) {
		return list, err
	}
	list, err = s.listChannelsOf(ctx, "public_channel")
	if cannotList(err) {
		return channelList{}, nil
	}
	list.complete = false
	return list, err
}

// cannotList reports whether Slack lists no such channels to this token, with which
// posting may work all the same. A token of an organization lacks the argument that
// would name the workspace; an organization may also be refused as such.
func cannotList(err error) bool {
	e, ok := errors.AsType[*messenger.Error](err)
	return ok && (e.Class == messenger.RecipientPermanent ||
		slices.Contains([]string{"missing_argument", "enterprise_is_restricted", "not_allowed_token_type"}, e.Code))
}

// listChannelsOf lists the channels of some types. Where there are more than are
// asked for, or more is said of them than is read, the list is not complete.
func (s *Slack) listChannelsOf(ctx context.Context, types ...string) (channelList, error) {
	list := channelList{ids: make(map[string]string)}
	size, cursor := channelPage, ""
	for range channelPages {
		page, err := messenger.ReadPage(&size, func(size int) (channelsPage, error) {
			list.pages++
			return s.channelsPage(ctx, types, cursor, size)
		})
		if errors.Is(err, messenger.ErrCannotLook) {
			return list, nil
		}
		if err != nil {
			return channelList{}, err
		}
		for _, channel := range page.channels {
			if channelID.MatchString(channel.ID) {
				list.ids[channel.Name] = channel.ID
			}
		}
		if page.next == "" {
			list.complete = true
			return list, nil
		}
		cursor = page.next
	}
	return list, nil
}

// channelsPage is a part of the list of channels, and where the next one begins.
type channelsPage struct {
	channels []slackapi.Channel
	next     string
}

func (s *Slack) channelsPage(ctx context.Context, types []string, cursor string, size int) (channelsPage, error) {
	channels, next, err := s.api(callList, methodBucket(callList)).GetConversationsContext(ctx,
		&slackapi.GetConversationsParameters{Types: types, Limit: size, Cursor: cursor, ExcludeArchived: true})
	if err != nil {
		return channelsPage{}, s.classify(callList, methodBucket(callList), err)
	}
	return channelsPage{channels, next}, nil
}

package discord

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// snowflake is what Discord's ids look like. The rules of the AccessNotifier API say the same.
var snowflake = regexp.MustCompile(`^[0-9]{15,20}$`)

func isSnowflake(s string) bool {
	return snowflake.MatchString(s)
}

// The types of channels that matter here; see
// https://discord.com/developers/docs/resources/channel#channel-object-channel-types.
const (
	typeDirect    = 1
	typeCategory  = 4
	typeDirectory = 14
	typeForum     = 15
	typeMedia     = 16
)

// withoutMessages are the types that hold channels or threads, not messages.
var withoutMessages = []int{typeCategory, typeDirectory, typeForum, typeMedia}

// channel is what Discord says about a channel.
type channel struct {
	ID   string `json:"id"`
	Type int    `json:"type"`
}

// Resolve implements messenger.Messenger. A recipient is the id of a channel,
// or of a user, with or without "user:" before it. The address of a user is the
// channel of the direct messages with them.
func (d *Discord) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	recipient = strings.TrimSpace(recipient)
	if advice := writeInstead(recipient); advice != "" {
		return messenger.Address{}, &messenger.Error{
			Class:  messenger.RecipientPermanent,
			Call:   "resolve",
			Code:   "invalid_recipient",
			What:   "the recipient is no id of {service}",
			Advice: advice,
		}
	}
	if user, ok := strings.CutPrefix(recipient, "user:"); ok {
		return d.openDirect(ctx, user)
	}
	return d.resolveID(ctx, recipient)
}

// writeInstead implements messenger.Descriptor's WriteInstead.
func writeInstead(recipient string) string {
	switch {
	case isSnowflake(strings.TrimPrefix(recipient, "user:")):
		return ""
	case strings.Contains(recipient, "@"):
		return "Name the id of a channel or user; Discord bots cannot look people up by e-mail address"
	default:
		return "Name the id of a channel, or user: and the id of a user"
	}
}

// resolveID looks a channel up. No two things in Discord have the same id, so
// that one that is no channel may be a user's.
func (d *Discord) resolveID(ctx context.Context, id string) (messenger.Address, error) {
	var found channel
	err := d.do(ctx, request{
		call:    callChannel,
		method:  http.MethodGet,
		path:    "/channels/" + url.PathEscape(id),
		channel: id,
	}, &found)
	if messenger.HasCode(err, "10003") {
		address, directErr := d.openDirect(ctx, id)
		// For an unknown user, 50033 was reported, too (bwmarrin/discordgo#953).
		if messenger.HasCode(directErr, "10013", "50033", "50035") {
			return messenger.Address{}, err
		}
		return address, directErr
	}
	if err != nil {
		return messenger.Address{}, err
	}
	return found.address(callChannel)
}

// ResolveUser implements messenger.UserResolver.
func (d *Discord) ResolveUser(ctx context.Context, id string) (messenger.Address, error) {
	if id = strings.TrimSpace(id); !isSnowflake(id) {
		return messenger.Address{}, messenger.NotAUserID("Name the id of a Discord user, such as 123456789012345678")
	}
	return d.openDirect(ctx, id)
}

func (d *Discord) openDirect(ctx context.Context, user string) (messenger.Address, error) {
	var opened channel
	err := d.do(ctx, request{
		call:   callOpenDirect,
		method: http.MethodPost,
		path:   "/users/@me/channels",
		body:   map[string]string{"recipient_id": user},
	}, &opened)
	if err != nil {
		return messenger.Address{}, err
	}
	address, err := opened.address(callOpenDirect)
	if err == nil {
		address.Mention = mention(user)
	}
	return address, err
}

// address is where messages for the channel go.
func (c channel) address(call string) (messenger.Address, error) {
	if !isSnowflake(c.ID) {
		return messenger.Address{}, messenger.BadResponse(call)
	}
	if slices.Contains(withoutMessages, c.Type) {
		return messenger.Address{}, &messenger.Error{
			Class:  messenger.RecipientPermanent,
			Call:   call,
			Code:   "no_text_channel",
			What:   whatNoText,
			Advice: adviceText,
		}
	}
	return messenger.Address{ID: c.ID, Direct: c.Type == typeDirect}, nil
}

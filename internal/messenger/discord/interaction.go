package discord

import (
	"regexp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The types of interactions that matter here; see
// https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object.
const (
	typePing  = 1
	typePress = 3
	typeForm  = 5
)

// reasonID is the custom id of the reason in a form.
const reasonID = "reason"

// interaction is what Discord tells us of a click.
type interaction struct {
	ID            string `json:"id"`
	ApplicationID string `json:"application_id"`
	Type          int    `json:"type"`
	// Token lets us answer for 15 minutes. It is a secret.
	Token string `json:"token"`
	// Member has clicked in a server, User in direct messages.
	Member struct {
		User clicker `json:"user"`
	} `json:"member"`
	User clicker `json:"user"`
	// Message is the one that has the button, also of a form that the button has opened.
	Message struct {
		ID        string  `json:"id"`
		ChannelID string  `json:"channel_id"`
		Author    clicker `json:"author"`
	} `json:"message"`
	ChannelID string `json:"channel_id"`
	Data      struct {
		CustomID      string      `json:"custom_id"`
		ComponentType int         `json:"component_type"`
		Components    []submitted `json:"components"`
	} `json:"data"`
}

type clicker struct {
	ID string `json:"id"`
}

// submitted is a component of a form that was sent: a label with an input, or a row of them, as
// forms were before there were labels.
type submitted struct {
	CustomID   string      `json:"custom_id"`
	Value      string      `json:"value"`
	Component  *submitted  `json:"component"`
	Components []submitted `json:"components"`
}

// reason returns the reason among the components of a form.
func reason(components []submitted) string {
	for _, c := range components {
		if c.CustomID == reasonID {
			return c.Value
		}
		within := c.Components
		if c.Component != nil {
			within = append(within, *c.Component)
		}
		if found := reason(within); found != "" {
			return found
		}
	}
	return ""
}

// answerToken is what the tokens of interactions look like.
var answerToken = regexp.MustCompile(`^[A-Za-z0-9_=+-][A-Za-z0-9_=+.-]{0,999}$`)

// click returns the click that an interaction is, false if it is none on a message of ours.
func (i interaction) click(app application, bot string) (messenger.Click, bool) {
	approve, value, ok := parseCustomID(i.Data.CustomID)
	by := i.Member.User.ID
	if by == "" {
		by = i.User.ID
	}
	switch {
	case !ok, i.Type != typePress && i.Type != typeForm,
		i.Type == typePress && i.Data.ComponentType != typeButton,
		i.ApplicationID != app.id, i.Message.Author.ID != bot, i.Message.ChannelID != i.ChannelID,
		!isSnowflake(by), !isSnowflake(i.ID), !isSnowflake(i.ChannelID), !isSnowflake(i.Message.ID), !answerToken.MatchString(i.Token):
		return messenger.Click{}, false
	}
	click := messenger.Click{
		Ref: messenger.Ref{Channel: i.ChannelID, ID: i.Message.ID}, Approve: approve, Value: value, By: by,
	}
	if i.Type == typeForm {
		click.Reason = reason(i.Data.Components)
	}
	return click, true
}

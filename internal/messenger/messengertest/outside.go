package messengertest

import (
	"encoding/json"
	"strings"
)

// Outside returns what a reader sees of a message without what stands in code and
// in quotations, by the rules of the service's own markup. Messages hold there
// what people typed; what is left is what the bot says itself.
func (p Post) Outside() string {
	switch p.Service {
	case "slack":
		return strings.Join(decoded[slackMessage](p).read().outside, "\n")
	case "discord":
		return joinLines(decoded[discordMessage](p).lines(func(text string) string {
			return showDiscordMarkdown(outsideDiscord(text))
		}))
	case "googlechat":
		return joinLines(decoded[googleMessage](p).lines(outsideGoogleText, outsideGoogleCard))
	case "mattermost":
		return joinLines(decoded[mattermostPost](p).lines(func(text string) string {
			return showMarkdown(outsideMattermost(text))
		}))
	case "email":
		return decoded[emailMail](p).outside()
	case "teams", "teamsworkflow":
		return joinLines(decoded[teamsActivity](p).lines(false))
	case "pagerduty":
		return decoded[pagerDutyEvent](p).outside()
	case "webhook":
		return decoded[webhookEvent](p).outside()
	default:
		panic("messengertest does not know the markup of " + p.Service + ": add it to Post.Outside")
	}
}

// decoded returns the message behind a post, which was encoded by its service.
func decoded[M any](p Post) (message M) {
	if err := json.Unmarshal(p.Raw, &message); err != nil {
		panic("a message of the simulator cannot be decoded: " + err.Error())
	}
	return message
}

package page

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// postView is a message, and the request that it is about.
type postView struct {
	messengertest.Post

	Request string `json:"request,omitempty"`
}

func viewPosts(posts []messengertest.Post) []postView {
	views := make([]postView, len(posts))
	for i, post := range posts {
		views[i] = viewPost(post)
	}
	return views
}

func viewPost(post messengertest.Post) postView {
	return postView{post, RequestOf(post)}
}

// stored is where the services' messages name their request.
type stored struct {
	Metadata struct {
		EventPayload struct {
			RequestID string `json:"request_id"`
		} `json:"event_payload"`
	} `json:"metadata"`
	Embeds []struct {
		Footer struct {
			Text string `json:"text"`
		} `json:"footer"`
	} `json:"embeds"`
	Props struct {
		Attachments []struct {
			Fields []struct {
				Title string `json:"title"`
				Value string `json:"value"`
			} `json:"fields"`
		} `json:"attachments"`
	} `json:"props"`
	Payload struct {
		Details struct {
			Request string `json:"Request"`
		} `json:"custom_details"`
	} `json:"payload"`
	Cards []struct {
		Card struct {
			Sections []struct {
				Widgets []struct {
					DecoratedText struct {
						TopLabel string `json:"topLabel"`
						Text     string `json:"text"`
					} `json:"decoratedText"`
				} `json:"widgets"`
			} `json:"sections"`
		} `json:"card"`
	} `json:"cardsV2"`
	Request struct {
		ID string `json:"id"`
	} `json:"request"`
	Attachments []struct {
		Content struct {
			Body []struct {
				Inlines []struct {
					Text     string `json:"text"`
					IsSubtle bool   `json:"isSubtle"`
				} `json:"inlines"`
			} `json:"body"`
		} `json:"content"`
	} `json:"attachments"`
}

// RequestOf returns the id of the request that a message is about, and nothing
// for other messages, such as those in threads. It reads what the requester
// cannot write: Slack's metadata, Discord's footer, the last of Mattermost's
// fields, of the labels in a card of Google Chat and of PagerDuty's details, the last line of
// a card of Teams, and the request of an event.
func RequestOf(post messengertest.Post) string {
	if post.ThreadOf != "" {
		return ""
	}
	var raw stored
	// What cannot be read is about no request.
	_ = json.Unmarshal(post.Raw, &raw)
	for _, embed := range raw.Embeds {
		id, _, _ := strings.Cut(embed.Footer.Text, " · ")
		if id, ok := strings.CutPrefix(id, "Request "); ok {
			return id
		}
	}
	for _, attachment := range raw.Props.Attachments {
		if n := len(attachment.Fields); n > 0 && attachment.Fields[n-1].Title == "Request" {
			return strings.Trim(attachment.Fields[n-1].Value, "`")
		}
	}
	return cmp.Or(raw.Metadata.EventPayload.RequestID, raw.Request.ID, raw.Payload.Details.Request, raw.inCard(), raw.inAdaptiveCard())
}

// inAdaptiveCard returns what the subtle line of a card names.
func (s stored) inAdaptiveCard() string {
	for _, card := range s.Attachments {
		for _, line := range card.Content.Body {
			if n := len(line.Inlines); n == 1 && line.Inlines[0].IsSubtle {
				return strings.TrimPrefix(line.Inlines[0].Text, "Request ")
			}
		}
	}
	return ""
}

// inCard returns what stands below the last label of a card, if that is the one for requests.
func (s stored) inCard() (id string) {
	for _, each := range s.Cards {
		for _, section := range each.Card.Sections {
			for _, widget := range section.Widgets {
				switch fact := widget.DecoratedText; fact.TopLabel {
				case "":
				case "Request":
					id = strings.TrimSuffix(strings.TrimPrefix(fact.Text, "<i>"), "</i>")
				default:
					id = ""
				}
			}
		}
	}
	return id
}

package slack

import (
	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// What identifies our buttons in a message.
const (
	buttonsBlock  = "review"
	actionApprove = "approve"
	actionDeny    = "deny"
)

// buttons adds what a reviewer can press. A request whose decision has a reason is decided:
// together with that reason there would be more blocks than Slack takes.
func (p *page) buttons(l message.Layout) {
	if len(l.Buttons) == 0 || len(l.StatusReason.Lines) > 0 {
		return
	}
	var elements []slackapi.BlockElement
	for _, b := range l.Buttons {
		elements = append(elements, button(l.Language, b))
	}
	p.add(slackapi.NewActionBlock(buttonsBlock, elements...))
}

func button(language message.Language, b message.Button) slackapi.BlockElement {
	id, style := actionDeny, slackapi.StyleDanger
	if b.Approve {
		id, style = actionApprove, slackapi.StylePrimary
	}
	label := language.Cut(b.Label, maxButtonLabel, count)
	return slackapi.NewButtonBlockElement(id, b.Value, plain(label)).WithStyle(style)
}

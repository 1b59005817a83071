package mattermost

import (
	"context"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	callMember = "GET /channels/{id}/members/me"
	noMember   = "app.channel.get_member.missing.app_error"
)

// CheckMember implements messenger.MemberChecker. A bot that may post everywhere, but is
// not in the channel, cannot edit what it has posted there.
func (m *Mattermost) CheckMember(ctx context.Context, channel messenger.Address) error {
	if channel.Direct {
		return nil
	}
	c := call{name: callMember, method: http.MethodGet, path: []string{"channels", channel.ID, "members", "me"}}
	err := m.do(ctx, c, &struct{}{})
	if messenger.HasCode(err, noMember, forbidden) {
		return &messenger.Error{
			Class: messenger.RecipientPermanent, Call: callMember, Code: "not_in_channel",
			What: outcomes[noMember].what, Advice: adviceInvite,
		}
	}
	return err
}

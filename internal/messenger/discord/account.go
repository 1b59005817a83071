package discord

import (
	"context"
	"net/http"
	"net/url"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const callUser = "get user"

// ReadAccount implements messenger.AccountReader. Accounts of Discord belong to no organization,
// and a bot is not told their e-mail addresses:
// https://discord.com/developers/docs/resources/user#user-object.
func (d *Discord) ReadAccount(ctx context.Context, id string) (messenger.Person, error) {
	if !isSnowflake(id) {
		return messenger.Person{}, messenger.NotAUserID("Name the id of a Discord user, such as 123456789012345678")
	}
	var user struct {
		ID     string `json:"id"`
		Bot    bool   `json:"bot"`
		System bool   `json:"system"`
	}
	err := d.do(ctx, request{call: callUser, method: http.MethodGet, path: "/users/" + url.PathEscape(id)}, &user)
	if err != nil {
		return messenger.Person{}, err
	}
	if user.ID != id {
		return messenger.Person{}, messenger.BadResponse(callUser)
	}
	// Discord's own accounts, which send urgent messages, are no persons either.
	return messenger.Person{Bot: user.Bot || user.System}, nil
}

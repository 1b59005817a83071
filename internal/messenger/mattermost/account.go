package mattermost

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const callUser = "GET /users/{id}"

// roleGuest is the role of guests.
const roleGuest = "system_guest"

// ReadAccount implements messenger.AccountReader.
//
// Mattermost tells whether an e-mail address was confirmed to administrators of the system only
// (ClearNonProfileFields in model/user.go), and so to hardly any bot. An address that may be
// of another person is left out.
func (m *Mattermost) ReadAccount(ctx context.Context, id string) (messenger.Person, error) {
	if !isID(id) {
		return messenger.Person{}, messenger.NotAUserID("Name the id of a Mattermost user, which has 26 letters and digits")
	}
	var found struct {
		user
		Roles         string  `json:"roles"`
		IsBot         bool    `json:"is_bot"`
		RemoteID      *string `json:"remote_id"`
		Email         string  `json:"email"`
		EmailVerified bool    `json:"email_verified"`
	}
	if err := m.do(ctx, call{name: callUser, method: http.MethodGet, path: []string{"users", id}}, &found); err != nil {
		return messenger.Person{}, err
	}
	if found.ID != id {
		return messenger.Person{}, messenger.BadResponse(callUser)
	}
	person := messenger.Person{
		Guest:       slices.Contains(strings.Fields(found.Roles), roleGuest),
		Bot:         found.IsBot,
		External:    found.RemoteID != nil && *found.RemoteID != "",
		Deactivated: found.DeleteAt != 0,
	}
	if found.EmailVerified {
		person.Email, person.EmailConfirmed = found.Email, found.Email != ""
	}
	return person, nil
}

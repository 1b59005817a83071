package mattermost

import (
	"context"
	"fmt"
	"net/http"
)

// password is that of every account. It has what the server asks for.
const password = "Correct-horse-battery-1"

// User is an account of a person or a bot.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
	// Session calls the API as the user. Accounts that an administrator made have
	// none before Login.
	Session Session `json:"-"`
}

type object map[string]any

// CreateUser makes an account. The first one on a server is an administrator's,
// and needs no session.
func (s Session) CreateUser(ctx context.Context, name string) (User, error) {
	var made User
	err := s.Do(ctx, http.MethodPost, "/users", object{
		"username": name, "email": name + "@example.com", "password": password,
	}, &made)
	return made, err
}

// Login returns a session of a person.
func (s Session) Login(ctx context.Context, u User) (Session, error) {
	header, err := s.do(ctx, http.MethodPost, "/users/login", object{"login_id": u.Email, "password": password}, nil)
	if err != nil {
		return Session{}, err
	}
	return Session{URL: s.URL, Token: header.Get("Token")}, nil
}

// CreateBot makes a bot with a token.
func (s Session) CreateBot(ctx context.Context, name string) (User, error) {
	var bot struct {
		UserID string `json:"user_id"`
	}
	if err := s.Do(ctx, http.MethodPost, "/bots", object{"username": name}, &bot); err != nil {
		return User{}, err
	}
	var token struct {
		Token string `json:"token"`
	}
	path := fmt.Sprintf("/users/%s/tokens", bot.UserID)
	if err := s.Do(ctx, http.MethodPost, path, object{"description": "for a test"}, &token); err != nil {
		return User{}, err
	}
	return User{ID: bot.UserID, Username: name, Session: Session{URL: s.URL, Token: token.Token}}, nil
}

// Deactivate ends a person's account.
func (s Session) Deactivate(ctx context.Context, u User) error {
	return s.Do(ctx, http.MethodDelete, "/users/"+u.ID, nil, nil)
}

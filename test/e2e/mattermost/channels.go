package mattermost

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// The types of channels.
const (
	Open    = "O"
	Private = "P"
)

// Place is a team or a channel.
type Place struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	// TeamID is the team of a channel.
	TeamID string `json:"team_id"`
}

// Post is a post as a reader gets it.
type Post struct {
	ID        string                     `json:"id"`
	CreateAt  int64                      `json:"create_at"`
	DeleteAt  int64                      `json:"delete_at"`
	UserID    string                     `json:"user_id"`
	ChannelID string                     `json:"channel_id"`
	RootID    string                     `json:"root_id"`
	Message   string                     `json:"message"`
	Hashtags  string                     `json:"hashtags"`
	Type      string                     `json:"type"`
	Props     map[string]json.RawMessage `json:"props"`
}

// CreateTeam makes an open team.
func (s Session) CreateTeam(ctx context.Context, name, displayName string) (Place, error) {
	var made Place
	err := s.Do(ctx, http.MethodPost, "/teams", object{"name": name, "display_name": displayName, "type": "O"}, &made)
	return made, err
}

// CreateChannel makes a channel in a team.
func (s Session) CreateChannel(ctx context.Context, team Place, name, displayName, kind string) (Place, error) {
	var made Place
	err := s.Do(ctx, http.MethodPost, "/channels", object{
		"team_id": team.ID, "name": name, "display_name": displayName, "type": kind,
	}, &made)
	return made, err
}

// Join makes a user a member of a team.
func (s Session) Join(ctx context.Context, team Place, u User) error {
	return s.Do(ctx, http.MethodPost, "/teams/"+team.ID+"/members", object{"team_id": team.ID, "user_id": u.ID}, nil)
}

// Invite makes a member of the team a member of a channel.
func (s Session) Invite(ctx context.Context, channel Place, u User) error {
	return s.Do(ctx, http.MethodPost, "/channels/"+channel.ID+"/members", object{"user_id": u.ID}, nil)
}

// Archive archives a channel.
func (s Session) Archive(ctx context.Context, channel Place) error {
	return s.Do(ctx, http.MethodDelete, "/channels/"+channel.ID, nil, nil)
}

// Post returns a post.
func (s Session) Post(ctx context.Context, id string) (Post, error) {
	var found Post
	err := s.Do(ctx, http.MethodGet, "/posts/"+id, nil, &found)
	return found, err
}

// Posts returns what people and bots posted in a channel, newest first.
func (s Session) Posts(ctx context.Context, channel string) ([]Post, error) {
	const size = 200
	var all []Post
	for page := 0; ; page++ {
		var list struct {
			Order []string        `json:"order"`
			Posts map[string]Post `json:"posts"`
		}
		path := fmt.Sprintf("/channels/%s/posts?page=%d&per_page=%d", channel, page, size)
		if err := s.Do(ctx, http.MethodGet, path, nil, &list); err != nil {
			return nil, err
		}
		for _, id := range list.Order {
			if p := list.Posts[id]; p.Type == "" {
				all = append(all, p)
			}
		}
		if len(list.Order) < size {
			return all, nil
		}
	}
}

// Mentions returns how many unread posts in a channel notify its member.
func (s Session) Mentions(ctx context.Context, channel string, u User) (int, error) {
	var member struct {
		MentionCount int `json:"mention_count"`
	}
	err := s.Do(ctx, http.MethodGet, "/channels/"+channel+"/members/"+u.ID, nil, &member)
	return member.MentionCount, err
}

package mattermost

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const (
	userID    = "user0000000000000000000000"
	directID  = "direct00000000000000000000"
	teamID    = "team0000000000000000000000"
	byName    = "GET /teams/name/main/channels/name/ops"
	byEmail   = "GET /users/email/alice@example.com"
	toDirect  = "POST /channels/direct"
	byID      = "GET /channels/" + channelID
	myTeams   = "GET /users/me/teams"
	myChannel = "GET /users/me/teams/" + teamID + "/channels"
)

func TestResolve(t *testing.T) {
	channel := ok(`{"id":"` + channelID + `","type":"O","name":"ops","display_name":"Operations"}`)
	direct := answer{Status: 201, Body: `{"id":"` + directID + `","type":"D"}`}
	account := ok(`{"id":"` + userID + `","delete_at":0}`)
	teams := ok(`[{"id":"` + postID + `","name":"other","display_name":"Other"},{"id":"` + teamID + `","name":"main","display_name":"Main Team"}]`)
	channels := ok(`[{"id":"` + directID + `","type":"D","name":"x","display_name":"Town Square"},
		{"id":"` + userID + `","type":"O","name":"old","display_name":"Town Square","delete_at":5},
		{"id":"` + channelID + `","type":"O","name":"town-square","display_name":"Town Square"},
		{"id":"` + postID + `","type":"P","name":"a","display_name":"Twins"},
		{"id":"` + botID + `","type":"P","name":"b","display_name":"twins"}]`)
	missing := refusal(404, noChannel)
	final := func(call, code, advice string) *messenger.Error {
		return &messenger.Error{Class: messenger.RecipientPermanent, Call: call, Code: code, Advice: advice}
	}
	invalid := final("resolve", "invalid_recipient", "Write TEAM/CHANNEL, a channel id or an e-mail address")
	named := map[string][]answer{myTeams: {teams}, myChannel: {channels}}
	tests := map[string]struct {
		recipient string
		answers   map[string][]answer
		want      messenger.Address
		wantErr   *messenger.Error
		calls     []string
	}{
		"id":           {recipient: channelID, answers: map[string][]answer{byID: {channel}}, want: address, calls: []string{byID}},
		"surrounded":   {recipient: " " + channelID + "\n", answers: map[string][]answer{byID: {channel}}, want: address, calls: []string{byID}},
		"direct id":    {recipient: directID, answers: map[string][]answer{"GET /channels/" + directID: {direct}}, want: messenger.Address{ID: directID, Direct: true}, calls: []string{"GET /channels/" + directID}},
		"unreadable":   {recipient: channelID, answers: map[string][]answer{byID: {refusal(403, forbidden)}}, want: address, calls: confirmed(byID)},
		"archived":     {recipient: channelID, answers: map[string][]answer{byID: {ok(`{"id":"` + channelID + `","delete_at":5}`)}}, wantErr: final("resolve", "channel_archived", adviceArchive), calls: []string{byID}},
		"name":         {recipient: "main/ops", answers: map[string][]answer{byName: {channel}}, want: address, calls: []string{byName}},
		"with tilde":   {recipient: "main / ~ops", answers: map[string][]answer{byName: {channel}}, want: address, calls: []string{byName}},
		"not a member": {recipient: "main/ops", answers: map[string][]answer{byName: {refusal(403, forbidden)}}, wantErr: final("GET /teams/name/{team}/channels/name/{channel}", forbidden, adviceInvite), calls: confirmed(byName)},
		"no channel":   {recipient: "main/ops", answers: map[string][]answer{byName: {missing}, myTeams: {teams}, myChannel: {channels}}, wantErr: final("resolve", "channel_not_found", adviceChannel), calls: confirmed(byName, myTeams, myChannel)},
		"no team":      {recipient: "Unknown Team/ops", answers: named, wantErr: final("resolve", "team_not_found", adviceChannel), calls: []string{myTeams}},
		"display name": {recipient: "Main Team/Town Square", answers: named, want: address, calls: []string{myTeams, myChannel}},
		"other case":   {recipient: "MAIN/town square", answers: named, want: address, calls: []string{myTeams, myChannel}},
		"mixed":        {recipient: "Main Team/town-square", answers: named, want: address, calls: []string{myTeams, myChannel}},
		"ambiguous":    {recipient: "Main Team/Twins", answers: named, wantErr: final("resolve", "channel_ambiguous", "Write the name that is in its URL"), calls: []string{myTeams, myChannel}},
		"email": {
			recipient: "alice@example.com",
			answers:   map[string][]answer{byEmail: {account}, "GET /users/me": {me}, toDirect: {direct}},
			want:      messenger.Address{ID: directID, Direct: true}, calls: []string{byEmail, "GET /users/me", toDirect},
		},
		"deactivated":   {recipient: "alice@example.com", answers: map[string][]answer{byEmail: {ok(`{"id":"` + userID + `","delete_at":5}`)}}, wantErr: final("resolve", "user_deactivated", "Use another recipient"), calls: []string{byEmail}},
		"unknown email": {recipient: "alice@example.com", answers: map[string][]answer{byEmail: {refusal(404, noAccount)}}, wantErr: final("GET /users/email/{email}", noAccount, adviceEmail), calls: confirmed(byEmail)},
		"lost email": {
			recipient: "alice@example.com", answers: map[string][]answer{byEmail: {refusal(500, noAccount)}},
			wantErr: &messenger.Error{Call: "GET /users/email/{email}", Code: "http_500", Unclear: true}, calls: []string{byEmail},
		},
		"odd email": {
			recipient: "a?b#c%@example.com",
			answers:   map[string][]answer{"GET /users/email/a%3Fb%23c%25@example.com": {refusal(400, "api.context.invalid_url_param.app_error")}},
			wantErr:   final("GET /users/email/{email}", "api.context.invalid_url_param.app_error", "Check how the recipient is written"),
			calls:     confirmed("GET /users/email/a%3Fb%23c%25@example.com"),
		},
		"empty":         {recipient: " ", wantErr: invalid},
		"only a name":   {recipient: "town-square", wantErr: invalid},
		"only a team":   {recipient: "main/", wantErr: invalid},
		"a person":      {recipient: "@alice", wantErr: invalid},
		"two addresses": {recipient: "a@example.com b@example.com", wantErr: invalid},
		"a page":        {recipient: "main/ops", answers: map[string][]answer{byName: {ok("<html>")}}, wantErr: messenger.BadResponse("GET /teams/name/{team}/channels/name/{channel}"), calls: []string{byName}},
		"no id":         {recipient: "main/ops", answers: map[string][]answer{byName: {ok("{}")}}, wantErr: messenger.BadResponse("GET /teams/name/{team}/channels/name/{channel}"), calls: []string{byName}},
		"forged team":   {recipient: "Main Team/ops", answers: map[string][]answer{myTeams: {ok(`[{"id":"..","display_name":"Main Team"}]`)}}, wantErr: messenger.BadResponse("GET /users/me/teams"), calls: []string{myTeams}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.answers == nil {
				tt.answers = map[string][]answer{}
			}
			m, a := newBot(t, tt.answers)
			got, err := m.Resolve(t.Context(), tt.recipient)
			if got != tt.want {
				t.Errorf("Resolve = %+v, want %+v", got, tt.want)
			}
			scripted.CheckError(t, err, tt.wantErr)
			a.CheckRoutes(t, tt.calls...)
		})
	}
}

func TestOwnIDIsAskedForOnce(t *testing.T) {
	m, a := newBot(t, map[string][]answer{"GET /users/me": {me}, routeHistory: {list()}})
	for range 3 {
		_, _ = m.Find(t.Context(), address, "key", since)
	}
	a.CheckRoutes(t, "GET /users/me", routeHistory, routeHistory, routeHistory)
}

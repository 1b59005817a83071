package discord

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const (
	userID   = "500000000000000001"
	directID = "600000000000000001"
)

func TestResolve(t *testing.T) {
	direct := ok(`{"id":"` + directID + `","type":1}`)
	unknown := refuse(404, `{"code":10003}`)
	permanent := func(call, code, advice string) *messenger.Error {
		return &messenger.Error{Class: messenger.RecipientPermanent, Call: call, Code: code, Advice: advice}
	}
	const adviceForm = "Name the id of a channel, or user: and the id of a user"
	const adviceEmail = "Name the id of a channel or user; Discord bots cannot look people up by e-mail address"
	tests := map[string]struct {
		recipient string
		answers   map[string][]answer
		want      messenger.Address
		wantErr   *messenger.Error
		calls     []string
	}{
		"channel": {
			recipient: " " + channelID + "\n",
			answers:   map[string][]answer{routeChannel: {ok(`{"id":"` + channelID + `","type":0}`)}},
			want:      address,
			calls:     []string{routeChannel},
		},
		"thread": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {ok(`{"id":"` + channelID + `","type":11}`)}},
			want:      address,
			calls:     []string{routeChannel},
		},
		"channel of direct messages": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {ok(`{"id":"` + channelID + `","type":1}`)}},
			want:      messenger.Address{ID: channelID, Direct: true},
			calls:     []string{routeChannel},
		},
		"forum": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {ok(`{"id":"` + channelID + `","type":15}`)}},
			wantErr:   permanent(callChannel, "no_text_channel", adviceText),
			calls:     []string{routeChannel},
		},
		"channel out of sight": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {refuse(403, `{"code":50001}`)}},
			wantErr:   permanent(callChannel, "50001", adviceView),
			calls:     []string{routeChannel},
		},
		"unknown id": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {unknown}, routeDirect: {refuse(404, `{"code":10013}`)}},
			wantErr:   permanent(callChannel, "10003", adviceChannel),
			calls:     []string{routeChannel, routeDirect},
		},
		"unknown id, as is reported": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {unknown}, routeDirect: {refuse(400, `{"code":50033}`)}},
			wantErr:   permanent(callChannel, "10003", adviceChannel),
			calls:     []string{routeChannel, routeDirect},
		},
		"user without user:": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {unknown}, routeDirect: {direct}},
			want:      messenger.Address{ID: directID, Direct: true, Mention: "<@" + channelID + ">"},
			calls:     []string{routeChannel, routeDirect},
		},
		"user": {
			recipient: "user:" + userID,
			answers:   map[string][]answer{routeDirect: {direct}},
			want:      messenger.Address{ID: directID, Direct: true, Mention: "<@" + userID + ">"},
			calls:     []string{routeDirect},
		},
		"unknown user": {
			recipient: "user:" + userID,
			answers:   map[string][]answer{routeDirect: {refuse(404, `{"code":10013}`)}},
			wantErr:   permanent(callOpenDirect, "10013", adviceUser),
			calls:     []string{routeDirect},
		},
		"bad id": {
			recipient: "user:" + userID,
			answers:   map[string][]answer{routeDirect: {refuse(400, `{"code":50035}`)}},
			wantErr:   permanent(callOpenDirect, "50035", adviceID),
			calls:     []string{routeDirect},
		},
		"user, too many": {
			recipient: "user:" + userID,
			answers:   map[string][]answer{routeDirect: {refuse(429, `{"code":40003,"retry_after":30}`)}},
			wantErr: &messenger.Error{
				Class: messenger.Throttled, Call: callOpenDirect, Code: "40003", RetryAfter: messenger.DefaultRetryAfter, Scope: messenger.ScopeMethod,
			},
			calls: []string{routeDirect},
		},
		"while Discord is down": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {refuse(500, "")}},
			wantErr:   &messenger.Error{Call: callChannel, Code: "http_500", Unclear: true},
			calls:     []string{routeChannel},
		},
		"answer without an id": {
			recipient: channelID,
			answers:   map[string][]answer{routeChannel: {ok(`{}`)}},
			wantErr:   &messenger.Error{Call: callChannel, Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true},
			calls:     []string{routeChannel},
		},
		"e-mail address":  {recipient: "alice@example.com", wantErr: permanent("resolve", "invalid_recipient", adviceEmail)},
		"name":            {recipient: "#ops", wantErr: permanent("resolve", "invalid_recipient", adviceForm)},
		"nothing":         {recipient: " ", wantErr: permanent("resolve", "invalid_recipient", adviceForm)},
		"path":            {recipient: channelID + "/messages", wantErr: permanent("resolve", "invalid_recipient", adviceForm)},
		"user's name":     {recipient: "user:alice", wantErr: permanent("resolve", "invalid_recipient", adviceForm)},
		"number too long": {recipient: "123456789012345678901", wantErr: permanent("resolve", "invalid_recipient", adviceForm)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, a := newDiscord(t, tt.answers)
			got, err := d.Resolve(t.Context(), tt.recipient)
			scripted.CheckError(t, err, tt.wantErr)
			if got != tt.want {
				t.Errorf("Resolve = %+v, want %+v", got, tt.want)
			}
			a.CheckRoutes(t, tt.calls...)
		})
	}
}

func TestOpenDirectNamesTheUser(t *testing.T) {
	d, a := newDiscord(t, map[string][]answer{routeDirect: {ok(`{"id":"` + directID + `","type":1}`)}})
	if _, err := d.Resolve(t.Context(), "user:"+userID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"recipient_id": userID}, a.Last().JSON(t)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

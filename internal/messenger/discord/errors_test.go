package discord

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The texts of the codes are in
// https://discord.com/developers/docs/topics/opcodes-and-status-codes. The status of
// most is not documented: the code decides.
func TestCodesAreClassified(t *testing.T) {
	tests := []struct {
		status int
		class  messenger.Class
		advice string
		codes  []int
	}{
		{403, messenger.MessengerPermanent, adviceRevoked, []int{40001, 50014}},
		{403, messenger.MessengerPermanent, adviceVerify, []int{40002, 50178}},
		{400, messenger.MessengerPermanent, adviceBot, []int{40012, 50025, 50026}},
		{403, messenger.MessengerPermanent, adviceBlocked, []int{40333}},
		{400, messenger.MessengerPermanent, adviceVersion, []int{50041}},
		{401, messenger.MessengerPermanent, adviceRevoked, []int{40001, 50001, 99999}},
		{404, messenger.RecipientPermanent, adviceChannel, []int{10003, 10004}},
		{404, messenger.RecipientPermanent, adviceUser, []int{10013}},
		{400, messenger.RecipientPermanent, adviceID, []int{10007, 20001, 50003, 50033, 50055}},
		{403, messenger.RecipientPermanent, "Lift the bot's ban from the server", []int{40007}},
		{403, messenger.RecipientPermanent, adviceView, []int{50001}},
		{403, messenger.RecipientPermanent, adviceDirect, []int{50007, 50278}},
		{400, messenger.RecipientPermanent, adviceText, []int{40058, 50008, 50024}},
		{403, messenger.RecipientPermanent, "Lower the channel's verification level for the bot", []int{50009}},
		{403, messenger.RecipientPermanent, adviceSend, []int{50013, 99999}},
		{400, messenger.RecipientPermanent, adviceLocked, []int{50083}},
		{400, messenger.RecipientPermanent, adviceUnlock, []int{160005}},
		{400, messenger.RecipientPermanent, adviceThreads, []int{160006, 160007}},
		{400, messenger.RecipientPermanent, "Use a channel of another server", []int{50095}},
		{403, messenger.RecipientPermanent, "Turn on two-factor authentication for the owner of the bot: this server asks for it", []int{60003}},
		{403, messenger.PermissionMissing, adviceHistory, []int{160002}},
		{400, messenger.ContentRejected, "", []int{20009, 40005, 50006, 50035, 50109, 99999}},
		{400, messenger.ContentRejected, adviceAutoMod, []int{200000, 240000}},
		{404, messenger.MessageGone, "", []int{10008}},
		{403, messenger.MessageGone, "", []int{50005, 50021}},
		{429, messenger.Throttled, "", []int{20016, 20022, 20028, 20029, 30046, 40003, 40062, 99999}},
		{400, messenger.Throttled, "", []int{20016, 20022, 20028, 20029, 30046, 40003, 40062}},
		{400, messenger.Transient, adviceWait, []int{40004, 110001}},
		{400, messenger.Transient, "", []int{40006, 130000}},
		{404, messenger.Transient, "", []int{99999}},
	}
	tested := map[int]bool{}
	for _, tt := range tests {
		for _, code := range tt.codes {
			tested[code] = true
			d, _ := newDiscord(t, map[string][]answer{
				routePost: {refuse(tt.status, fmt.Sprintf(`{"message":"secret","code":%d}`, code))},
			})
			_, err := d.Post(t.Context(), address, small, key)
			got := messenger.AsError(err)
			if got.Class != tt.class || got.Unclear || got.Code != fmt.Sprint(code) || got.Call != callPost || got.Advice != tt.advice ||
				!got.Quoted || got.Unknown != (code == 99999 && tt.status != 401 && tt.status != 429) {
				t.Errorf("%d with status %d = %+v, want class %s, %q", code, tt.status, got, tt.class, tt.advice)
			}
			if strings.Contains(got.Error(), "secret") {
				t.Errorf("error %q repeats the answer", got)
			}
		}
	}
	for code := range outcomes {
		if !tested[code] {
			t.Errorf("code %d is not tested", code)
		}
	}
}

// An edit that is refused does not mean that posts are.
func TestCodesOfAnEdit(t *testing.T) {
	tests := map[int]struct {
		status int
		class  messenger.Class
		advice string
	}{
		50013:  {403, messenger.MessageFinal, adviceSend},
		99999:  {403, messenger.MessageFinal, adviceSend},
		50068:  {400, messenger.MessageFinal, adviceFrozen},
		50162:  {400, messenger.MessageFinal, adviceFrozen},
		520003: {400, messenger.MessageFinal, adviceFrozen},
		50083:  {400, messenger.MessageFinal, adviceLocked},
		160005: {400, messenger.MessageFinal, adviceUnlock},
		10003:  {404, messenger.RecipientPermanent, adviceChannel},
		50001:  {403, messenger.RecipientPermanent, adviceView},
		20022:  {429, messenger.Throttled, ""},
	}
	for code, tt := range tests {
		d, _ := newDiscord(t, map[string][]answer{
			routeReopen: {ok(`{"id":"` + channelID + `"}`)},
			routeEdit:   {refuse(tt.status, fmt.Sprintf(`{"code":%d}`, code))},
		})
		got := messenger.AsError(d.Update(t.Context(), ref, small))
		if got.Class != tt.class || got.Advice != tt.advice || got.Code != fmt.Sprint(code) || got.Unclear {
			t.Errorf("%d = %+v, want class %s, %q", code, got, tt.class, tt.advice)
		}
	}
	for code := range calls[callEdit] {
		if _, ok := tests[code]; !ok {
			t.Errorf("code %d is not tested", code)
		}
	}
}

func TestStatusDecidesWithoutACode(t *testing.T) {
	for status, want := range map[int]messenger.Class{
		400: messenger.ContentRejected, 401: messenger.MessengerPermanent, 403: messenger.RecipientPermanent,
		404: messenger.Transient, 405: messenger.Transient, 429: messenger.Throttled,
	} {
		for _, body := range []string{`{"message":"x","code":0}`, `{"message":"x"}`} {
			d, _ := newDiscord(t, map[string][]answer{routePost: {refuse(status, body)}})
			_, err := d.Post(t.Context(), address, small, key)
			if got := messenger.AsError(err); got.Class != want || got.Code != fmt.Sprintf("http_%d", status) {
				t.Errorf("%d with %s = %+v, want class %s", status, body, got, want)
			}
		}
	}
}

// What an operator has to repair comes with a word on how.
func TestPermanentErrorsAdvise(t *testing.T) {
	for code, known := range outcomes {
		permanent := []messenger.Class{
			messenger.MessengerPermanent, messenger.RecipientPermanent, messenger.MessageFinal, messenger.PermissionMissing,
		}
		if slices.Contains(permanent, known.class) && known.advice == "" {
			t.Errorf("%d is of class %s and advises nothing", code, known.class)
		}
		if strings.HasSuffix(known.advice, ".") {
			t.Errorf("%d: the advice ends with a period", code)
		}
	}
}

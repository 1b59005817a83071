package discord

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

func TestCodesAreClassified(t *testing.T) {
	tests := []struct {
		status int
		class  messenger.Class
		codes  []int
	}{
		{403, messenger.MessengerPermanent, []int{40001, 40002, 40333, 50014}},
		{401, messenger.MessengerPermanent, []int{40001, 50001, 99999}},
		{404, messenger.RecipientPermanent, []int{10003, 10004, 10013}},
		{403, messenger.RecipientPermanent, []int{40007, 50001, 50007, 50008, 50009, 50013, 50278, 99999}},
		{400, messenger.RecipientPermanent, []int{50024, 50083}},
		{400, messenger.ContentRejected, []int{20009, 40005, 50006, 50035, 50109, 200000, 240000, 99999}},
		{404, messenger.MessageGone, []int{10008}},
		{403, messenger.MessageGone, []int{50005, 50021}},
		{429, messenger.Throttled, []int{20016, 20028, 30046, 40003, 99999}},
		{400, messenger.Throttled, []int{20016, 20028, 30046, 40003}},
		{400, messenger.Transient, []int{40006, 130000}},
		{404, messenger.Transient, []int{99999}},
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
			if got.Class != tt.class || got.Unclear || got.Code != fmt.Sprint(code) || got.Call != callPost {
				t.Errorf("%d with status %d = %+v, want class %s", code, tt.status, got, tt.class)
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

// What somebody has to repair comes with a word on how.
func TestPermanentErrorsAdvise(t *testing.T) {
	for code, known := range outcomes {
		permanent := known.class == messenger.MessengerPermanent || known.class == messenger.RecipientPermanent
		if permanent && known.advice == "" {
			t.Errorf("%d is of class %s and advises nothing", code, known.class)
		}
		if strings.HasSuffix(known.advice, ".") {
			t.Errorf("%d: the advice ends with a period", code)
		}
	}
}

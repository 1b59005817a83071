package slack

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	seedPress = `{"type":"interactive","envelope_id":"e1","accepts_response_payload":true,"payload":{"type":"block_actions",
		"team":{"id":"T1"},"api_app_id":"A1","trigger_id":"1.2.3","user":{"id":"U0ALICE00","team_id":"T1"},
		"container":{"type":"message","channel_id":"C00000001","message_ts":"1700000000.000100"},
		"message":{"user":"U0BOT0000","ts":"1700000000.000100"},
		"actions":[{"type":"button","action_id":"deny","block_id":"review","value":"r1/0123456789abcdef"}]}}`
	seedForm = `{"type":"interactive","envelope_id":"e2","payload":{"type":"view_submission","team":{"id":"T1"},"api_app_id":"A1",
		"user":{"id":"U0ALICE00"},"view":{"callback_id":"review","private_metadata":
		"{\"channel\":\"C00000001\",\"ts\":\"1700000000.000100\",\"value\":\"r1/x\",\"approve\":true,\"by\":\"U0ALICE00\"}",
		"state":{"values":{"reason":{"reason":{"type":"plain_text_input","value":"because"}}}}}}}`
)

var seedSocket = &socket{app: "A1", account: messenger.Account{Workspace: "T1", Bot: "U0BOT0000"}}

func TestSeedsAreClicks(t *testing.T) {
	press, _ := readFrame([]byte(seedPress))
	ref := messenger.Ref{Channel: "C00000001", ID: "1700000000.000100"}
	want := messenger.Click{Ref: ref, Value: "r1/0123456789abcdef", By: "U0ALICE00", Workspace: "T1"}
	if got, ok := press.Interaction.press(seedSocket); !ok || got != want {
		t.Errorf("a press is %+v, %t", got, ok)
	}
	form, _ := readFrame([]byte(seedForm))
	want = messenger.Click{Ref: ref, Approve: true, Value: "r1/x", Reason: "because", By: "U0ALICE00"}
	if got, ok := form.Interaction.form(seedSocket); !ok || got != want {
		t.Errorf("a form is %+v, %t", got, ok)
	}
}

// FuzzEnvelope: whatever comes in, a click is one of our workspace and app, below one message, by one
// account, with a value that a button can have.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		seedPress, seedForm, "", "null", "[]", "{}", `{"type":"hello","connection_info":{"app_id":"A1"}}`,
		`{"type":"disconnect","reason":"warning"}`, `{"type":"interactive","envelope_id":"e","payload":null}`,
		`{"type":"interactive","envelope_id":"e","payload":{"actions":[null]}}`, `{"type":"interactive","payload":"x"}`,
		`{"type":"events_api","envelope_id":"e","payload":{"type":"block_actions"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		frame, ok := readFrame(raw)
		if !ok {
			return
		}
		for _, read := range []func(*socket) (messenger.Click, bool){frame.Interaction.press, frame.Interaction.form} {
			c, ok := read(seedSocket)
			if !ok {
				if c != (messenger.Click{}) {
					t.Errorf("what is no click is %+v", c)
				}
				continue
			}
			i := frame.Interaction
			if frame.Type != frameInteractive || i.Team.ID != "T1" || i.APIAppID != "A1" {
				t.Errorf("a click in %q, by app %q", i.Team.ID, i.APIAppID)
			}
			if back, ok := messenger.ParseRef(c.Ref.String()); !ok || back != c.Ref || !channelID.MatchString(c.Ref.Channel) {
				t.Errorf("a click below %q", c.Ref)
			}
			if !userID.MatchString(c.By) || c.By == "U0BOT0000" || c.By != i.User.ID || c.Value == "" || len(c.Value) > maxButtonValue {
				t.Errorf("the click %+v", c)
			}
		}
	})
}

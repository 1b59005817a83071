package predecessor_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/predecessor"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// recorded is a line of testdata/recorded.jsonl: what a real plugin wrote. Lines without a
// case describe the format.
type recorded struct {
	Messenger, Case string
	Data            map[string]string
}

// readRecorded returns the lines with data.
func readRecorded(t testing.TB) []recorded {
	t.Helper()
	file, err := os.Open("testdata/recorded.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []recorded
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Case != "" {
			all = append(all, r)
		}
	}
	return all
}

// TestWhatRealPluginsWrote reads every recorded line. The wanted values are read out of the
// line itself, as its format says.
func TestWhatRealPluginsWrote(t *testing.T) {
	all := readRecorded(t)
	if len(all) != 42 {
		t.Fatalf("%d lines, want 42", len(all))
	}
	reviews := map[string]int{"": 0, "1": 1, "2": 2}
	for _, line := range all {
		t.Run(line.Messenger+", "+line.Case, func(t *testing.T) {
			var messages []string
			if text := line.Data["messages"]; text != "" {
				messages = strings.Split(text, ",")
			}
			told := predecessor.Parse(line.Data)
			var got []string
			for _, ref := range told.Messages {
				got = append(got, ref.String())
			}
			if diff := cmp.Diff(messages, got); diff != "" {
				t.Error(diff)
			}
			if told.Reviews != reviews[line.Data["reviews_count"]] || told.Resolved != (line.Data["resolution"] != "") {
				t.Errorf("read %+v", told)
			}
			r := told.Request
			if r.User != line.Data["user"] || strings.Join(r.Roles, ",") != line.Data["roles"] || r.Reason != line.Data["request_reason"] {
				t.Errorf("read the request %+v", r)
			}
			wantAdopted(t, told.Record(), messages, told.Reviews)
		})
	}
}

// wantAdopted checks that a record has an entry for each message, and that it can be stored.
func wantAdopted(t *testing.T, have record.Record, messages []string, replies int) {
	t.Helper()
	stored, err := record.Decode(have.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if len(stored.To) != len(messages) {
		t.Errorf("the record has %d entries, want %d", len(stored.To), len(messages))
	}
	for channel, e := range stored.To {
		if !slices.Contains(messages, e.Ref) || !strings.HasPrefix(e.Ref, channel+"/") || !e.Adopted || e.Shown != "" || e.Replies != replies {
			t.Errorf("the entry of %s is %+v", channel, e)
		}
	}
}

// TestWhatOtherVersionsAndStrangersWrote covers data that no recorded plugin has written.
func TestWhatOtherVersionsAndStrangersWrote(t *testing.T) {
	for name, tt := range map[string]struct {
		data map[string]string
		want []messenger.Ref
	}{
		"none":                               {nil, nil},
		"an early version":                   {map[string]string{"channel_id": "C1", "timestamp": "1.2"}, []messenger.Ref{{Channel: "C1", ID: "1.2"}}},
		"an early version, posting failed":   {map[string]string{"channel_id": "C1"}, nil},
		"a recipient that was not reached":   {map[string]string{"messages": "carol@example.com/,15/16"}, []messenger.Ref{{Channel: "15", ID: "16"}}},
		"only such":                          {map[string]string{"messages": "carol@example.com/"}, nil},
		"empty parts":                        {map[string]string{"messages": ",/,C1,/1,C1/,C1/2,"}, []messenger.Ref{{Channel: "C1", ID: "2"}}},
		"spaces":                             {map[string]string{"messages": "C1/1, C2/2"}, []messenger.Ref{{Channel: "C1", ID: "1"}, {Channel: "C2", ID: "2"}}},
		"a path":                             {map[string]string{"messages": "C1/../x,../C2/1,C3/1?a=b"}, nil},
		"what is no id":                      {map[string]string{"messages": "C1/\x00,C\n/1,C2/" + strings.Repeat("1", 65)}, nil},
		"counts that cannot be":              {map[string]string{"messages": "C1/1", "reviews_count": "-1"}, []messenger.Ref{{Channel: "C1", ID: "1"}}},
		"a count that is too large":          {map[string]string{"messages": "C1/1", "reviews_count": "99999999999999999999"}, []messenger.Ref{{Channel: "C1", ID: "1"}}},
		"fields of newer versions, damaged":  {map[string]string{"messages": "C1/1", "resources": "{", "system_annotations": "["}, []messenger.Ref{{Channel: "C1", ID: "1"}}},
		"a record of Access Notifier itself": {map[string]string{"record": `{"v":2}`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			told := predecessor.Parse(tt.data)
			if diff := cmp.Diff(tt.want, told.Messages); diff != "" {
				t.Error(diff)
			}
			if told.Reviews != 0 || told.Resolved {
				t.Errorf("read %+v", told)
			}
		})
	}
}

// TestManyMessagesStayWithinARecord covers more of them than a record takes, in one channel
// and in many.
func TestManyMessagesStayWithinARecord(t *testing.T) {
	var messages []string
	for i := range 2000 {
		id := strings.Repeat("x", i%60+1)
		messages = append(messages, "C1/"+id, "C"+id+strings.Repeat("y", i/60)+"/1")
	}
	told := predecessor.Parse(map[string]string{"messages": strings.Join(messages, ",")})
	stored, err := record.Decode(told.Record().Encode())
	if err != nil || len(stored.To) < 100 {
		t.Errorf("%d entries, %v", len(stored.To), err)
	}
}

// FuzzParse checks that no data makes a record that cannot be stored and read.
func FuzzParse(f *testing.F) {
	for _, line := range readRecorded(f) {
		f.Add(line.Data["messages"], line.Data["reviews_count"], line.Data["roles"], line.Data["request_reason"])
	}
	f.Fuzz(func(t *testing.T, messages, reviews, roles, reason string) {
		told := predecessor.Parse(map[string]string{
			"messages": messages, "reviews_count": reviews, "roles": roles, "request_reason": reason,
		})
		if _, err := record.Decode(told.Record().Encode()); err != nil {
			t.Error(err)
		}
	})
}

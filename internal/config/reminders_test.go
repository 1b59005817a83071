package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// onCall are the lines of a file for PagerDuty, which begin with those of [teleport].
func onCall(lines ...string) []string {
	return append([]string{"[teleport]", `identity = "/identity"`, "[pagerduty]", `routingKey = "/key"`}, lines...)
}

// TestRemindersAreReadInTheirOrder covers a messenger by which no recipient hears at once, not even a
// reviewer whom the requester suggests.
func TestRemindersAreReadInTheirOrder(t *testing.T) {
	file, problems := parse(t, onCall("[reminders]", `"2h" = ["on-call", "boss"]`, `15m = "on-call"`)...)
	channel := func(name string) routing.Recipient { return routing.Recipient{Name: name, Kind: routing.Channel} }
	want := routing.Rules{
		Reminders: []routing.Reminder{
			{After: 15 * time.Minute, Recipients: []routing.Recipient{channel("on-call")}},
			{After: 2 * time.Hour, Recipients: []routing.Recipient{channel("on-call"), channel("boss")}},
		},
		Plugin: "pagerduty",
	}
	if diff := cmp.Diff(want, file.Rules("")); diff != "" || problems != nil {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
}

func TestWhatIsWrongWithRemindersIsTold(t *testing.T) {
	const times = `15m = "a"`
	for name, tt := range map[string]struct {
		lines []string
		want  string
	}{
		"none": {onCall(), `test.toml:3: [pagerduty] alerts no recipient without reminders: write [reminders], and below it for how long ` +
			`a request has been pending by then, as in "15m" = "on-call"`},
		"empty":              {onCall("[reminders]"), "test.toml:3: [pagerduty] alerts no recipient without reminders"},
		"recipients at once": {onCall("[role_to_recipients]", `"*" = "on-call"`), "test.toml:5: [pagerduty] takes no [role_to_recipients], because no recipient is alerted at once: write [reminders]"},
		"both":               {onCall("[reminders]", times, "[role_to_recipients]", `"*" = "on-call"`), "test.toml:7: [pagerduty] takes no [role_to_recipients]"},
		"for chat":           {good("[reminders]", times), "test.toml:7: [slack] takes no [reminders]: its recipients hear of every request at once; remove the section"},
		"no time":            {onCall("[reminders]", `soon = "a"`), `test.toml:6: [reminders] "soon" is no time of whole minutes, from "1m" to "168h"`},
		"a part of a minute": {onCall("[reminders]", `90s = "a"`), `test.toml:6: [reminders] "90s" is no time`},
		"at once":            {onCall("[reminders]", `0m = "a"`), `test.toml:6: [reminders] "0m" is no time`},
		"too late":           {onCall("[reminders]", `169h = "a"`), `test.toml:6: [reminders] "169h" is no time`},
		"too many":           {onCall("[reminders]", `1m="a"`, `2m="a"`, `3m="a"`, `4m="a"`, `5m="a"`, `6m="a"`), "test.toml:5: [reminders] has more than 5 times"},
		"no recipient":       {onCall("[reminders]", `15m = []`), `test.toml:6: The reminder "15m" has no recipient`},
		"an address":         {onCall("[reminders]", `15m = "alice@example.com"`), `test.toml:6: The reminder "15m" has the recipient "alice@example.com", which PagerDuty cannot find`},
		"many recipients": {
			onCall("[reminders]", `15m = ["a`+strings.Join(strings.Split("bcdefghijklmnopq", ""), `", "`)+`", "z"]`),
			`test.toml:6: The reminder "15m" has more than 16 recipients`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := parse(t, tt.lines...)
			if all := strings.Join(problems, "\n"); !strings.Contains(all, tt.want) {
				t.Errorf("problems:\n%s\nwant %q", all, tt.want)
			}
		})
	}
}

// TestTheExampleOfEachMessengerIsRight covers those that are for reminders only as well.
func TestTheExampleOfEachMessengerIsRight(t *testing.T) {
	for _, d := range registry.All() {
		if file, problems := parse(t, Example(d, "x.toml")); problems != nil || len(file.Rules("").Configured()) == 0 {
			t.Errorf("%s: %v", d.Type, problems)
		}
	}
}

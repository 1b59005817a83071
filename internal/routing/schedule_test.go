package routing

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

func TestASchedule(t *testing.T) {
	week := accessrequest.Schedule{TimeZone: "America/Los_Angeles", Shifts: []accessrequest.Shift{
		{Weekday: "Friday", Start: "17:00", End: "23:59"},
		{Weekday: "saturday", Start: "00:00", End: "00:00"},
	}}
	s, err := newSchedule(week)
	if err != nil {
		t.Fatal(err)
	}
	la, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute, second int) time.Time {
		return time.Date(2026, 3, day, hour, minute, second, 0, la).UTC()
	}
	for instant, want := range map[time.Time]bool{
		at(6, 16, 59, 59): false, // a Friday
		at(6, 17, 0, 0):   true,
		at(6, 23, 59, 59): true,
		at(7, 0, 0, 59):   true,
		at(7, 0, 1, 0):    false,
		at(5, 18, 0, 0):   false,
		at(13, 17, 0, 0):  true, // in summer time
	} {
		if got := s.includes(instant); got != want {
			t.Errorf("%v is in the schedule: %v, want %v", instant.In(la), got, want)
		}
	}
	week.TimeZone = ""
	if s, err = newSchedule(week); err != nil || !s.includes(time.Date(2026, 3, 6, 17, 0, 0, 0, time.UTC)) {
		t.Errorf("a schedule without a time zone is not in UTC (%v)", err)
	}
}

func TestAScheduleThatCannotBeRead(t *testing.T) {
	shift := func(weekday, start, end string) accessrequest.Schedule {
		return accessrequest.Schedule{Shifts: []accessrequest.Shift{{Weekday: weekday, Start: start, End: end}}}
	}
	for want, schedule := range map[string]accessrequest.Schedule{
		`unknown time zone "Mars/Olympus"`:            {TimeZone: "Mars/Olympus", Shifts: shift("Friday", "00:00", "01:00").Shifts},
		`unknown time zone "Local"`:                   {TimeZone: "Local", Shifts: shift("Friday", "00:00", "01:00").Shifts},
		`unknown time zone "../x"`:                    {TimeZone: "../x", Shifts: shift("Friday", "00:00", "01:00").Shifts},
		"it must have 1 to 100 shifts":                {},
		`unknown weekday "Fri"`:                       shift("Fri", "00:00", "01:00"),
		`"9:00" is no time of the form HH:MM`:         shift("Friday", "9:00", "10:00"),
		`"24:00" is no time of the form HH:MM`:        shift("Friday", "09:00", "24:00"),
		"a shift ends before it starts":               shift("Friday", "22:00", "06:00"),
		`unknown weekday "` + strings.Repeat("x", 64): shift(strings.Repeat("x", 1000), "00:00", "01:00"),
	} {
		if _, err := newSchedule(schedule); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%+v: %v, want %q", schedule, err, want)
		}
	}
}

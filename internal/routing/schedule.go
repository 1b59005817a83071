package routing

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// maxShifts bounds the shifts of one schedule.
const maxShifts = 100

// clock is how a shift writes its ends.
const clock = "15:04"

// schedule is a week of shifts in a time zone.
type schedule struct {
	zone   *time.Location
	shifts []shift
}

// shift is a part of a day, from the beginning of its first minute to the end of its last.
type shift struct {
	weekday     time.Weekday
	first, last int
}

// newSchedule reads a schedule. Errors name what is wrong.
func newSchedule(s accessrequest.Schedule) (schedule, error) {
	if s.TimeZone == "Local" { // of this process, which the author of a rule does not mean
		return schedule{}, fmt.Errorf("unknown time zone %q", s.TimeZone)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return schedule{}, fmt.Errorf("unknown time zone %.64q", s.TimeZone)
	}
	if len(s.Shifts) == 0 || len(s.Shifts) > maxShifts {
		return schedule{}, fmt.Errorf("it must have 1 to %d shifts", maxShifts)
	}
	out := schedule{zone: zone}
	for _, written := range s.Shifts {
		read, err := newShift(written)
		if err != nil {
			return schedule{}, err
		}
		out.shifts = append(out.shifts, read)
	}
	return out, nil
}

func newShift(s accessrequest.Shift) (shift, error) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if !strings.EqualFold(s.Weekday, day.String()) {
			continue
		}
		first, err := minuteOf(s.Start)
		if err != nil {
			return shift{}, err
		}
		last, err := minuteOf(s.End)
		if err == nil && last < first {
			err = errors.New("a shift ends before it starts")
		}
		return shift{weekday: day, first: first, last: last}, err
	}
	return shift{}, fmt.Errorf("unknown weekday %.64q", s.Weekday)
}

// minuteOf returns which minute of the day a time is.
func minuteOf(text string) (int, error) {
	at, err := time.Parse(clock, text)
	if err != nil || len(text) != len(clock) {
		return 0, fmt.Errorf("%.64q is no time of the form HH:MM", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// includes reports whether an instant is in one of the shifts.
func (s schedule) includes(at time.Time) bool {
	at = at.In(s.zone)
	minute := at.Hour()*60 + at.Minute()
	for _, shift := range s.shifts {
		if shift.weekday == at.Weekday() && shift.first <= minute && minute <= shift.last {
			return true
		}
	}
	return false
}

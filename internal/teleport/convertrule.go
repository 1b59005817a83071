package teleport

import (
	"slices"
	"strings"
	"time"

	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxCondition bounds what is kept of a condition, in bytes. Shorter ones than this
	// are refused already where conditions are read.
	maxCondition = 64 << 10
	// maxRuleName bounds the name of a rule, and that of a plugin.
	maxRuleName = 256

	// Fields of AccessMonitoringRuleSpec of newer servers that are the server's own
	// business: automatic_review and desired_state.
	fieldAutomaticReview protowire.Number = 6
	fieldDesiredState    protowire.Number = 7
)

// convertRule returns our own view of a rule, and whether it tells plugins about access
// requests. It survives whatever a server may send.
func convertRule(r *rulesv1.AccessMonitoringRule) (accessrequest.MonitoringRule, bool) {
	name := ruleName(r.GetMetadata().GetName())
	plugin := ruleName(r.GetSpec().GetNotification().GetName())
	if name == "" || plugin == "" || !slices.Contains(r.GetSpec().GetSubjects(), types.KindAccessRequest) {
		return accessrequest.MonitoringRule{}, false
	}
	out, err := protect(func() (accessrequest.MonitoringRule, error) {
		var in reader
		spec := r.GetSpec()
		out := accessrequest.MonitoringRule{
			Name:       name,
			Plugin:     plugin,
			Condition:  strings.Clone(cut(spec.GetCondition(), maxCondition)),
			Recipients: in.texts(spec.GetNotification().GetRecipients()),
		}
		var known bool
		out.Schedules, known = newerRule(spec.ProtoReflect().GetUnknown())
		out.Unknown = !known || r.GetVersion() != types.V1 || in.incomplete ||
			len(r.ProtoReflect().GetUnknown()) > 0 || len(spec.GetNotification().ProtoReflect().GetUnknown()) > 0
		return out, nil
	})
	if err != nil {
		return accessrequest.MonitoringRule{Name: name, Plugin: plugin, Unknown: true}, true
	}
	return out, true
}

func ruleName(name string) string {
	return cut(strings.ToValidUTF8(name, "\uFFFD"), maxRuleName)
}

func sizeOfRule(r accessrequest.MonitoringRule) int {
	n := entryOverhead + len(r.Name) + len(r.Condition) + len(r.Plugin) + sizeOfTexts(r.Recipients)
	for name, s := range r.Schedules {
		n += 4*itemOverhead + len(name) + len(s.TimeZone)
		for _, shift := range s.Shifts {
			n += 4*itemOverhead + len(shift.Weekday) + len(shift.Start) + len(shift.End)
		}
	}
	return n
}

// newerRule reads what the API module has left of a rule's spec, and reports whether all
// of it is known: what is not may limit the rule.
//
// The number of the field with schedules is not settled. So a field is one with schedules
// if all that it holds can be nothing else: a map of names to shifts, each of a weekday
// and two times of day, and to IANA time zones.
func newerRule(unknown []byte) (schedules map[string]accessrequest.Schedule, known bool) {
	var number protowire.Number
	err := eachField(unknown, func(f field) error {
		if f.number == fieldAutomaticReview || f.number == fieldDesiredState {
			return nil
		}
		name, schedule, ok := readSchedule(f)
		if !ok || number != 0 && number != f.number || len(schedules) == maxItems {
			return errWire
		}
		if schedules == nil {
			schedules = map[string]accessrequest.Schedule{}
		}
		number, schedules[name] = f.number, schedule
		return nil
	})
	return schedules, err == nil
}

// messageOf returns the fields of a message, which must all be texts or messages, none of
// them twice.
func messageOf(bytes []byte) (map[protowire.Number][]byte, bool) {
	parts := map[protowire.Number][]byte{}
	err := eachField(bytes, func(f field) error {
		if _, twice := parts[f.number]; twice || f.kind != protowire.BytesType {
			return errWire
		}
		parts[f.number] = f.bytes
		return nil
	})
	return parts, err == nil
}

// readSchedule reads an entry of a map of schedules.
func readSchedule(f field) (name string, out accessrequest.Schedule, ok bool) {
	if f.kind != protowire.BytesType {
		return "", out, false
	}
	entry, ok := messageOf(f.bytes)
	if name = ruleName(string(entry[1])); !ok || name == "" || len(entry) != 2 || entry[2] == nil {
		return "", out, false
	}
	kinds, ok := messageOf(entry[2])
	if !ok || len(kinds) != 1 {
		return "", out, false
	}
	for _, bytes := range kinds {
		err := eachField(bytes, func(f field) error {
			shift, isShift := readShift(f.bytes)
			switch {
			case f.kind != protowire.BytesType || len(out.Shifts) == maxItems:
				return errWire
			case isShift:
				out.Shifts = append(out.Shifts, shift)
			case out.TimeZone == "" && isTimeZone(string(f.bytes)):
				out.TimeZone = string(f.bytes)
			default:
				return errWire
			}
			return nil
		})
		ok = err == nil && len(out.Shifts) > 0
	}
	return name, out, ok
}

// readShift reads a weekday and two times of day, in the order of their numbers.
func readShift(bytes []byte) (accessrequest.Shift, bool) {
	parts, ok := messageOf(bytes)
	if !ok || len(parts) != 3 {
		return accessrequest.Shift{}, false
	}
	out := accessrequest.Shift{Weekday: string(parts[1]), Start: string(parts[2]), End: string(parts[3])}
	return out, isWeekday(out.Weekday) && isTimeOfDay(out.Start) && isTimeOfDay(out.End)
}

func isWeekday(text string) bool {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if text == day.String() {
			return true
		}
	}
	return false
}

func isTimeOfDay(text string) bool {
	_, err := time.Parse("15:04", text)
	return err == nil && len(text) == len("15:04")
}

func isTimeZone(text string) bool {
	_, err := time.LoadLocation(text)
	return err == nil && text != "" && text != "Local"
}

package accessrequest

import "errors"

// MonitoringRule is what one of Teleport's Access Monitoring Rules says about the
// notifications for access requests. The administrators of the cluster write it.
type MonitoringRule struct {
	Name string
	// Condition is a predicate over a request, in Teleport's language.
	Condition string
	// Plugin is the name of the plugin that is to notify Recipients.
	Plugin     string
	Recipients []string
	// Schedules say when the rule applies; at any time if there are none.
	Schedules map[string]Schedule
	// Unknown is set if the rule has parts that this version does not know, which may
	// limit it.
	Unknown bool
}

// Schedule is a week of shifts, as a rule writes it.
type Schedule struct {
	// TimeZone is an IANA name; UTC by default.
	TimeZone string
	Shifts   []Shift
}

// Shift is a part of a day.
type Shift struct {
	// Weekday is the day's English name.
	Weekday string
	// Start and End are hours and minutes, 15:04, and belong to the shift.
	Start, End string
}

// MonitoringRules are the Access Monitoring Rules of a cluster, as far as they are known.
type MonitoringRules struct {
	// Known is set once Teleport has been asked for them.
	Known bool
	// Rules are those about access requests that name a plugin, by name.
	Rules []MonitoringRule
	// Problem says in a sentence why there are none, or not all; "" if there are.
	Problem string
}

// ErrNotAllowed means that the identity's role does not allow to read something.
var ErrNotAllowed = errors.New("the role of the identity does not allow it")

package check

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Mark says how one check ended.
type Mark string

const (
	// Passed means that it works.
	Passed Mark = "passed"
	// Warned means that notifiers work without it, but not as well.
	Warned Mark = "warning"
	// Failed means that notifiers cannot work, or not for this recipient.
	Failed Mark = "failed"
	// Skipped means that it could not be tried, because something before it failed.
	Skipped Mark = "skipped"
)

// Result is how one check ended.
type Result struct {
	// Group is what the check is about, such as "Teleport".
	Group string `json:"group"`
	// Mark says how it ended.
	Mark Mark `json:"mark"`
	// Subject is what was tried, such as "access_request".
	Subject string `json:"subject"`
	// Finding is what was found.
	Finding string `json:"finding"`
	// Advice says what to do about it; empty where there is nothing to do.
	Advice string `json:"advice,omitempty"`
}

// Report is how all checks ended, in the order in which they are shown.
type Report []Result

// OK reports whether no check has failed.
func (r Report) OK() bool { return r.count(Failed) == 0 }

func (r Report) count(mark Mark) int {
	n := 0
	for _, result := range r {
		if result.Mark == mark {
			n++
		}
	}
	return n
}

// groups returns the names of the groups in their order.
func (r Report) groups() []string {
	var names []string
	for _, result := range r {
		if !slices.Contains(names, result.Group) {
			names = append(names, result.Group)
		}
	}
	return names
}

// section collects the results of one group.
type section struct {
	report *Report
	group  string
	// remote explains failures of the messenger.
	remote messenger.Remote
}

func (s section) add(mark Mark, subject, finding, advice string) {
	*s.report = append(*s.report, Result{Group: s.group, Mark: mark, Subject: subject, Finding: finding, Advice: advice})
}

func (s section) passed(subject, finding string) { s.add(Passed, subject, finding, "") }

func (s section) skipped(subject, finding string) { s.add(Skipped, subject, finding, "") }

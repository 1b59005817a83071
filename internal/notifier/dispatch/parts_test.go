package dispatch

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

var now = time.Unix(1_000_000_000, 0)

// The first table of the package.
func TestThePaceOfALimitFollowsItsTable(t *testing.T) {
	for before, row := range map[pace]struct{ answered, answeredBefore, throttled pace }{
		full:   {full, full, single},
		single: {full, single, single},
	} {
		fresh := func() *limit { return &limit{pace: before, since: 5} }
		for name, step := range map[string]struct {
			take func(l *limit)
			want pace
		}{
			"answered":        {func(l *limit) { l.answered(6) }, row.answered},
			"answered before": {func(l *limit) { l.answered(5) }, row.answeredBefore},
			"throttled":       {func(l *limit) { l.pause(now.Add(time.Second), 9) }, row.throttled},
		} {
			l := fresh()
			if step.take(l); l.pace != step.want || l.open(now) != (name != "throttled") {
				t.Errorf("%d, %s: %+v, want %d", before, name, l, step.want)
			}
		}
	}
	l := limit{pace: single, running: 1}
	if l.open(now) {
		t.Error("a limit of one lets a second call through")
	}
}

// The second table of the package.
func TestTheConditionOfAnAddressFollowsItsTable(t *testing.T) {
	problem := &messenger.Error{Class: messenger.RecipientPermanent}
	delay := func(failures int) time.Duration { return time.Duration(failures) * time.Second }
	later := now.Add(time.Minute)
	fine := health{since: 5}
	fails := health{since: 5, failures: 1, until: later, by: Post, stands: later}
	stuck := health{since: 5, problem: problem, until: later, by: Post, stands: later}
	both := health{since: 5, failures: 1, problem: problem, until: later}
	passed := health{since: 5, failures: 1, by: Post, stands: now}
	shown := health{since: 5, problem: problem, by: Post, stands: now}
	event := func(started uint64) failure { return failure{started: started, last: 9, now: now} }
	works := func(h *health) { h.works(6, Post, now) }
	found := func(h *health) { h.works(6, Find, now) }
	edited := func(h *health) { h.works(6, Edit, now) }
	workedBefore := func(h *health) { h.works(5, Post, now) }
	failed := func(h *health) { h.failed(event(6), delay) }
	failedBefore := func(h *health) { h.failed(event(5), delay) }
	block := func(h *health) { h.block(problem, event(9), time.Minute) }
	retry := func(h *health) { h.retry(now) }
	unblock := func(h *health) { h.unblock() }
	for name, tt := range map[string]struct {
		before health
		event  func(*health)
		want   condition
		wait   time.Duration
	}{
		"healthy, works":          {fine, works, healthy, 0},
		"healthy, fails":          {fine, failed, failing, time.Second},
		"healthy, failed before":  {fine, failedBefore, healthy, 0},
		"healthy, cannot work":    {fine, block, blocked, time.Minute},
		"healthy, retry":          {fine, retry, healthy, 0},
		"healthy, unblock":        {fine, unblock, healthy, 0},
		"failing, works":          {fails, works, healthy, 0},
		"failing, found":          {fails, found, failing, time.Minute},
		"failing, edited":         {fails, edited, failing, time.Minute},
		"had failed, edited":      {passed, edited, healthy, 0},
		"failing, worked before":  {fails, workedBefore, failing, time.Minute},
		"failing, fails":          {fails, failed, failing, 2 * time.Second},
		"failing, failed before":  {fails, failedBefore, failing, time.Minute},
		"failing, cannot work":    {fails, block, blocked, time.Minute},
		"failing, retry":          {fails, retry, failing, 0},
		"failing, unblock":        {fails, unblock, failing, time.Minute},
		"blocked, works":          {stuck, works, healthy, 0},
		"blocked, found":          {stuck, found, blocked, time.Minute},
		"blocked, edited":         {stuck, edited, healthy, 0},
		"was blocked, found":      {shown, found, healthy, 0},
		"blocked, fails":          {stuck, failed, blocked, time.Second},
		"blocked, cannot work":    {stuck, block, blocked, time.Minute},
		"blocked, retry":          {stuck, retry, blocked, time.Minute},
		"blocked, unblock":        {stuck, unblock, blocked, 0},
		"blocked and had failed":  {both, retry, blocked, time.Minute},
		"blocked, worked, before": {stuck, workedBefore, blocked, time.Minute},
	} {
		h := tt.before
		tt.event(&h)
		if wait := max(h.until.Sub(now), 0); h.condition() != tt.want || wait != tt.wait {
			t.Errorf("%s: %d, for %v; want %d, for %v", name, h.condition(), wait, tt.want, tt.wait)
		}
		if one := h.width(window{size: 4}) == 1; one != (tt.want != healthy) {
			t.Errorf("%s: %d deliveries at a time", name, h.width(window{size: 4}))
		}
	}
}

// The third table of the package.
func TestWhatBecomesOfAJobFollowsItsTable(t *testing.T) {
	job, added, step := Job{Request: "r"}, Job{Request: "r", Method: Reply}, Job{Request: "r", Method: Edit}
	type end struct {
		next Job
		ok   bool
	}
	for meanwhile, row := range map[*Job]struct{ done, again, fail end }{
		nil:    {end{job, false}, end{step, true}, end{job, true}},
		&added: {end{added, true}, end{step, true}, end{added, true}},
	} {
		task := &task{job: job, added: meanwhile}
		for _, tt := range []struct {
			result Result
			want   end
		}{{Done(), row.done}, {Again(step), row.again}, {Retry(), row.fail}} {
			if next, ok := task.following(tt.result); (end{next, ok}) != tt.want {
				t.Errorf("added %v, after %d: %+v, %t; want %+v", meanwhile, tt.result.outcome, next, ok, tt.want)
			}
		}
	}
}

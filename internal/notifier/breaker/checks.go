package breaker

import "time"

// purpose is why a check is made.
type purpose int

const (
	// routine checks are due because of the time alone.
	routine purpose = iota
	// explanation is what something that has happened needs.
	explanation
)

// checks is when the token is checked, and what the last check found.
type checks struct {
	// begun and ended count checks: one is under way if they differ.
	begun, ended int
	// asked is the latest check that a refusal waits for.
	asked int
	// found is what the last check says of a refusal before it.
	found Verdict
	// over is closed, and made anew, when a check ends.
	over chan struct{}
	// due is when to check next, and purpose why.
	due     time.Time
	purpose purpose
	// last is when the last check ended.
	last time.Time
}

// begin reports whether a check has to begin now, and notes that.
func (c *checks) begin(now time.Time) bool {
	if c.begun > c.ended || now.Before(c.due) {
		return false
	}
	c.begun++
	c.purpose = explanation
	return true
}

// plan says when the next check is due, and why.
func (c *checks) plan(due time.Time, why purpose) { c.due, c.purpose = due, why }

// hasten has the token checked at due, if that is sooner.
func (c *checks) hasten(due time.Time) {
	if due.Before(c.due) {
		c.plan(due, explanation)
	}
}

// end takes in what the check that is under way has found.
func (c *checks) end(found Verdict, now time.Time) {
	c.ended, c.last, c.found = c.begun, now, found
	close(c.over)
	c.over = make(chan struct{})
}

// ask has the token checked at once, and returns the number of the check that says what
// a refusal now is.
func (c *checks) ask(now time.Time) int {
	c.asked = c.begun + 1
	c.hasten(now)
	return c.asked
}

// verdict returns what a check has found, or a channel that is closed when another check
// has ended.
func (c *checks) verdict(number int) (Verdict, <-chan struct{}) {
	if c.ended < number {
		return Unclear, c.over
	}
	return c.found, nil
}

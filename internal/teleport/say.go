package teleport

import (
	"errors"
	"time"
)

// sayProblem logs what is wrong once for each reason, and then every ten
// minutes at most. The cause is for the operator: it tells a closed port from a
// filtered one, which the message does not.
func (r *runner) sayProblem(what string, err *Error, delay time.Duration) {
	omitted, due := r.repeats.due(what+err.Detail, time.Now())
	if !due {
		return
	}
	r.told = true
	r.log.Info(what, "reason", err.Reason, "detail", err.Detail, "message", err.Message, "retryIn", delay.String(), "omitted", omitted)
}

// sayConnected logs a connection, unless nothing was said about the loss of the
// one before.
func (r *runner) sayConnected(l *connection) {
	if !r.told && r.greeted {
		return
	}
	r.told, r.greeted = false, true
	r.log.Info("Connected to Teleport", "cluster", l.cluster.Name, "version", l.cluster.ServerVersion, "user", l.id.User)
}

// sayMalformed logs that requests were left out, with the ids of some of them.
func (r *runner) sayMalformed(count int, ids []string) {
	if count == 0 {
		return
	}
	if omitted, due := r.repeats.due("malformed", time.Now()); due {
		r.log.Info("Skipped access requests that are malformed", "count", count, "ids", ids, "omitted", omitted)
	}
}

// sayPanic logs a panic with where it was.
func (r *runner) sayPanic(err error) {
	omitted, due := r.repeats.due("panic", time.Now())
	if !due {
		return
	}
	stack := ""
	if thrown, ok := errors.AsType[*panicError](err); ok {
		stack = string(thrown.stack)
	}
	r.log.Error(err, "Reading what Teleport sent has failed, please report it", "stack", stack, "omitted", omitted)
}

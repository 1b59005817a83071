package dispatch

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Method is the kind of call that a job needs next. Services limit methods apart.
type Method int

// The methods.
const (
	Post Method = iota
	Edit
	Reply
	Find
	methods = iota
)

// String names the method as logs and metrics do.
func (m Method) String() string {
	switch m {
	case Edit:
		return "edit"
	case Reply:
		return "reply"
	case Find:
		return "find"
	default:
		return "post"
	}
}

// Priority is how soon a job is to be done.
type Priority int

// The priorities.
const (
	Normal Priority = iota
	// Urgent jobs go before others: what readers act upon, such as a decision.
	Urgent
	priorities = iota
)

// Job asks for one request to be brought up to date at one address. There is one job
// for each pair of them.
type Job struct {
	// Address is the ID of the messenger.Address.
	Address string
	// Request is the id of the access request.
	Request string
	// Requester takes turns with other requesters.
	Requester string
	// Method is what is expected to be called.
	Method Method
	// Priority is Normal or Urgent.
	Priority Priority
}

// Result says how a delivery ended, and so what becomes of its job and its address.
// Make one with the functions below.
type Result struct {
	outcome outcome
	next    Job
	after   time.Duration
	scope   messenger.Scope
	problem *messenger.Error
}

type outcome int

const (
	skip outcome = iota
	instead
	done
	again
	retry
	throttled
	block
	holdAll
)

// Done means that the call worked and that nothing is left to do. The address works.
func Done() Result { return Result{outcome: done} }

// Again means that the call worked and that another one is due at once, as next says.
// The address works. The job goes before the others of its requester.
func Again(next Job) Result { return Result{outcome: again, next: next} }

// Skip means that nothing was due and nothing was called. It says nothing about the
// address. It is the zero Result.
func Skip() Result { return Result{} }

// Instead means that nothing was called, because another method is due than the
// job's, or that the call was answered with a refusal that is about this message
// alone. It says nothing about the address. The job goes before the others of its
// requester.
func Instead(next Job) Result { return Result{outcome: instead, next: next} }

// Retry means a failure that should pass. The address backs off, exponentially and
// with jitter, and makes one delivery at a time until one works. Deliveries that fail
// together count once.
func Retry() Result { return Result{outcome: retry} }

// Throttled means that the service asked to wait: with the job's method at its
// address, with the method everywhere, or with everything. It is obeyed exactly.
func Throttled(after time.Duration, scope messenger.Scope) Result {
	return Result{outcome: throttled, after: after, scope: scope}
}

// Block means that the address cannot work until the recipient or its administrator
// changes something. It is tried slowly, by one delivery at a time, and is among
// Problems until a call works.
func Block(problem *messenger.Error) Result { return Result{outcome: block, problem: problem} }

// HoldAll means that the token is refused: it is Retry without a back-off, and Hold.
func HoldAll() Result { return Result{outcome: holdAll} }

package track

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Delivery is what this process knows of one request at one address.
type Delivery struct {
	To     messenger.Address
	Name   string
	Reader record.Reader
	Memory plan.Memory
	// about is the message that Memory is about, "" if there is none yet.
	about string
	// Making and Editing are the claims that this process holds.
	Making, Editing Held
	// Failure is how the last call failed.
	Failure Failure
	// Rejected is how many renderings were: the full one, then the plain one.
	Rejected int
	// mentions are whom the message mentions.
	mentions []string
	// joined is when the recipient was named that was not when the request was announced.
	joined time.Time
	// call is under way, or the claim before it is; nil if none is.
	call *Work
}

func (d *Delivery) busy() bool { return d.call != nil }

// recall drops what this process remembers of a message once another one has taken its place, which
// the record says. A call that is under way is about the one before.
func (d *Delivery) recall(ref string, strays []string) {
	switch {
	case d.busy() || d.about == ref:
		return
	case d.about != "":
		d.Memory = d.Memory.WithoutMessage(slices.Contains(strays, d.about))
	}
	d.about = ref
}

// since is when the recipient should have been shown what was heard of at that time, or the
// note that is due.
func (d *Delivery) since(heard time.Time, next plan.Decision) time.Time {
	return plan.Later(plan.Later(plan.Later(heard, d.joined), d.Memory.From), next.Due)
}

// learn has a delivery go on as the rules say of the guest now.
func (d *Delivery) learn(g Guest) {
	d.Memory.Named, d.Memory.From, d.Memory.Notes = plan.Surely, g.From, g.Notes
	d.mentions = g.Mentions
}

// Held is a claim of this process.
type Held struct {
	Claim record.Claim
	Sent  time.Time
}

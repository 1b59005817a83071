package dispatch

import "iter"

// urgentTurns is how many urgent jobs may go before one that is not.
const urgentTurns = 4

// rota is which jobs go next where there are several kinds.
type rota struct {
	// method is the last that was started, favoured how many urgent jobs were since
	// the last that was not.
	method   Method
	favoured int
}

// turns returns the kinds of jobs, the one first whose turn it is.
func (r rota) turns() iter.Seq2[Priority, Method] {
	order := [priorities]Priority{Urgent, Normal}
	if r.favoured >= urgentTurns {
		order = [priorities]Priority{Normal, Urgent}
	}
	return func(yield func(Priority, Method) bool) {
		for _, p := range order {
			for i := range Method(methods) {
				if !yield(p, (r.method+1+i)%methods) {
					return
				}
			}
		}
	}
}

// took notes that a job was started.
func (r *rota) took(p Priority, m Method) {
	r.method = m
	r.favoured++
	if p == Normal {
		r.favoured = 0
	}
}

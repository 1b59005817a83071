package notifier

import (
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/guard"
	"github.com/accessnotifier/accessnotifier/internal/notifier/queue"
)

// queueWorkers is how many requests of one notifier are looked at at a time.
const queueWorkers = 8

// requestQueue holds the ids of the requests that are to be looked at.
type requestQueue struct {
	*queue.Queue
}

func newQueue() requestQueue {
	return requestQueue{queue.New()}
}

// again has a request looked at again after a time, if it is not 0.
func (q requestQueue) again(id string, after time.Duration) {
	if after > 0 {
		q.AddAfter(id, after)
	}
}

// work looks at requests until the queue is shut down, at each by one worker at a time. Workers
// are started as they are needed: most notifiers rest most of the time.
func (q requestQueue) work(guarded guard.Guard, look func(id string)) {
	var workers sync.WaitGroup
	defer workers.Wait()
	places := make(chan struct{}, queueWorkers)
	for {
		id, ok := q.Get()
		if !ok {
			return
		}
		places <- struct{}{}
		guarded.Go(&workers, func() {
			defer func() {
				q.Done(id)
				<-places
			}()
			look(id)
		})
	}
}

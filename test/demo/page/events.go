package page

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// clientBacklog is how many events a page may be behind before it has to
	// come again and read the whole state.
	clientBacklog = 256
	// keepAlive is how often an idle stream proves that it is alive.
	keepAlive = 15 * time.Second
)

// event is one server-sent event.
type event struct {
	name string
	data []byte
}

// clients are the open pages. The zero value has none.
type clients struct {
	mu   sync.Mutex
	open map[chan event]struct{}
}

// tell never blocks. It ends the stream of a page that does not keep up; the
// page comes again by itself.
func (c *clients) tell(name string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for client := range c.open {
		select {
		case client <- event{name, data}:
		default:
			delete(c.open, client)
			close(client)
		}
	}
}

func (c *clients) join() chan event {
	c.mu.Lock()
	defer c.mu.Unlock()
	client := make(chan event, clientBacklog)
	if c.open == nil {
		c.open = map[chan event]struct{}{}
	}
	c.open[client] = struct{}{}
	return client
}

func (c *clients) leave(client chan event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, client)
}

func (s *Server) serveState(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.state())
}

// serveEvents joins before it reads the state: a change in between is told
// twice, which does no harm, and never lost.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	client := s.clients.join()
	defer s.clients.leave(client)
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	send := func(e event) error {
		// JSON has no line breaks of its own.
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.name, e.data); err != nil {
			return err
		}
		return stream.Flush()
	}
	if send(event{"state", encode(s.state())}) != nil {
		return
	}
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case e, open := <-client:
			if !open || send(e) != nil {
				return
			}
		case <-ticker.C:
			if send(event{name: "alive", data: []byte("{}")}) != nil {
				return
			}
		}
	}
}

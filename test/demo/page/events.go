package page

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
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

// tell sends an event to every page.
func (c *clients) tell(e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for client := range c.open {
		c.push(client, e)
	}
}

// tellOne sends an event to one page.
func (c *clients) tellOne(client chan event, e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.open[client]; open {
		c.push(client, e)
	}
}

// push never blocks. It ends the stream of a page that does not keep up; the
// page comes again by itself.
func (c *clients) push(client chan event, e event) {
	select {
	case client <- e:
	default:
		delete(c.open, client)
		close(client)
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

// subscribe tells one page of every message, until the returned function is
// called.
func (s *Server) subscribe(client chan event) (cancel func()) {
	var cancels []func()
	for _, w := range s.config.Workspaces {
		cancels = append(cancels, w.Chat.Subscribe(func(post messengertest.Post) {
			s.clients.tellOne(client, event{"post", encode(viewPost(post))})
		}))
	}
	return func() {
		for _, cancel := range cancels {
			cancel()
		}
	}
}

// serveEvents joins before it reads the state: a change in between is told
// twice, which does no harm, and never lost.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	client := s.clients.join()
	defer s.clients.leave(client)
	defer s.subscribe(client)()
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

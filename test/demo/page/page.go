// Package page serves the demo's web page on the loopback interface: the chat
// services as their users see them, the status of the AccessNotifiers, and buttons that
// act in the simulated Teleport.
package page

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// refreshEvery is how often Teleport and the AccessNotifiers are looked at for
// changes that did not come through the page. Chat services report theirs at once.
const refreshEvery = 300 * time.Millisecond

//go:embed static
var static embed.FS

// Config says what the page shows.
type Config struct {
	// Workspaces are the chat services.
	Workspaces []Workspace
	// Teleport is where the buttons act.
	Teleport *teleporttest.Server
	// Roles are the roles that the form offers.
	Roles []Role
	// Pressers are the people as whom a visitor can press buttons, the first one unless another
	// is chosen.
	Pressers []Presser
	// Notifiers reads the AccessNotifiers that there are now, in the order in
	// which to show them.
	Notifiers func(context.Context) ([]v1alpha1.AccessNotifier, error)
}

// Workspace is a chat service with the channels and people to show, also those
// that have no messages yet.
type Workspace struct {
	// Chat is the service.
	Chat messengertest.Simulator
	// Title is the service's name as people write it.
	Title string
	// Channels and People are listed in this order.
	Channels, People []Place
	// Pressers are the accounts of Config.Pressers, by the same names.
	Pressers []Place
}

// Presser is a person who presses buttons.
type Presser struct {
	// Name is the name of the person's accounts, and About who that is.
	Name  string `json:"name"`
	About string `json:"about"`
}

// Place is a channel or a person of a chat service.
type Place struct {
	// ID is the service's id of the channel or person.
	ID string `json:"id"`
	// Name is the channel's name or the person's e-mail address.
	Name string `json:"name"`
}

// Role is a role that people may ask for.
type Role struct {
	// Name is the role's name in Teleport.
	Name string `json:"name"`
	// Approvals is how many approvals it takes.
	Approvals int `json:"approvals"`
}

// Server is the page's server. Handler serves, and Run keeps what it serves
// current.
type Server struct {
	config  Config
	clients clients

	mu        sync.Mutex
	requests  []byte
	notifiers []byte
	// clicks are the latest of each account, in the order in which they were made, and seen is
	// what pages know of them.
	clicks []click
	made   int
	seen   []byte
}

// New returns a server that shows no requests and no status before Run.
func New(config Config) *Server {
	return &Server{config: config, requests: []byte("[]"), notifiers: []byte("[]"), seen: []byte("[]")}
}

// Run tells open pages of changes in Teleport and of the AccessNotifiers until
// ctx ends. Of messages they hear without it.
func (s *Server) Run(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		s.refreshRequests()
		s.refreshNotifiers(ctx)
		s.refreshClicks()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Handler serves the page and its API, to pages of its own origin only.
func (s *Server) Handler() (http.Handler, error) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, fmt.Errorf("opening the embedded files: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /side-by-side", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "side-by-side.html")
	})
	mux.HandleFunc("GET /api/state", s.serveState)
	mux.HandleFunc("GET /api/events", s.serveEvents)
	mux.HandleFunc("POST /api/requests", s.action(s.createRequest))
	mux.HandleFunc("POST /api/requests/{id}/reviews", s.action(s.review))
	mux.HandleFunc("POST /api/requests/{id}/resolution", s.action(s.resolve))
	mux.HandleFunc("POST /api/requests/{id}/expiry", s.action(s.expire))
	mux.HandleFunc("POST /api/clicks", s.action(s.press))
	mux.HandleFunc("POST /api/forms", s.action(s.sendForm))
	return guard(mux), nil
}

func (s *Server) refreshRequests() {
	current := encode(viewRequests(s.config.Teleport.Requests()))
	s.update("requests", &s.requests, current)
}

// refreshNotifiers keeps the last known status while the API server does not
// answer: the page says what was true last, as kubectl would.
func (s *Server) refreshNotifiers(ctx context.Context) {
	notifiers, err := s.config.Notifiers(ctx)
	if err != nil {
		return
	}
	s.update("notifiers", &s.notifiers, encode(viewNotifiers(notifiers)))
}

// update stores what is current and tells the pages if it differs.
func (s *Server) update(name string, known *[]byte, current []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes.Equal(*known, current) {
		return
	}
	*known = current
	s.clients.tell(event{name, current})
}

// encode returns v, which is one of this package's own types, as JSON.
func encode(v any) []byte {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic("the page's state cannot be encoded: " + err.Error())
	}
	return encoded
}

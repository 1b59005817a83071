package messengertest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultAppToken is the app-level token of a simulator of Slack whose Options name none.
const DefaultAppToken = "xapp-1-" + slackApp + "-1-cnryf21f62b391799cedb955bfbd958359ae"

// slackApp is the id of the bot's app.
const slackApp = "A0SIMULATED"

const (
	// slackTicket is for how long an address of Socket Mode is good. Not documented.
	slackTicket = 30 * time.Second
	// slackSockets is how many connections an app may have [docs.slack.dev/apis/events-api/using-socket-mode].
	slackSockets = 10
	// slackPings is how often Slack sends pings. Not documented.
	slackPings = 10 * time.Second
	// slackAnswer is how long Slack waits for an acknowledgement, and slackDeliveries how often it
	// sends one envelope at most. The latter is documented of events; of interactions it
	// is the reading that a client has the hardest time with.
	slackAnswer     = 3 * time.Second
	slackDeliveries = 3
	slackLink       = "/link/"
)

// slackSocketMode is what the simulator knows of Socket Mode.
type slackSocketMode struct {
	mu      sync.Mutex
	token   string
	refusal string
	// tickets are the addresses that no client has used yet, by when they end.
	tickets map[string]time.Time
	made    int
	// address stands in the place of the one that is answered.
	address string
	// open are the connections that are used, oldest first, and all those that are not closed.
	open, all []*slackSocket
	turn      int
	// waiting are the envelopes that are not acknowledged.
	waiting map[string]chan json.RawMessage
	// problems are what clients did wrong.
	problems []string
	// noHello, silent and deaf are faults.
	noHello, silent bool
	deaf            int
}

// slackSocket is a connection.
type slackSocket struct {
	*webSocket
	announced bool
}

// RefuseAppToken makes the app-level token meet an error; an empty code accepts it again.
func (s *Slack) RefuseAppToken(code string) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	s.sockets.refusal = code
}

// NameSocket makes apps.connections.open answer another address than the simulator's.
func (s *Slack) NameSocket(address string) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	s.sockets.address = address
}

// WithoutHello makes Slack leave new connections without its first frame.
func (s *Slack) WithoutHello(on bool) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	s.sockets.noHello = on
}

// SilenceSockets makes Slack send nothing by itself, and answer no pings.
func (s *Slack) SilenceSockets(on bool) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	s.sockets.silent = on
}

// MissAcknowledgements makes Slack miss the next n, and send those envelopes again.
func (s *Slack) MissAcknowledgements(n int) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	s.sockets.deaf = n
}

// SendToSockets sends any text to all connections.
func (s *Slack) SendToSockets(text []byte) {
	for _, socket := range s.connections() {
		_ = socket.write(wsText, text)
	}
}

// CutSockets ends all connections, in the middle of a frame or without.
func (s *Slack) CutSockets(inFrame bool) {
	for _, socket := range s.connections() {
		if inFrame {
			socket.cut()
		} else {
			_ = socket.conn.Close()
		}
	}
}

// AnnounceDisconnect tells all connections that they will end for a reason, such as "warning" or
// "refresh_requested", and ends them after a while. Nothing is sent to them any more.
func (s *Slack) AnnounceDisconnect(reason string, after time.Duration) {
	for _, socket := range s.connections() {
		s.sockets.mu.Lock()
		socket.announced = true
		s.sockets.mu.Unlock()
		_ = socket.write(wsText, encodeJSON(map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "simulated"}}))
		time.AfterFunc(after, func() { _ = socket.conn.Close() })
	}
}

// Sockets is how many connections are used.
func (s *Slack) Sockets() int { return len(s.connections()) }

// SocketProblems are what clients of Socket Mode did that Slack knows nothing of.
func (s *Slack) SocketProblems() []string {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	return slices.Clone(s.sockets.problems)
}

func (s *Slack) connections() []*slackSocket {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	return slices.Clone(s.sockets.open)
}

func (s *Slack) closeSockets() {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	for _, socket := range s.sockets.all {
		_ = socket.conn.Close()
	}
}

// appsConnectionsOpen answers an address that is good for one connection. The token is taken
// from the header only ["passing it as a POST parameter will result in an error"].
func (s *Slack) appsConnectionsOpen(c *call) response {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	scheme, token, _ := strings.Cut(c.http.Header.Get("Authorization"), " ")
	switch {
	case c.http.Method != http.MethodPost:
		return slackError("insecure_request")
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return slackError("not_authed")
	case s.tokens[token] != nil:
		return slackError("not_allowed_token_type")
	case token != s.sockets.token:
		return slackError("invalid_auth")
	case s.sockets.refusal != "":
		return slackError(s.sockets.refusal)
	}
	if q := s.quotas.take("app/"+c.method, s.limits.Method[c.method], s.now()); !q.ok {
		return slackRateLimited(q.reset)
	}
	s.sockets.made++
	ticket := fmt.Sprintf("ticket-%d", s.sockets.made)
	s.sockets.tickets[ticket] = s.now().Add(slackTicket)
	address := "ws://" + c.http.Host + slackLink + "?ticket=" + ticket + "&app_id=" + slackApp
	if s.sockets.address != "" {
		address = s.sockets.address
	}
	return jsonResponse(http.StatusOK, map[string]any{"ok": true, "url": address})
}

// admit uses up the ticket of a request for a connection.
func (s *Slack) admit(r *http.Request) int {
	if status := refuseUpgrade(r); status != 0 {
		return status
	}
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	ticket := r.URL.Query().Get("ticket")
	ends, ok := s.sockets.tickets[ticket]
	delete(s.sockets.tickets, ticket)
	if !ok || s.now().After(ends) {
		// Not documented.
		return http.StatusForbidden
	}
	return 0
}

// serveSocket answers a request for a connection, and returns at its end.
func (s *Slack) serveSocket(conn net.Conn, reader *bufio.Reader, r *http.Request) {
	defer func() { _ = conn.Close() }()
	if status := s.admit(r); status != 0 {
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status, http.StatusText(status))
		return
	}
	ws, err := upgrade(conn, reader, r)
	if err != nil {
		return
	}
	socket := &slackSocket{webSocket: ws}
	if s.join(socket) {
		defer s.leave(socket)
		s.converse(socket)
	}
}

// join greets a connection, and reports whether it is used.
func (s *Slack) join(socket *slackSocket) bool {
	s.sockets.mu.Lock()
	tooMany, noHello := len(s.sockets.open) >= slackSockets, s.sockets.noHello
	s.sockets.all = append(s.sockets.all, socket)
	n := len(s.sockets.open) + 1
	s.sockets.mu.Unlock()
	if tooMany {
		_ = socket.write(wsText, encodeJSON(map[string]any{"type": "disconnect", "reason": "too_many_websockets"}))
		s.leave(socket)
		return false
	}
	if noHello {
		return true
	}
	// Slack greets before it sends anything else.
	err := socket.write(wsText, encodeJSON(map[string]any{
		"type": "hello", "num_connections": n, "connection_info": map[string]any{"app_id": slackApp},
		"debug_info": map[string]any{"host": "simulated", "build_number": 1, "approximate_connection_time": 18060},
	}))
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	if err == nil {
		s.sockets.open = append(s.sockets.open, socket)
	}
	return true
}

func (s *Slack) leave(socket *slackSocket) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	other := func(o *slackSocket) bool { return o == socket }
	s.sockets.open = slices.DeleteFunc(s.sockets.open, other)
	s.sockets.all = slices.DeleteFunc(s.sockets.all, other)
}

// converse reads what a client says until it leaves.
func (s *Slack) converse(socket *slackSocket) {
	done := make(chan struct{})
	var pings sync.WaitGroup
	pings.Go(func() { s.pingUntil(done, socket) })
	defer pings.Wait()
	defer func() { _ = socket.conn.Close() }()
	defer close(done)
	for {
		kind, payload, err := socket.read()
		if err != nil {
			s.complain(err == errProtocol, "the client breaks RFC 6455") //nolint:errorlint // It is not wrapped.
			return
		}
		switch {
		case kind == wsClose:
			_ = socket.write(wsClose, payload)
			return
		case kind == wsPing && !s.isSilent():
			pings.Go(func() { _ = socket.write(wsPong, payload) })
		case kind == wsText:
			s.acknowledged(payload)
		}
	}
}

func (s *Slack) isSilent() bool {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	return s.sockets.silent
}

func (s *Slack) pingUntil(done <-chan struct{}, socket *slackSocket) {
	ticker := time.NewTicker(slackPings)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			if !s.isSilent() && socket.write(wsPing, []byte("Ping from simulated")) != nil {
				return
			}
		}
	}
}

func (s *Slack) complain(when bool, about string) {
	if when {
		s.sockets.mu.Lock()
		defer s.sockets.mu.Unlock()
		s.sockets.problems = append(s.sockets.problems, about)
	}
}

// acknowledged takes an acknowledgement. It must be one of an envelope that was sent.
func (s *Slack) acknowledged(raw []byte) {
	var answer struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := strictly(raw, &answer); err != nil || answer.EnvelopeID == "" {
		s.complain(true, "what is no acknowledgement: "+string(raw))
		return
	}
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	waiting, ok := s.sockets.waiting[answer.EnvelopeID]
	if !ok {
		s.sockets.problems = append(s.sockets.problems, "an acknowledgement of what was not sent, or twice, or too late: "+string(raw))
		return
	}
	if take(&s.sockets.deaf) {
		return
	}
	delete(s.sockets.waiting, answer.EnvelopeID)
	waiting <- answer.Payload
}

// deliver sends an interaction until it is acknowledged, and returns the payload of the
// acknowledgement.
func (s *Slack) deliver(payload map[string]any) (json.RawMessage, error) {
	s.sockets.mu.Lock()
	s.sockets.made++
	id := fmt.Sprintf("envelope-%d", s.sockets.made)
	answer := make(chan json.RawMessage, 1)
	s.sockets.waiting[id] = answer
	s.sockets.mu.Unlock()
	defer func() {
		// Whoever answers after the last delivery has ended is late.
		s.sockets.mu.Lock()
		defer s.sockets.mu.Unlock()
		delete(s.sockets.waiting, id)
	}()
	for attempt := range slackDeliveries {
		socket := s.nextSocket()
		if socket == nil {
			return nil, ErrNotTaken
		}
		_ = socket.write(wsText, encodeJSON(map[string]any{
			"type": "interactive", "envelope_id": id, "payload": payload, "accepts_response_payload": true, "retry_attempt": attempt,
		}))
		timer := time.NewTimer(slackAnswer)
		select {
		case said := <-answer:
			timer.Stop()
			return said, nil
		case <-timer.C:
		}
	}
	return nil, ErrNotTaken
}

// nextSocket returns one connection after the other: Slack sends to any.
func (s *Slack) nextSocket() *slackSocket {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	usable := slices.DeleteFunc(slices.Clone(s.sockets.open), func(socket *slackSocket) bool { return socket.announced })
	if len(usable) == 0 {
		return nil
	}
	s.sockets.turn++
	return usable[s.sockets.turn%len(usable)]
}

func encodeJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("what the simulator sends cannot be encoded: " + err.Error())
	}
	return raw
}

// ServeHTTP implements http.Handler.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hijacker, ok := w.(http.Hijacker)
	if r.URL.Path != slackLink || !ok {
		s.server.ServeHTTP(w, r)
		return
	}
	conn, buffered, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.serveSocket(conn, buffered.Reader, r)
}

// slackFront is the network side, which ends connections that net/http no longer knows.
type slackFront struct {
	front
	sockets func()
}

// Close implements front.
func (f slackFront) Close() error {
	err := f.front.Close()
	f.sockets()
	return err
}

// Transport answers requests in memory, and leads to connections there.
func (s *Slack) Transport() http.RoundTripper { return slackTransport{transport{&s.server}, s} }

type slackTransport struct {
	transport
	slack *Slack
}

// TLS implements messenger.Networker.
func (slackTransport) TLS() *tls.Config { return nil }

// DialContext implements messenger.Networker.
func (t slackTransport) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if t.slack.faults.refusing() {
		return nil, errRefused
	}
	client, server := net.Pipe()
	go func() {
		reader := bufio.NewReader(server)
		r, err := http.ReadRequest(reader)
		if err != nil {
			_ = server.Close()
			return
		}
		t.slack.serveSocket(server, reader, r.WithContext(ctx))
	}()
	return client, nil
}

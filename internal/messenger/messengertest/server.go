package messengertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxBody is more than any service accepts.
const maxBody = 4 << 20

// errDropped says that the connection is to be closed without an answer.
var errDropped = errors.New("connection dropped")

// call is one request to a service.
type call struct {
	method  string
	channel string
	token   string
	http    *http.Request
	body    []byte
	params  map[string]string
}

// response is an answer that was not sent yet.
type response struct {
	status int
	header http.Header
	body   []byte
	// effect is true when the call changed something.
	effect bool
}

func plainResponse(status int, contentType, body string) response {
	return response{
		status: status,
		header: http.Header{"Content-Type": {contentType}},
		body:   []byte(body),
	}
}

func jsonResponse(status int, body any) response {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic("a simulator's answer cannot be encoded: " + err.Error())
	}
	return plainResponse(status, "application/json; charset=utf-8", string(encoded))
}

func (r response) changed() response {
	r.effect = true
	return r
}

// service is what tells one simulator from another. Its methods are called
// with the server's lock held, except for route.
type service interface {
	route(r *http.Request, body []byte) *call
	serve(c *call) response
	failed(c *call, f Failure) response
	throttled(c *call, t Throttling) response
	flush()
}

// server is what the simulators share: faults, counting and connections.
type server struct {
	listening
	name   string
	lock   sync.Mutex
	now    func() time.Time
	faults *Faults
	calls  map[string]int
	svc    service
	// late is set while a call is carried out late.
	late bool
	// door answers what is for another host of the service, which lets bots in: no fault is of
	// it but those of its own method. It is nil where there is none.
	door func(r *http.Request, body []byte) (answer response, ok bool)
}

func (s *server) init(name, path string, o Options, svc service) {
	s.name, s.now, s.faults, s.svc = name, o.Now, o.Faults, svc
	s.calls = map[string]int{}
	s.listening.scheme, s.listening.path, s.listening.front = "http", path, httpFront(s)
	s.faults.watch(s.listening.refuse)
}

// Name returns the service's name in lower case.
func (s *server) Name() string { return s.name }

// Faults returns the faults that the simulator obeys.
func (s *server) Faults() *Faults { return s.faults }

// Calls returns how often each method was called, refused calls included.
func (s *server) Calls() map[string]int {
	s.lock.Lock()
	defer s.lock.Unlock()
	return maps.Clone(s.calls)
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "request entity too large", http.StatusRequestEntityTooLarge)
		return
	}
	resp, err := s.exchange(r, body)
	if err != nil {
		hangUp(w)
		return
	}
	maps.Copy(w.Header(), resp.header)
	w.WriteHeader(resp.status)
	// The client may be gone, which is its own affair.
	_, _ = w.Write(resp.body)
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// exchange answers one request, or returns an error when the connection is to
// be closed instead.
func (s *server) exchange(r *http.Request, body []byte) (response, error) {
	if s.door != nil {
		if resp, ok := s.door(r, body); ok {
			return resp, nil
		}
	}
	c := s.svc.route(r, body)
	s.lock.Lock()
	s.calls[c.method]++
	s.lock.Unlock()

	if s.faults.refusing() || s.faults.takeDropBefore() {
		return response{}, errDropped
	}
	if delay, cleared, ok := s.faults.takeLate(c.method); ok {
		return response{}, s.carryOutLater(r.Context(), c, delay, cleared)
	}
	if err := s.faults.wait(r.Context()); err != nil {
		return response{}, err
	}
	resp := s.answer(c)
	s.svc.flush()
	if resp.effect && s.faults.takeDropAfter() {
		return response{}, errDropped
	}
	return resp, nil
}

func (s *server) answer(c *call) response {
	s.lock.Lock()
	defer s.lock.Unlock()
	if t, ok := s.faults.throttled(c.method, c.channel); ok {
		return s.svc.throttled(c, t)
	}
	if f, ok := s.faults.failure(c.method); ok {
		return s.svc.failed(c, f).retryAfter(f.RetryAfter)
	}
	return s.svc.serve(c)
}

// retryAfter says when to call again, unless that is zero.
func (r response) retryAfter(d time.Duration) response {
	if d > 0 {
		r.header.Set("Retry-After", strconv.Itoa(seconds(d)))
	}
	return r
}

// badGateway is what a proxy in front of a service answers.
func badGateway(status int) response {
	return plainResponse(status, "text/html", "<html><body><h1>"+http.StatusText(status)+"</h1></body></html>")
}

// Transport answers requests in memory.
func (s *server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ server *server }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.server.faults.refusing() {
		return nil, errRefused
	}
	var body []byte
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	resp, err := t.server.exchange(r, body)
	if errors.Is(err, errDropped) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, context.Cause(r.Context())
	}
	return &http.Response{
		Status:        http.StatusText(resp.status),
		StatusCode:    resp.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        resp.header.Clone(),
		Body:          io.NopCloser(bytes.NewReader(resp.body)),
		ContentLength: int64(len(resp.body)),
		Request:       r,
	}, nil
}

// strictly decodes a body that is one value of JSON and has no members but those that are known.
func strictly(body []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value")
	}
	return nil
}

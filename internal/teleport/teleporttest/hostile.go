package teleporttest

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
)

// listFaults is how lists of all requests differ from what there is. Questions
// about one request are answered as ever.
type listFaults struct {
	// omitted are requests that lists lack.
	omitted map[string]bool
	// frozen are the requests that lists show instead of those that there are; nil
	// for none.
	frozen map[string]*types.AccessRequestV3
	// delay is how long the answer to each list call takes.
	delay time.Duration
	// endless makes lists go on for ever, with requests of this size in bytes.
	endless int
	// endlessUsers is one more than the users of each page of a list of users that goes on for
	// ever; 0 for one that ends.
	endlessUsers int
}

// OmitFromLists makes lists of all requests lack the named ones, as a list that
// trails behind their creation does; no ids ends it.
func (s *Server) OmitFromLists(ids ...string) {
	omitted := make(map[string]bool, len(ids))
	for _, id := range ids {
		omitted[id] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists.omitted = omitted
}

// FreezeLists makes lists of all requests show what there is now until it is
// called with false, as a list from a cache that trails does.
func (s *Server) FreezeLists(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists.frozen = nil
	if !on {
		return
	}
	s.lists.frozen = make(map[string]*types.AccessRequestV3, len(s.requests))
	for id, r := range s.requests {
		s.lists.frozen[id] = r
	}
}

// SlowLists makes the answer to each list call take d more; 0 ends it. Everything
// else is as fast as ever.
func (s *Server) SlowLists(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists.delay = d
}

// EndlessLists makes lists of all requests never end, as a hostile server may:
// page after page of requests with reasons of size bytes. A size of 0 ends it.
func (s *Server) EndlessLists(size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists.endless = size
}

// PublishRaw sends an event to every watch as it is, whatever it says.
func (s *Server) PublishRaw(event *proto.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		w.push(dueEvent{event: event, due: time.Now()})
	}
}

// PutRaw stores a request as it is and publishes it, whatever it says. It needs
// an expiry.
func (s *Server) PutRaw(r *types.AccessRequestV3) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putRequest(r)
}

// awaitList waits for as long as list calls are made to take.
func (s *Server) awaitList(ctx context.Context) error {
	s.mu.Lock()
	delay := s.lists.delay
	s.mu.Unlock()
	if delay == 0 {
		return nil
	}
	return sleep(ctx, delay)
}

// listed returns the requests that a list of all starts from. The caller holds
// s.mu.
func (s *Server) listed() map[string]*types.AccessRequestV3 {
	from := s.requests
	if s.lists.frozen != nil {
		from = s.lists.frozen
	}
	out := make(map[string]*types.AccessRequestV3, len(from))
	for id, r := range from {
		if !s.lists.omitted[id] {
			out[id] = r
		}
	}
	return out
}

// endlessPage returns a page of a list that never ends, nil if lists do end.
func (s *Server) endlessPage(limit int) []*types.AccessRequestV3 {
	s.mu.Lock()
	size := s.lists.endless
	s.mu.Unlock()
	if size == 0 {
		return nil
	}
	page := make([]*types.AccessRequestV3, limit)
	for i := range page {
		page[i] = madeUp(size, s.opts.Now())
	}
	return page
}

func madeUp(size int, now time.Time) *types.AccessRequestV3 {
	expires := now.Add(time.Hour)
	return &types.AccessRequestV3{
		Kind:     types.KindAccessRequest,
		Version:  types.V3,
		Metadata: types.Metadata{Name: uuid.NewString(), Expires: &expires},
		Spec: types.AccessRequestSpecV3{
			User: "mallory", Roles: []string{"editor"}, State: types.RequestState_PENDING,
			RequestReason: fmt.Sprintf("%*s", size, "x"),
		},
	}
}

// PutTwin stores a pending request of an id that another cluster has given, and publishes it.
func (s *Server) PutTwin(id string) {
	expires := s.opts.Now().Add(time.Hour)
	s.PutRaw(&types.AccessRequestV3{
		Kind: types.KindAccessRequest, Version: types.V3, Metadata: types.Metadata{Name: id, Expires: &expires},
		Spec: types.AccessRequestSpecV3{
			User: "dave", Roles: []string{"editor"}, State: types.RequestState_PENDING, Created: s.opts.Now(), Expires: expires,
		},
	})
}

const (
	// floodEvery and floodSize make a flood of events, of requests that are all new.
	floodEvery = 5 * time.Millisecond
	floodSize  = 100 << 10
)

// FloodEvents publishes large new requests until ctx ends.
func (s *Server) FloodEvents(ctx context.Context) {
	for sleep(ctx, floodEvery) == nil {
		r := madeUp(floodSize, s.opts.Now())
		s.PublishRaw(&proto.Event{Type: proto.Operation_PUT, Resource: &proto.Event_AccessRequest{AccessRequest: r}})
	}
}

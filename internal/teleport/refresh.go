package teleport

import (
	"context"
	"errors"
	"time"

	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxAnswers bounds what comes in answer to the question about one request.
	maxAnswers = 16
	// sightFor is how long a list that was not empty shows that the identity may
	// list.
	sightFor = 10 * time.Second
)

// errEnough ends a list that has told what was asked.
var errEnough = errors.New("enough was read")

// Refresh asks Teleport for one request. What Get says afterwards is as new as
// the answer: of a request that Teleport does not name, Get returns the last
// known state as unlisted. The answer is believed also where it contradicts
// earlier lists and events; only what events say meanwhile wins.
//
// Refreshes of one request that overlap are one call.
func (s *Session) Refresh(ctx context.Context, id string) error {
	done := s.refreshes.DoChan(id, func() (any, error) {
		// It goes on for others when the first who asked gives up.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*callTimeout)
		defer cancel()
		return nil, s.refresh(ctx, id)
	})
	select {
	case result := <-done:
		return result.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Session) refresh(ctx context.Context, id string) error {
	began := time.Now()
	var found *accessrequest.Request
	err := s.call(ctx, callTimeout, func(ctx context.Context, c Client) error {
		var err error
		found, err = ask(ctx, c, id)
		if found != nil || err != nil || !s.expects(id, began) {
			return err
		}
		return s.seesAny(ctx, c)
	})
	if err != nil {
		return err
	}
	if s.requests.answered(id, found, began) {
		s.subscribers.each(func(sub accessrequest.Subscriber) { sub.Changed(id) })
	}
	return nil
}

// ask returns the request id as Teleport has it, nil if it does not name it.
func ask(ctx context.Context, c Client, id string) (*accessrequest.Request, error) {
	var found *accessrequest.Request
	answers := 0
	err := c.EachAccessRequest(ctx, types.AccessRequestFilter{ID: id}, func(r *types.AccessRequestV3) error {
		if answers++; answers > maxAnswers {
			return errTooMany
		}
		if r == nil || r.Metadata.Name != id {
			return nil
		}
		request, err := convert(r)
		if err != nil {
			return err
		}
		found = &request
		return errEnough
	})
	if errors.Is(err, errEnough) || codeOf(err) == codes.NotFound {
		err = nil
	}
	return found, err
}

// expects reports whether the request should be there by all that is known.
func (s *Session) expects(id string, now time.Time) bool {
	r, presence := s.requests.get(id)
	return presence == accessrequest.Present && !ended(r, now)
}

// seesAny returns an error if nothing shows that the identity may list, since an
// answer without requests is also that to an identity that may not.
func (s *Session) seesAny(ctx context.Context, c Client) error {
	if time.Since(s.requests.lastSight()) < sightFor {
		return nil
	}
	seen := false
	err := c.EachAccessRequest(ctx, types.AccessRequestFilter{}, func(r *types.AccessRequestV3) error {
		seen = r != nil
		return errEnough
	})
	switch {
	case seen:
		s.requests.saw(time.Now())
		return nil
	case err == nil || errors.Is(err, errEnough):
		return errAccessRevoked
	default:
		return err
	}
}

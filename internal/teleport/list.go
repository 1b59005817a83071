package teleport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gravitational/teleport/api/types"
)

const (
	// listLimit bounds the reading of a full list that makes progress.
	listLimit = 30 * time.Minute
	// maxNamed bounds the malformed requests of a list that are named in logs.
	maxNamed = 10
)

var errTooMany = errors.New("more access requests than are kept")

// list is a full list of requests in every state.
type list struct {
	began    time.Time
	requests []kept
	// malformed counts the requests that were left out, and named has the ids of
	// some of them.
	malformed int
	named     []string
	// rules were read before the requests, so that nothing is told that they replace.
	rules *ruleList

	// size is about how many bytes the list takes besides its terms.
	size    int
	terms   sharedTerms
	digests bool
}

func (l *list) taken() int {
	return l.size + l.terms.size
}

// readList reads a full list.
func readList(ctx context.Context, c Client) (*list, error) {
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	l := &list{began: time.Now()}
	if err := c.EachAccessRequest(ctx, types.AccessRequestFilter{}, l.add); err != nil {
		return nil, fmt.Errorf("list access requests: %w", err)
	}
	return l, nil
}

// add appends a request. A list that is too long has digests of the resolved
// requests; one that is too long even so is an error. What is left out counts as
// well, so that a list without an end has one.
func (l *list) add(r *types.AccessRequestV3) error {
	request, err := convert(r)
	switch {
	case r == nil:
		l.size += entryOverhead
	case err != nil:
		l.size += entryOverhead
		l.skip(r)
	default:
		if l.digests {
			request = digest(request)
		}
		l.requests = append(l.requests, l.terms.keep(request))
		l.size += sizeOf(request)
	}
	if l.taken() > maxMirror && !l.digests {
		l.shorten()
	}
	if l.taken() > maxMirror {
		return errTooMany
	}
	return nil
}

func (l *list) skip(r *types.AccessRequestV3) {
	l.malformed++
	if len(l.named) < maxNamed && isID(r.Metadata.Name) {
		l.named = append(l.named, r.Metadata.Name)
	}
}

// shorten replaces the resolved requests by digests, now and from now on.
func (l *list) shorten() {
	l.digests, l.terms = true, sharedTerms{}
	for i := range l.requests {
		request := l.requests[i].request()
		l.size -= sizeOf(request)
		request = digest(request)
		l.requests[i] = l.terms.keep(request)
		l.size += sizeOf(request)
	}
}

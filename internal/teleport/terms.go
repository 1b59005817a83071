package teleport

import (
	"crypto/sha256"
	"fmt"
	"reflect"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// terms are what requests have in common: most requests of a cluster ask for few roles,
// of which each has its thresholds, annotations and reviewers.
type terms struct {
	roles, reviewers []string
	thresholds       []accessrequest.Threshold
	roleThresholds   map[string][][]uint32
	annotations      map[string][]string
}

func termsOf(r accessrequest.Request) terms {
	return terms{r.Roles, r.SuggestedReviewers, r.Thresholds, r.RoleThresholds, r.Annotations}
}

func (t terms) giveTo(r *accessrequest.Request) {
	r.Roles, r.SuggestedReviewers = t.roles, t.reviewers
	r.Thresholds, r.RoleThresholds, r.Annotations = t.thresholds, t.roleThresholds, t.annotations
}

// size is about how many bytes the terms take.
func (t terms) size() int {
	n := sizeOfTexts(t.roles) + sizeOfTexts(t.reviewers)
	for _, threshold := range t.thresholds {
		n += itemOverhead + len(threshold.Name)
	}
	for role, sets := range t.roleThresholds {
		n += 2*itemOverhead + len(role)
		for _, set := range sets {
			n += itemOverhead + 4*len(set)
		}
	}
	for name, list := range t.annotations {
		n += 2*itemOverhead + len(name) + sizeOfTexts(list)
	}
	return n
}

// sharedTerms keeps the same terms once, and counts them once. The zero value is empty.
type sharedTerms struct {
	bySum map[[sha256.Size]byte]*heldTerms
	// latest were held last, which are often those of the next request.
	latest *heldTerms
	size   int
}

// heldTerms are in use by some requests.
type heldTerms struct {
	terms
	sum        [sha256.Size]byte
	uses, size int
}

// hold returns the terms that others have, if they are the same. They are released when the
// request is no longer kept.
func (s *sharedTerms) hold(t terms) *heldTerms {
	held := s.find(t)
	held.uses++
	s.latest = held
	return held
}

func (s *sharedTerms) find(t terms) *heldTerms {
	if s.latest != nil && s.latest.uses > 0 && reflect.DeepEqual(s.latest.terms, t) {
		return s.latest
	}
	// Go's syntax tells any two values apart, and has maps in order.
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", t))
	held := s.bySum[sum]
	if held == nil {
		held = &heldTerms{terms: t, sum: sum, size: heldOverhead + t.size()}
		if s.bySum == nil {
			s.bySum = map[[sha256.Size]byte]*heldTerms{}
		}
		s.bySum[sum] = held
		s.size += held.size
	}
	return held
}

func (s *sharedTerms) release(held *heldTerms) {
	held.uses--
	if held.uses == 0 {
		delete(s.bySum, held.sum)
		s.size -= held.size
	}
}

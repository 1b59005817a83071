package accessrequest

// Progress tells how far a request is from approval.
type Progress struct {
	// Approvals is how many approvals count so far.
	Approvals int
	// Needed is how many approvals are needed, at least 1.
	Needed int
}

// Progress returns the progress of the requirement that is furthest from being
// met: access is granted only when every role's requirements are. It reports
// false when the server gave no thresholds (an unknown or much older server).
func (r Request) Progress() (Progress, bool) {
	var worst Progress
	found := false
	for _, sets := range r.RoleThresholds {
		for _, set := range sets {
			p, ok := r.setProgress(set)
			if !ok {
				continue
			}
			if !found || p.remaining() > worst.remaining() ||
				p.remaining() == worst.remaining() && p.Needed > worst.Needed {
				worst, found = p, true
			}
		}
	}
	return worst, found
}

// setProgress returns the progress of the threshold in set that is nearest to
// being met, since one of a set suffices.
func (r Request) setProgress(set []uint32) (Progress, bool) {
	var best Progress
	found := false
	for _, index := range set {
		if int(index) >= len(r.Thresholds) {
			continue
		}
		p := Progress{Approvals: r.approvals(index), Needed: r.Thresholds[index].Approvals()}
		if !found || p.remaining() < best.remaining() {
			best, found = p, true
		}
	}
	return best, found
}

func (r Request) approvals(threshold uint32) int {
	n := 0
	for _, review := range r.Reviews {
		if review.State == Approved && review.countsTowards(threshold) {
			n++
		}
	}
	return n
}

func (r Review) countsTowards(threshold uint32) bool {
	for _, index := range r.Thresholds {
		if index == threshold {
			return true
		}
	}
	return false
}

func (p Progress) remaining() int {
	return max(p.Needed-p.Approvals, 0)
}

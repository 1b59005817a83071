package teleport

import (
	"testing"
	"time"

	"github.com/gravitational/teleport/api/types"
)

// TestReviewsStayInTheirOrder covers a server whose clock was stepped back between two reviews.
func TestReviewsStayInTheirOrder(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	got := new(reader).reviews([]types.AccessReview{
		{Author: "first", Created: now}, {Author: "second", Created: now.Add(-45 * time.Second)},
	})
	if len(got) != 2 || got[0].Author != "first" || got[1].Author != "second" {
		t.Errorf("the reviews are %+v", got)
	}
}

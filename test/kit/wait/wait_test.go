package wait

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestFor(t *testing.T) {
	early, ended := errors.New("too early"), errors.New("ended")
	for name, tc := range map[string]struct {
		worksAfter, endsAfter, took time.Duration
		want                        error
	}{
		"at once":       {},
		"in time":       {worksAfter: 25 * time.Second, took: 30 * time.Second},
		"late":          {worksAfter: time.Hour, took: 70 * time.Second, want: early},
		"ended earlier": {worksAfter: time.Hour, endsAfter: 15 * time.Second, took: 15 * time.Second, want: ended},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancelCause(t.Context())
				defer end(nil)
				if tc.endsAfter > 0 {
					defer time.AfterFunc(tc.endsAfter, func() { end(ended) }).Stop()
				}
				began := time.Now()
				err := For(ctx, time.Minute, 10*time.Second, func() error {
					if time.Since(began) < tc.worksAfter {
						return early
					}
					return nil
				})
				if !errors.Is(err, tc.want) || time.Since(began) != tc.took {
					t.Errorf("For() = %v after %v, want %v after %v", err, time.Since(began), tc.want, tc.took)
				}
			})
		})
	}
}

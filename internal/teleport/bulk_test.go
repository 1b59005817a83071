package teleport

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/gravitational/teleport/api/types"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// errLarge is what gRPC says of an answer that passes the bound.
var errLarge = status.Error(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)")

// bulkClient is a Teleport that answers about plugin data only.
type bulkClient struct {
	Client
	each func(ctx context.Context, filter types.PluginDataFilter, limit int, do func(*types.PluginDataV3) error) error
}

func (c bulkClient) EachPluginData(ctx context.Context, filter types.PluginDataFilter, limit int, do func(*types.PluginDataV3) error) error {
	return c.each(ctx, filter, limit, do)
}

// TestWhatCannotBeReadInBulkIsReadOneByOne covers a large answer that does not come in time,
// and one of more items than are kept, however small they are.
func TestWhatCannotBeReadInBulkIsReadOneByOne(t *testing.T) {
	for name, large := range map[string]func(do func(*types.PluginDataV3) error) error{
		"too late": func(func(*types.PluginDataV3) error) error { return context.DeadlineExceeded },
		"too many": func(do func(*types.PluginDataV3) error) error {
			for i := range maxBulkKept {
				if err := do(recordOf(strconv.Itoa(i))); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		s := newSession(Key{}, Options{Log: logr.Discard()})
		s.requests.put(accessrequest.Request{ID: "r1", State: accessrequest.Pending}, time.Now())
		s.use(&connection{client: bulkClient{each: func(_ context.Context, f types.PluginDataFilter, limit int, do func(*types.PluginDataV3) error) error {
			switch {
			case f.Resource != "":
				return do(recordOf(f.Resource))
			case limit < maxBulkSize:
				return errLarge
			default:
				return large(do)
			}
		}}})
		got, err := s.Records("p").LoadAll(t.Context())
		if err != nil || !maps.Equal(got, map[string]string{"r1": "x"}) {
			t.Errorf("%s: %d records, %v", name, len(got), err)
		}
	}
}

// TestOneLargeAnswerIsReadAtATime covers notifiers of one session that read theirs at once.
func TestOneLargeAnswerIsReadAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(Key{}, Options{Log: logr.Discard()})
		var large atomic.Int32
		s.use(&connection{client: bulkClient{each: func(_ context.Context, _ types.PluginDataFilter, limit int, do func(*types.PluginDataV3) error) error {
			if limit < maxBulkSize {
				return errLarge
			}
			if n := large.Add(1); n != 1 {
				t.Errorf("%d are read at a time", n)
			}
			time.Sleep(time.Second)
			large.Add(-1)
			return do(recordOf("r1"))
		}}})
		var readers errgroup.Group
		for range 3 {
			readers.Go(func() error {
				got, err := s.Records("p").LoadAll(t.Context())
				if err == nil && len(got) != 1 {
					err = fmt.Errorf("%d records", len(got))
				}
				return err
			})
		}
		if err := readers.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func recordOf(id string) *types.PluginDataV3 {
	return &types.PluginDataV3{
		Metadata: types.Metadata{Name: id},
		Spec:     types.PluginDataSpecV3{Entries: map[string]*types.PluginDataEntry{"p": {Data: map[string]string{recordKey: "x"}}}},
	}
}

package teleport

import (
	"context"
	"errors"
	"time"

	"github.com/gravitational/teleport/api/types"
	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// bulkTimeout bounds one call for all records, largeTimeout one whose answer takes more
	// than maxMessageSize.
	bulkTimeout  = time.Minute
	largeTimeout = 2 * time.Minute
	// maxBulkSize is the largest answer with the plugin data of all requests to accept, in
	// bytes. It comes in one message, which passes the usual bound: as many requests as a
	// session keeps have almost a kilobyte each.
	maxBulkSize = 64 << 20
	// maxBulkKept bounds what is kept of such an answer, in bytes as counted by sizeOfData:
	// many items that are small take more memory than they do in the answer.
	maxBulkKept = 64 << 20
)

// readAll returns what is to be kept of a plugin's data by request id, also of requests that
// are gone. When that passes 64 MiB, which Teleport cannot page, or does not come through in
// time, it is read one by one for the requests known to the session only.
func readAll[V any](ctx context.Context, s *Session, plugin string, keep func(data map[string]string) V) (map[string]V, error) {
	found, err := readBulk(ctx, s, plugin, bulkTimeout, maxMessageSize, keep)
	if !errors.Is(err, accessrequest.ErrRecordTooLarge) {
		return found, err
	}
	found, err = readLarge(ctx, s, plugin, keep)
	if errors.Is(err, accessrequest.ErrRecordTooLarge) {
		return readOneByOne(ctx, s, plugin, keep)
	}
	return found, err
}

// readLarge is readBulk for an answer that takes much memory: the notifiers of a session get
// theirs one after the other.
func readLarge[V any](ctx context.Context, s *Session, plugin string, keep func(data map[string]string) V) (map[string]V, error) {
	select {
	case s.large <- struct{}{}:
		defer func() { <-s.large }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return readBulk(ctx, s, plugin, largeTimeout, maxBulkSize, keep)
}

// readBulk reads everything in one call. The error is accessrequest.ErrRecordTooLarge if that
// passes limit or maxBulkKept, or if a large answer does not come in time.
func readBulk[V any](ctx context.Context, s *Session, plugin string, timeout time.Duration, limit int, keep func(data map[string]string) V) (map[string]V, error) {
	found, kept := map[string]V{}, 0
	err := s.call(ctx, timeout, func(ctx context.Context, c Client) error {
		filter := types.PluginDataFilter{Kind: types.KindAccessRequest, Plugin: plugin}
		err := readPluginData(ctx, c, filter, limit, func(id string, data map[string]string) error {
			if kept += sizeOfData(id, data); kept > maxBulkKept {
				return accessrequest.ErrRecordTooLarge
			}
			found[id] = keep(data)
			return nil
		})
		if isTooMuch(err) && limit == maxBulkSize {
			return accessrequest.ErrRecordTooLarge
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// sizeOfData is about how many bytes the data of one request takes.
func sizeOfData(id string, data map[string]string) int {
	n := 4*itemOverhead + len(id)
	for key, value := range data {
		n += 2*itemOverhead + len(key) + len(value)
	}
	return n
}

// readOneByOne reads the data of each request that is known to the session.
func readOneByOne[V any](ctx context.Context, s *Session, plugin string, keep func(data map[string]string) V) (map[string]V, error) {
	ids := s.IDs()
	data := make([]map[string]string, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentCalls)
	for i, id := range ids {
		group.Go(func() (err error) {
			data[i], err = s.pluginDataOf(ctx, id, plugin)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found := make(map[string]V, len(ids))
	for i, id := range ids {
		if data[i] != nil {
			found[id] = keep(data[i])
		}
	}
	return found, nil
}

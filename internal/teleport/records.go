package teleport

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/types"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// recordKey is the only key of our own plugin data.
	recordKey = "record"
	// callTimeout bounds one call for one record, bulkTimeout one for all.
	callTimeout = 10 * time.Second
	bulkTimeout = time.Minute
	// maxConcurrentCalls bounds the calls that a session makes at once, so that
	// notifiers together do not hammer Teleport.
	maxConcurrentCalls = 32
)

// Records are what one plugin keeps in Teleport, a text for each access request.
type Records struct {
	session *Session
	plugin  string
	// predecessor is the plugin whose work this one goes on with, "" for none.
	predecessor string
}

// Records returns the records of a plugin.
func (s *Session) Records(plugin string) Records {
	return Records{session: s, plugin: plugin}
}

// After returns the records with those of the plugin beside them whose work this one goes on
// with, "" for none.
func (r Records) After(predecessor string) Records {
	r.predecessor = predecessor
	return r
}

// Load returns the record of the request id, "" when there is none.
func (r Records) Load(ctx context.Context, id string) (string, error) {
	data, err := r.session.pluginDataOf(ctx, id, r.plugin)
	return data[recordKey], err
}

// LoadAll returns the records by request id, also of requests that are gone.
func (r Records) LoadAll(ctx context.Context) (map[string]string, error) {
	all, err := r.session.allPluginData(ctx, r.plugin)
	if err != nil {
		return nil, err
	}
	records := make(map[string]string, len(all))
	for id, data := range all {
		if record := data[recordKey]; record != "" {
			records[id] = record
		}
	}
	return records, nil
}

// LoadPredecessor returns what the plugin has kept whose work this one goes on with, by
// request id, also of requests that are gone; nothing if there is none.
func (r Records) LoadPredecessor(ctx context.Context) (map[string]map[string]string, error) {
	if r.predecessor == "" {
		return nil, nil
	}
	return r.session.allPluginData(ctx, r.predecessor)
}

// Swap replaces the record of the request id: old by new, where "" stands for none.
// It returns an error that wraps ErrConflict, ErrUnknownRequest or ErrRecordTooLarge of
// package accessrequest when one of them says why nothing was written. After any other
// error the record may or may not have been written.
func (r Records) Swap(ctx context.Context, id, old, new string) error {
	return r.session.call(ctx, callTimeout, func(ctx context.Context, c Client) error {
		return c.UpdatePluginData(ctx, types.PluginDataUpdateParams{
			Kind:     types.KindAccessRequest,
			Resource: id,
			Plugin:   r.plugin,
			Set:      map[string]string{recordKey: new},
			Expect:   map[string]string{recordKey: old},
		})
	})
}

// allPluginData returns a plugin's data by request id. When it passes 16 MiB, which Teleport
// cannot page, it is read one by one for the requests known to the session only.
func (s *Session) allPluginData(ctx context.Context, plugin string) (map[string]map[string]string, error) {
	all, err := s.pluginData(ctx, bulkTimeout, types.PluginDataFilter{Kind: types.KindAccessRequest, Plugin: plugin})
	if !errors.Is(err, accessrequest.ErrRecordTooLarge) {
		return all, err
	}
	ids := s.IDs()
	found := make([]map[string]string, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentCalls)
	for i, id := range ids {
		group.Go(func() error {
			data, err := s.pluginDataOf(ctx, id, plugin)
			found[i] = data
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all = make(map[string]map[string]string, len(ids))
	for i, id := range ids {
		if found[i] != nil {
			all[id] = found[i]
		}
	}
	return all, nil
}

// pluginDataOf returns a plugin's data of one request.
func (s *Session) pluginDataOf(ctx context.Context, id, plugin string) (map[string]string, error) {
	all, err := s.pluginData(ctx, callTimeout, types.PluginDataFilter{
		Kind: types.KindAccessRequest, Resource: id, Plugin: plugin,
	})
	return all[id], err
}

// pluginData returns the data that filter selects, by request id.
func (s *Session) pluginData(ctx context.Context, timeout time.Duration, filter types.PluginDataFilter) (map[string]map[string]string, error) {
	var found map[string]map[string]string
	err := s.call(ctx, timeout, func(ctx context.Context, c Client) (err error) {
		found, err = readPluginData(ctx, c, filter)
		return err
	})
	return found, err
}

func readPluginData(ctx context.Context, c Client, filter types.PluginDataFilter) (map[string]map[string]string, error) {
	found := map[string]map[string]string{}
	all, err := c.GetPluginData(ctx, filter)
	for _, data := range all {
		if entry := data.Entries()[filter.Plugin]; entry != nil {
			found[data.GetName()] = maps.Clone(entry.Data)
		}
	}
	return found, err
}

// call makes one call on the present connection. Waiting for a free slot takes
// the caller's time, the call itself no more than timeout.
func (s *Session) call(ctx context.Context, timeout time.Duration, do func(context.Context, Client) error) error {
	return s.callOn(ctx, timeout, func(ctx context.Context, l *connection) error { return do(ctx, l.client) })
}

// callOn is call for what has to know the connection.
func (s *Session) callOn(ctx context.Context, timeout time.Duration, do func(context.Context, *connection) error) error {
	select {
	case s.sem <- struct{}{}:
		defer func() { <-s.sem }()
	case <-ctx.Done():
		return ctx.Err()
	}
	l, err := s.borrow()
	if err != nil {
		return err
	}
	defer l.calls.Done()
	callCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := protect(func() (any, error) { return nil, do(callCtx, l) }); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return callError(err, l.remote)
	}
	return nil
}

// borrow returns the present connection, which stays open until calls.Done.
func (s *Session) borrow() (*connection, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.connection == nil {
		return nil, NewError(Unavailable, "There is no connection to Teleport at "+s.key.Address+" at present.")
	}
	s.connection.calls.Add(1)
	return s.connection, nil
}

func callError(err error, p remote) error {
	switch code := codeOf(err); {
	case errors.Is(err, errAccessRevoked):
		return p.accessRevoked()
	case code == codes.FailedPrecondition:
		return accessrequest.ErrConflict
	case code == codes.NotFound:
		return accessrequest.ErrUnknownRequest
	case isTooLarge(err),
		code == codes.InvalidArgument && strings.Contains(err.Error(), "size limit exceeded"):
		return accessrequest.ErrRecordTooLarge
	default:
		return classify(err, p)
	}
}

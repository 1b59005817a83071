package teleport

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/types"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
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

// Why a record was not stored or read. Any other error is an *Error and may be
// transient.
var (
	// ErrConflict: the record is not the expected one.
	ErrConflict = errors.New("the record was changed by somebody else")
	// ErrUnknownRequest: Teleport has neither the access request nor its data.
	ErrUnknownRequest = errors.New("teleport does not know the access request")
	// ErrPermission: the role does not allow it. It wraps an *Error that says
	// which permission lacks.
	ErrPermission = errors.New("teleport does not permit it")
	// ErrTooLarge: the data of all plugins for one request together pass
	// Teleport's limit of about 1,000,000 bytes.
	ErrTooLarge = errors.New("the record is too large for teleport")
)

// Load returns the record of plugin for the request id, "" when there is none.
func (s *Session) Load(ctx context.Context, plugin, id string) (string, error) {
	all, err := s.pluginData(ctx, callTimeout, types.PluginDataFilter{
		Kind: types.KindAccessRequest, Resource: id, Plugin: plugin,
	})
	return all[id][recordKey], err
}

// LoadAll returns the records of plugin by request id, also of requests that
// are gone. When they pass 16 MiB together, which Teleport cannot page, they are
// read one by one for the requests known to the session only.
func (s *Session) LoadAll(ctx context.Context, plugin string) (map[string]string, error) {
	all, err := s.pluginData(ctx, bulkTimeout, types.PluginDataFilter{Kind: types.KindAccessRequest, Plugin: plugin})
	if errors.Is(err, ErrTooLarge) {
		return s.loadEach(ctx, plugin)
	}
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

func (s *Session) loadEach(ctx context.Context, plugin string) (map[string]string, error) {
	ids := s.IDs()
	found := make([]string, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentCalls)
	for i, id := range ids {
		group.Go(func() error {
			record, err := s.Load(ctx, plugin, id)
			found[i] = record
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	records := make(map[string]string, len(ids))
	for i, id := range ids {
		if found[i] != "" {
			records[id] = found[i]
		}
	}
	return records, nil
}

// Swap replaces the record of plugin for the request id: old by new, where ""
// stands for none. It returns an error that wraps ErrConflict, ErrUnknownRequest,
// ErrPermission or ErrTooLarge when one of them says why nothing was written.
// After any other error the record may or may not have been written.
func (s *Session) Swap(ctx context.Context, plugin, id, old, new string) error {
	return s.call(ctx, callTimeout, func(ctx context.Context, c Client) error {
		return c.UpdatePluginData(ctx, types.PluginDataUpdateParams{
			Kind:     types.KindAccessRequest,
			Resource: id,
			Plugin:   plugin,
			Set:      map[string]string{recordKey: new},
			Expect:   map[string]string{recordKey: old},
		})
	})
}

// pluginData returns the data that filter selects, by request id.
func (s *Session) pluginData(ctx context.Context, timeout time.Duration, filter types.PluginDataFilter) (map[string]map[string]string, error) {
	found := map[string]map[string]string{}
	err := s.call(ctx, timeout, func(ctx context.Context, c Client) error {
		all, err := c.GetPluginData(ctx, filter)
		for _, data := range all {
			if entry := data.Entries()[filter.Plugin]; entry != nil {
				found[data.GetName()] = maps.Clone(entry.Data)
			}
		}
		return err
	})
	return found, err
}

// call makes one call on the present connection. Waiting for a free slot takes
// the caller's time, the call itself no more than timeout.
func (s *Session) call(ctx context.Context, timeout time.Duration, do func(context.Context, Client) error) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
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
	if _, err := protect(func() (any, error) { return nil, do(callCtx, l.client) }); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return callError(err, l.peer)
	}
	return nil
}

// borrow returns the present link, which stays open until calls.Done.
func (s *Session) borrow() (*link, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.link == nil {
		return nil, &Error{Reason: Unavailable, Message: "There is no connection to Teleport at " + s.key.Address + " at present."}
	}
	s.link.calls.Add(1)
	return s.link, nil
}

func callError(err error, p peer) error {
	switch code := codeOf(err); {
	case errors.Is(err, errSightLost):
		return p.sightLost()
	case code == codes.FailedPrecondition:
		return ErrConflict
	case code == codes.NotFound:
		return ErrUnknownRequest
	case code == codes.PermissionDenied:
		return fmt.Errorf("%w: %w", ErrPermission, classify(err, p))
	case isTooLarge(err),
		code == codes.InvalidArgument && strings.Contains(err.Error(), "size limit exceeded"):
		return ErrTooLarge
	default:
		return classify(err, p)
	}
}

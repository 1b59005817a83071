package simulation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// maxRecord is how much one request's record may hold.
const maxRecord = 1_000_000

// records is Teleport's plugin data: one text for each request, with every text that
// it ever was.
type records struct {
	world *world

	mu    sync.Mutex
	texts map[string]string
	// plugin is what another plugin has kept, which is only read.
	plugin map[string]map[string]string
	// past holds all texts that were ever stored, by request.
	past map[string][]string
	// tampered holds how strangers wrote to the records of requests.
	tampered map[string][]string
	// unwritten counts writes without a clear outcome, and reads without which none can be made,
	// by request.
	unwritten map[string]int
	// readers are the operators that have read or written the record of a request, by request.
	readers map[string]map[string]bool
}

func newRecords(w *world) *records {
	return &records{
		world:     w,
		texts:     map[string]string{},
		plugin:    map[string]map[string]string{},
		past:      map[string][]string{},
		tampered:  map[string][]string{},
		unwritten: map[string]int{},
		readers:   map[string]map[string]bool{},
	}
}

// expired reports whether Teleport has dropped the record of a request by now.
func (r *records) expired(id string) bool {
	v, _, known := r.world.teleport.look(id)
	return known && v.gone && time.Now().After(v.request.AccessExpires.Add(dataOutlives))
}

func (r *records) load(id string) string {
	if r.expired(id) {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.texts[id]
}

func (r *records) loadAll() map[string]string {
	r.mu.Lock()
	all := maps.Clone(r.texts)
	r.mu.Unlock()
	maps.DeleteFunc(all, func(id, text string) bool { return text == "" || r.expired(id) })
	return all
}

// loadPlugin returns what another plugin has kept.
func (r *records) loadPlugin() map[string]map[string]string {
	r.mu.Lock()
	all := maps.Clone(r.plugin)
	r.mu.Unlock()
	maps.DeleteFunc(all, func(id string, _ map[string]string) bool { return r.expired(id) })
	return all
}

// takes reports whether Teleport stores a record of a request. Of one that is gone it does as
// long as it has one.
func (r *records) takes(id string) bool {
	v, _, known := r.world.teleport.look(id)
	if !known || r.expired(id) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !v.gone || r.texts[id] != "" || r.plugin[id] != nil
}

func (r *records) swap(id, old, text string) error {
	takes := r.takes(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch have := r.texts[id]; {
	case !takes:
		return fmt.Errorf("swapping: %w", accessrequest.ErrUnknownRequest)
	case have != old:
		return fmt.Errorf("swapping: %w", accessrequest.ErrConflict)
	case len(text) > maxRecord:
		return fmt.Errorf("swapping: %w", accessrequest.ErrRecordTooLarge)
	}
	r.texts[id] = text
	r.past[id] = append(r.past[id], text)
	return nil
}

// tamper lets a stranger write a record.
func (r *records) tamper(id, how string, change func(text string) string) {
	if !r.takes(id) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts[id] = change(r.texts[id])
	r.tampered[id] = append(r.tampered[id], how)
	r.world.trace.add("stranger", "writes the record of %s: %s", id, how)
}

// Why calls to Teleport fail.
var (
	errUnavailable = errors.New("teleport: not now")
	errUnclear     = errors.New("teleport: the connection was lost")
	errNoAnswer    = errors.New("teleport: no answer in time")
)

var teleportSays = replies{
	refuse: func(f fault) error {
		switch f.kind {
		case full:
			return fmt.Errorf("swapping: %w", accessrequest.ErrRecordTooLarge)
		case denied:
			return fmt.Errorf("reading: %w", accessrequest.ErrNotAllowed)
		default:
			return errUnavailable
		}
	},
	unclear: errUnclear,
	timeout: errNoAnswer,
}

// callTeleport makes a call of an operator to Teleport take its course.
func callTeleport[T any](ctx context.Context, o *operator, method, id string, timeout time.Duration, effect func() (T, error)) (T, error) {
	c := callID{service: recordsService, slot: o.slot, operator: o.name, method: method, request: id}
	return perform(ctx, o, c, timeout, o.world.course(c, timeout, teleportSays), teleportSays, effect)
}

// store is one operator's way to the records. It is a notifier.Records.
type store struct {
	*operator
}

// Load implements notifier.Records.
func (s store) Load(ctx context.Context, id string) (string, error) {
	text, err := callTeleport(ctx, s.operator, "load", id, callTimeout, func() (string, error) {
		text := s.world.records.load(id)
		s.world.trace.add(s.name, "load of %s finds %s", id, shorten(text))
		s.world.records.read(s.name, map[string]string{id: text})
		return text, nil
	})
	if err != nil {
		s.world.records.unclear(id)
	}
	return text, err
}

// LoadAll implements notifier.Records.
func (s store) LoadAll(ctx context.Context) (map[string]string, error) {
	return callTeleport(ctx, s.operator, "load-all", "", listTimeout, func() (map[string]string, error) {
		all := s.world.records.loadAll()
		s.world.records.read(s.name, all)
		return all, nil
	})
}

// LoadPredecessor implements notifier.Records.
func (s store) LoadPredecessor(ctx context.Context) (map[string]map[string]string, error) {
	return callTeleport(ctx, s.operator, "load-predecessor", "", listTimeout, func() (map[string]map[string]string, error) {
		return s.world.records.loadPlugin(), nil
	})
}

// Swap implements notifier.Records.
func (s store) Swap(ctx context.Context, id, old, text string) error {
	_, err := callTeleport(ctx, s.operator, "swap", id, callTimeout, func() (struct{}, error) {
		err := s.world.records.swap(id, old, text)
		s.world.trace.add(s.name, "swap of %s to %s: %v", id, shorten(text), said(err))
		if err == nil {
			s.world.records.read(s.name, map[string]string{id: text})
			s.world.chat.claims(id, text)
		}
		return struct{}{}, err
	})
	if err != nil && !errors.Is(err, accessrequest.ErrConflict) {
		s.world.records.unclear(id)
	}
	return err
}

// unclear notes a write that its writer does not know to be made, or cannot make.
func (r *records) unclear(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unwritten[id]++
}

// read notes which open records an operator knows of. It hears nothing of those that others make,
// and nothing is to be done about one that another has closed.
func (r *records) read(operator string, texts map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, text := range texts {
		if text == "" || strings.Contains(text, `"closed":true`) {
			continue
		}
		if r.readers[id] == nil {
			r.readers[id] = map[string]bool{}
		}
		r.readers[id][operator] = true
	}
}

// readBy reports whether an operator knows of the record of a request, or no operator does.
func (r *records) readBy(operator, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.readers[id]) == 0 || r.readers[id][operator]
}

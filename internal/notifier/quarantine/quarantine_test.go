package quarantine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// bench is a quarantine, and what it tells others.
type bench struct {
	*quarantine.Quarantine
	again   map[string]time.Duration
	notices []status.Notice
}

func newBench(log logr.Logger) *bench {
	b := &bench{again: map[string]time.Duration{}}
	b.Quarantine = quarantine.New(quarantine.Options{
		Log:       log,
		First:     5 * time.Minute,
		Announcer: announce.New(func(n status.Notice) { b.notices = append(b.notices, n) }, (*messenger.Error).Error),
		Again:     func(id string, after time.Duration) { b.again[id] = after },
	})
	return b
}

func (b *bench) panics(id string) {
	defer b.PutAside(id)
	panic("what a requester typed")
}

// TestARequestIsPutAsideForLongerEachTime covers how long, up to an hour, and that its owner
// hears of it once until it works.
func TestARequestIsPutAsideForLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(logr.Discard())
		for _, want := range []time.Duration{5, 10, 20, 40, 60, 60} {
			b.panics("bad")
			if got := b.Left("bad"); got != want*time.Minute || b.again["bad"] != got {
				t.Errorf("put aside for %s and looked at again after %s, want %s", got, b.again["bad"], want*time.Minute)
			}
			time.Sleep(b.Left("bad"))
		}
		if b.Left("bad") != 0 || b.Left("good") != 0 || b.Count() != 1 || len(b.notices) != 1 {
			t.Errorf("%d requests and %d notices, want one of each", b.Count(), len(b.notices))
		}
		b.Release("bad")
		if b.panics("bad"); b.Left("bad") != 5*time.Minute || len(b.notices) != 2 {
			t.Errorf("a request that worked is put aside for %s, with %d notices", b.Left("bad"), len(b.notices))
		}
	})
}

// TestAPanicAboutNoRequestEndsTheNotifier covers a panic that is about no request.
func TestAPanicAboutNoRequestEndsTheNotifier(t *testing.T) {
	b := newBench(logr.Discard())
	crashes := 0
	b.OnCrash(func() { crashes++ })
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		call func(context.Context) error
		want error
	}{
		"works":  {func(context.Context) error { return nil }, nil},
		"fails":  {func(context.Context) error { return refused }, refused},
		"panics": {func(context.Context) error { panic("impossible") }, quarantine.ErrPanic},
	} {
		if err := b.Guard(tt.call)(t.Context()); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if crashes != 1 {
		t.Errorf("ended %d times, want 1", crashes)
	}
}

// TestAPanicsValueIsNotLogged covers values that hold what a requester typed.
func TestAPanicsValueIsNotLogged(t *testing.T) {
	var log strings.Builder
	b := newBench(funcr.New(func(_, args string) { log.WriteString(args) }, funcr.Options{}))
	b.panics("bad")
	_ = b.Guard(func(context.Context) error { panic("what a requester typed") })(t.Context())
	if text := log.String(); strings.Contains(text, "typed") || strings.Count(text, `"type"="string"`) != 2 {
		t.Errorf("logged %s", text)
	}
}

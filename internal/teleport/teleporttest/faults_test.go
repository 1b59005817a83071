package teleporttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/connectivity"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/replay"
)

func TestDropStreams(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	w := watchRequests(t, clt)
	s.DropStreams()
	wantErr(t, watchError(t, w), "ConnectionProblem", "error reading from server: EOF")
	must(clt.Ping(t.Context()))(t)

	w = watchRequests(t, clt)
	id := must(s.CreateRequest(RequestSpec{}))(t)
	if got := nextEvent(t, w).Resource.GetName(); got != id {
		t.Errorf("new watch got %s, want %s", got, id)
	}
}

func TestRefuseConnections(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	w := watchRequests(t, clt)
	addr := s.Addr()
	id := must(s.CreateRequest(RequestSpec{}))(t)
	for range 2 {
		if err := s.RefuseConnections(true); err != nil {
			t.Fatal(err)
		}
	}
	if kind := replay.ErrKind(watchError(t, w)); kind != "ConnectionProblem" {
		t.Errorf("watch ended with kind %q", kind)
	}
	_, err := clt.Ping(t.Context())
	wantErr(t, err, "ConnectionProblem", "")
	if n := s.Connections(); n != 0 {
		t.Errorf("%d connections, want 0", n)
	}

	for range 2 {
		if err := s.RefuseConnections(false); err != nil {
			t.Fatal(err)
		}
	}
	if s.Addr() != addr {
		t.Errorf("address is %s, was %s", s.Addr(), addr)
	}
	waitState(t, clt, connectivity.Ready)
	must(clt.Ping(t.Context()))(t)
	if _, ok := s.Request(id); !ok {
		t.Error("the request is lost")
	}
}

func TestCloseWhileRefusingAndHanging(t *testing.T) {
	s := must(Start(Options{}))(t)
	connect(t, s, PluginRole)
	s.Hang(true)
	if err := s.RefuseConnections(true); err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestSlow(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	s.Slow(200 * time.Millisecond)
	before := time.Now()
	must(clt.Ping(t.Context()))(t)
	if took := time.Since(before); took < 200*time.Millisecond {
		t.Errorf("answer after %v", took)
	}
	s.Slow(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := clt.Ping(ctx); err == nil {
		t.Error("answer within 50 ms of an hour")
	}
}

func TestUnavailable(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	w := watchRequests(t, clt)
	s.Unavailable(true)
	_, err := clt.Ping(t.Context())
	wantErr(t, err, "ConnectionProblem", "unavailable")
	refused := watch(t, clt, types.Watch{Kinds: []types.WatchKind{{Kind: types.KindAccessRequest}}})
	wantErr(t, watchError(t, refused), "ConnectionProblem", "unavailable")
	must(s.CreateRequest(RequestSpec{}))(t)
	nextEvent(t, w)
	s.Unavailable(false)
	must(clt.Ping(t.Context()))(t)
}

func TestHang(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	w := watchRequests(t, clt)
	s.Hang(true)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := clt.Ping(ctx); err == nil {
		t.Error("a hanging server answers")
	}
	must(s.CreateRequest(RequestSpec{}))(t)
	select {
	case event := <-w.Events():
		t.Errorf("a hanging server sends %v", event)
	case <-time.After(50 * time.Millisecond):
	}

	answered := make(chan error, 1)
	go func() {
		_, err := clt.Ping(t.Context())
		answered <- err
	}()
	eventually(t, func() error {
		if n := s.Calls()["Ping"]; n != 2 {
			return fmt.Errorf("%d pings arrived, want 2", n)
		}
		return nil
	})
	s.Hang(false)
	if err := <-answered; err != nil {
		t.Errorf("call that waited: %v", err)
	}
	nextEvent(t, w)
}

func TestFailUpdates(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	id := must(s.CreateRequest(RequestSpec{}))(t)
	// run makes four updates and returns the kinds of their errors.
	run := func() []string {
		kinds := make([]string, 4)
		for i := range kinds {
			kinds[i] = replay.ErrKind(clt.UpdatePluginData(t.Context(), update(id, "p", nil, map[string]string{"k": fmt.Sprint(i)})))
		}
		return kinds
	}
	for _, tt := range []struct {
		name string
		set  func()
		want []string
	}{
		{"none", func() {}, []string{"", "", "", ""}},
		{"next two", func() { s.FailUpdates(2, nil) }, []string{"ConnectionProblem", "ConnectionProblem", "", ""}},
		{"conflict", func() { s.FailUpdates(1, ErrConflict) }, []string{"CompareFailed", "", "", ""}},
		{"half", func() { s.FailUpdatesShare(0.5, ErrConflict) }, []string{"", "CompareFailed", "", "CompareFailed"}},
		{"none again", func() { s.FailUpdatesShare(0, nil) }, []string{"", "", "", ""}},
		{"lost answer", func() { s.LoseUpdateAnswers(1) }, []string{"ConnectionProblem", "", "", ""}},
	} {
		tt.set()
		if diff := cmp.Diff(tt.want, run()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestFailedUpdateChangesNothingLostAnswerDoes(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	id := must(s.CreateRequest(RequestSpec{}))(t)
	set := update(id, "p", nil, map[string]string{"k": "v"})

	s.FailUpdates(1, nil)
	wantErr(t, clt.UpdatePluginData(t.Context(), set), "ConnectionProblem", "unavailable")
	if got := s.PluginData(id, "p"); got != nil {
		t.Errorf("failed update stored %v", got)
	}
	s.LoseUpdateAnswers(1)
	wantErr(t, clt.UpdatePluginData(t.Context(), set), "ConnectionProblem", "unavailable")
	if diff := cmp.Diff(map[string]string{"k": "v"}, s.PluginData(id, "p")); diff != "" {
		t.Errorf("lost answer (-want +got):\n%s", diff)
	}
}

func TestCounters(t *testing.T) {
	s := ForTest(t, Options{})
	one, two := connect(t, s, PluginRole), connect(t, s, AdminRole)
	w := watchRequests(t, one)
	watchRequests(t, two)
	must(one.Ping(t.Context()))(t)
	if diff := cmp.Diff(map[string]int{"WatchEvents": 2, "Ping": 1}, s.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if s.Streams() != 2 || s.Connections() != 2 {
		t.Errorf("%d streams, %d connections, want 2 and 2", s.Streams(), s.Connections())
	}
	if err := errors.Join(w.Close(), two.Close()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if s.Streams() != 0 || s.Connections() != 1 {
			return fmt.Errorf("%d streams, %d connections, want 0 and 1", s.Streams(), s.Connections())
		}
		return nil
	})
}

func TestConnectIsQuick(t *testing.T) {
	s := ForTest(t, Options{})
	id := must(s.Identity(IdentityOptions{}))(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	clt := must(client.New(ctx, client.Config{
		Addrs:       []string{s.Addr()},
		Credentials: []client.Credentials{client.LoadIdentityFileFromString(string(id.File))},
	}))(t)
	if err := clt.Close(); err != nil {
		t.Error(err)
	}
}

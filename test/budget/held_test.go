package budget

import (
	"runtime"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

const (
	// restingRequests wait for a decision.
	restingRequests = 1000
	// maxHeld is how many bytes a process may hold for each of them, once its notifier has told
	// of all. The garbage collector lets a process take about twice that.
	maxHeld = 1250
)

// TestWhatAnOpenRequestHolds covers the memory that one request more takes while it waits for
// a decision. The notifier has found it, as after a restart.
func TestWhatAnOpenRequestHolds(t *testing.T) {
	service := messengertest.NewSlack(messengertest.Options{})
	channel := service.AddChannel("access-requests")
	server := teleporttest.ForTest(t, teleporttest.Options{})
	run := func() (stop func() error) {
		return launch.Run(t.Context(), notifier(t, server, channel, service.Transport()))
	}
	stop := run()
	create(t, server, restingRequests)
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	stop = run()
	// Requests are looked at in turn: when those that came last are announced, all others were.
	create(t, server, 1)
	create(t, server, 1)
	running := liveHeap()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	held := (running - liveHeap()) / restingRequests
	runtime.KeepAlive(service)
	t.Logf("an open request holds %d bytes", held)
	if held > maxHeld || held <= 0 {
		t.Errorf("an open request holds %d bytes, at most %d are wanted", held, maxHeld)
	}
}

// liveHeap returns how many bytes are in use.
func liveHeap() int {
	// Pools give back what they hold with the second collection.
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

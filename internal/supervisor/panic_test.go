package supervisor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestAMessengerThatCannotBeMadeWithoutAPanicStopsNoOther covers settings with which a
// messenger panics before there is an engine.
func TestAMessengerThatCannotBeMadeWithoutAPanicStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.bots.making = func(token string) error {
			if token == "bad" {
				panic("impossible")
			}
			return nil
		}
		b.start()
		b.Ensure(key("bad"), spec("bad"))
		b.Ensure(key("good"), spec("good"))
		time.Sleep(time.Minute)
		b.assertBots("good")
		got := b.snapshot(key("bad"))
		if got.Failure == nil || got.Failure.Reason != status.ReasonInternalError || got.Crashes == 0 {
			t.Errorf("the notifier shows %+v after %d crashes", got.Failure, got.Crashes)
		}
	})
}

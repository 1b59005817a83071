package supervisor_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

func TestCallsBeforeStartAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for i := range 100 {
			b.Ensure(key(fmt.Sprint(i)), spec("early"))
			b.Remove(key(fmt.Sprint(i)))
		}
		b.Ensure(key("a"), spec("old"))
		b.Ensure(key("a"), spec("new"))
		b.Resync(key("a"))
		b.assertBots()
		if _, ok := b.Snapshot(key("0")); ok {
			t.Error("a removed notifier has a snapshot")
		}

		b.start()
		b.assertBots("new")
	})
}

func TestCallsNeverBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.bots.onCheck(func(context.Context, string) error {
			time.Sleep(10 * time.Second)
			return nil
		})
		b.start()
		b.Ensure(key("a"), spec("first"))
		synctest.Wait()

		// Teleport does not answer, the bot's call takes long, and it would have
		// to end before the next engine starts: nothing here waits for any of it.
		begin := time.Now()
		for i := range 1000 {
			b.Ensure(key("a"), spec(fmt.Sprint("next-", i%2)))
			b.Snapshot(key("a"))
			b.Resync(key("a"))
			b.Remove(key("a"))
		}
		b.Ensure(key("a"), spec("last"))
		if took := time.Since(begin); took != 0 {
			t.Errorf("the calls took %v", took)
		}
		time.Sleep(20 * time.Second)
		b.assertBots("first", "last")
	})
}

func TestTheSameSpecChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		first := spec("token")
		first.Rules.RoleToRecipients = map[string][]string{"a": {"x"}, "b": {"y"}, "c": {"z"}}
		b.Ensure(key("a"), first)
		b.assertBots("token")

		for range 10 {
			same := spec("token")
			same.Rules.RoleToRecipients = map[string][]string{"c": {"z"}, "b": {"y"}, "a": {"x"}}
			b.Ensure(key("a"), same)
			b.assertBots("token")
		}
		if attempts, _ := b.clusters.seen(); len(attempts) != 1 {
			t.Errorf("%d attempts to connect", len(attempts))
		}
	})
}

func TestEveryPartOfASpecCounts(t *testing.T) {
	edits := map[string]func(*supervisor.Spec){
		"cluster":    func(s *supervisor.Spec) { s.Installation = "other" },
		"address":    func(s *supervisor.Spec) { s.Teleport.Address = "other:443" },
		"identity":   func(s *supervisor.Spec) { s.Teleport.IdentityRef = "other" },
		"private CA": func(s *supervisor.Spec) { s.Teleport.CARef = "other" },
		"type":       func(s *supervisor.Spec) { s.Messenger.Type = "Discord" },
		"url":        func(s *supervisor.Spec) { s.Messenger.URL = "https://chat.example.com" },
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.start()
				b.Ensure(key("a"), spec("token"))
				b.assertBots("token")
				edited := spec("token")
				edit(&edited)
				b.Ensure(key("a"), edited)
				b.assertBots("token", "token")
			})
		})
	}
}

// Other rules reach the engine that runs.
func TestAChangeOfRulesDoesNotReplaceTheEngine(t *testing.T) {
	edits := map[string]func(*supervisor.Spec){
		"roles":      func(s *supervisor.Spec) { s.Rules.RoleToRecipients = map[string][]string{"*": {"x"}} },
		"recipients": func(s *supervisor.Spec) { s.Rules.Always = []string{"x"} },
		"reviewers":  func(s *supervisor.Spec) { s.Rules.Always, s.Rules.SuggestedReviewers = []string{"x"}, true },
		"requester":  func(s *supervisor.Spec) { s.Rules.Always, s.Rules.Requester = []string{"x"}, true },
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.start()
				b.Ensure(key("a"), spec("token"))
				b.assertBots("token")
				before := b.bots.lookedUp()
				edited := spec("token")
				edit(&edited)
				b.Ensure(key("a"), edited)
				b.assertBots("token")
				if n := b.bots.lookedUp() - before; n != 1 {
					t.Errorf("%d recipients are looked up after the change, want the new one", n)
				}
			})
		})
	}
}

func TestAnEditDoesNotOverlap(t *testing.T) {
	replacements := map[string]func(*bench){
		"edited": func(b *bench) { b.Ensure(key("a"), spec("new")) },
		"deleted and made again": func(b *bench) {
			b.Remove(key("a"))
			b.Ensure(key("a"), spec("new"))
		},
		"deleted and made again as it was": func(b *bench) {
			b.Ensure(key("a"), spec("new"))
			b.Remove(key("a"))
			b.Ensure(key("a"), spec("new"))
		},
	}
	for name, replace := range replacements {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				inFlight := make(gate)
				b.bots.onCheck(func(_ context.Context, token string) error {
					if token == "old" {
						inFlight.wait()
					}
					return nil
				})
				b.start()
				b.Ensure(key("a"), spec("old"))
				b.assertBots("old")

				replace(b)
				b.assertBots("old")
				inFlight.open()
				b.assertBots("old", "new")
				if most := b.bots.mostAtOnce(); most != 1 {
					t.Errorf("%d engines called at once", most)
				}
			})
		})
	}
}

func TestRemovedNotifiersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		b.Ensure(key("a"), spec("token"))
		b.assertBots("token")
		b.Remove(key("a"))
		b.Remove(key("never existed"))
		synctest.Wait()
		if _, ok := b.Snapshot(key("a")); ok {
			t.Error("a removed notifier has a snapshot")
		}
		if _, open := b.clusters.seen(); open != 0 {
			t.Error("a session lives on without notifiers")
		}
	})
}

func TestAnIdentityReplacesNoEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		b.Ensure(key("a"), spec("token"))
		synctest.Wait()
		fresh := spec("token")
		fresh.Teleport.Identity = identities[1]
		b.Ensure(key("a"), fresh)
		b.assertBots("token")
		want := []attempt{{"teleport:443", "bot-0"}, {"teleport:443", "bot-1"}}
		if got, open := b.clusters.seen(); !slices.Equal(got, want) || open != 1 {
			t.Errorf("attempts to connect: %v, %d under way; want %v and 1", got, open, want)
		}
	})
}

func TestSessionsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		b.Ensure(key("a"), spec("a"))
		b.Ensure(key("b"), spec("b"))
		b.Ensure(supervisor.Key{Namespace: "elsewhere", Name: "a"}, spec("c"))
		other := spec("d")
		other.Teleport.IdentityRef = "other"
		b.Ensure(key("d"), other)
		synctest.Wait()
		if _, open := b.clusters.seen(); open != 3 {
			t.Errorf("%d sessions, want 1 for a and b, 1 for another namespace, 1 for another Secret", open)
		}

		b.Remove(key("a"))
		b.Ensure(key("d"), spec("d"))
		synctest.Wait()
		if attempts, open := b.clusters.seen(); len(attempts) != 3 || open != 2 {
			t.Errorf("%d attempts and %d sessions, want 3 and 2: the shared session was disturbed", len(attempts), open)
		}
	})
}

func TestBotsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		telling := func(token string) supervisor.Spec {
			s := spec(token)
			s.Rules.Always = []string{"ops"}
			return s
		}
		for _, name := range []string{"a", "b", "c"} {
			b.Ensure(key(name), telling("one"))
		}
		elsewhere := telling("one")
		elsewhere.Messenger.URL = "https://elsewhere.example"
		b.Ensure(key("d"), elsewhere)
		synctest.Wait()
		b.assertBots("one", "one")
		if n := b.bots.lookedUp(); n != 2 {
			t.Errorf("the recipient was looked up %d times, want once for each bot", n)
		}

		// A bot lives as long as a notifier uses it.
		for _, name := range []string{"a", "b", "c"} {
			b.Remove(key(name))
			synctest.Wait()
		}
		b.Ensure(key("a"), telling("one"))
		b.assertBots("one", "one", "one")
	})
}

func TestStartWaitsForEnginesAndThenForSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		inFlight := make(gate)
		b.bots.onCheck(func(context.Context, string) error {
			inFlight.wait()
			return nil
		})
		b.start()
		b.Ensure(key("a"), spec("token"))
		synctest.Wait()

		b.stop()
		synctest.Wait()
		select {
		case <-b.ended:
			t.Fatal("Start returned during a call")
		default:
		}
		if _, open := b.clusters.seen(); open != 1 {
			t.Error("the session ended before the engine that stores results through it")
		}
		inFlight.open()
		<-b.ended
		if _, open := b.clusters.seen(); open != 0 {
			t.Error("Start returned before the sessions ended")
		}
		b.Ensure(key("b"), spec("late"))
		b.Remove(key("a"))
		b.assertBots("token")
	})
}

func TestManyNotifiersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		for i := range 1000 {
			k := key(fmt.Sprint(i % 7))
			b.Ensure(k, spec(fmt.Sprint(i)))
			if i%3 == 0 {
				synctest.Wait()
			}
			b.Remove(k)
		}
		synctest.Wait()
		for i := range 7 {
			if _, ok := b.Snapshot(key(fmt.Sprint(i))); ok {
				t.Errorf("notifier %d is left", i)
			}
		}
		if _, open := b.clusters.seen(); open != 0 {
			t.Errorf("%d sessions are left", open)
		}
		assertNoWorkers(t)
	})
}

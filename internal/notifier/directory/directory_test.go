package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

func TestALookUpNeverWaitsAndIsAnnounced(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		begun := time.Now()
		for range 3 {
			if got := w.Lookup(channel("ops"), ""); got != (directory.Answer{}) {
				t.Errorf("answer: %+v, want nothing yet", got)
			}
		}
		if time.Since(begun) != 0 || w.Decided([]routing.Recipient{channel("ops")}) {
			t.Error("a look-up was waited for")
		}
		after(time.Second)
		want := directory.Answer{State: directory.Known, Address: messenger.Address{ID: "ops"}}
		if got := w.Lookup(channel("ops"), ""); got != want || len(w.calls) != 1 {
			t.Errorf("answer: %+v after %d look-ups, want %+v after 1", got, len(w.calls), want)
		}
		if diff := cmp.Diff([]string{"ops 1 ops false"}, w.told); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
	})
}

func TestHowALookUpEndsDecidesTheState(t *testing.T) {
	tests := map[string]struct {
		err     error
		fresh   directory.State
		repeat  directory.State
		backlog bool
	}{
		"it works":                      {nil, directory.Known, directory.Known, false},
		"the recipient does not exist":  {missing, directory.Broken, directory.Broken, false},
		"looking up is not allowed":     {errNoScope, directory.Broken, directory.Broken, false},
		"the service is down":           {down, directory.Unknown, directory.Known, true},
		"the answer is malformed":       {malformed, directory.Unknown, directory.Known, true},
		"the service asks to wait":      {throttled(time.Hour), directory.Unknown, directory.Known, false},
		"the token is refused":          {revoked, directory.Unknown, directory.Known, false},
		"the failure is of other kinds": {fmt.Errorf("what"), directory.Unknown, directory.Known, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for r, want := range map[routing.Recipient]directory.State{channel("new"): tt.fresh, channel("old"): tt.repeat} {
				simulate(t, directory.Options{}, func(w *world) {
					if r.Name == "old" {
						w.Lookup(r, "")
						after(time.Second)
					}
					w.fails(tt.err)
					w.Doubt("old")
					w.Lookup(r, "")
					after(150 * time.Millisecond)
					got := w.Lookup(r, "")
					if got.State != want || (got.Err == nil) != (tt.err == nil) || (got.Address.ID != "") != (want == directory.Known) {
						t.Errorf("%s: %+v, want state %v", r.Name, got, want)
					}
					if _, failed := w.Failed()[r]; failed != (tt.err != nil) {
						t.Errorf("%s: failed: %v", r.Name, failed)
					}
					if decided := w.Decided([]routing.Recipient{r}); decided != (want != directory.Unknown) {
						t.Errorf("%s: decided: %v", r.Name, decided)
					}
					if w.Backlog() != tt.backlog {
						t.Errorf("%s: backlog: %v, want %v", r.Name, w.Backlog(), tt.backlog)
					}
				})
			}
		})
	}
}

// TestARecipientThatIsNeverFoundIsStuck is told once, and only of one that is not known.
func TestARecipientThatIsNeverFoundIsStuck(t *testing.T) {
	for name, err := range map[string]error{"down": down, "throttled": throttled(time.Minute)} {
		t.Run(name, func(t *testing.T) {
			simulate(t, directory.Options{}, func(w *world) {
				w.Lookup(channel("old"), "")
				after(time.Second)
				w.fails(err)
				w.Expire()
				w.Lookup(channel("new"), "")
				for _, want := range []bool{false, true} {
					after(30 * time.Second)
					if got := w.Failed(); got[channel("new")].Stuck != want || got[channel("old")].Stuck {
						t.Errorf("after %s, %+v", time.Since(w.begun), got)
					}
					after(4 * time.Minute)
				}
				slices.Sort(w.told)
				if want := []string{"new 0  true", "new 0  true", "old 1 old false", "old 1 old true"}; !slices.Equal(w.told, want) {
					t.Errorf("told %q, want %q", w.told, want)
				}
				w.fails(nil)
				after(5 * time.Minute)
				if got := w.Failed(); len(got) != 0 {
					t.Errorf("once they are found, %+v", got)
				}
			})
		})
	}
}

func TestTheHourlyLookUpIsRepeated(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.Lookup(channel("ops"), "")
		w.Lookup(person("alice@example.com"), "bob")
		after(time.Second)
		w.restart()
		w.mu.Lock()
		w.id = "-new"
		w.mu.Unlock()
		after(73 * time.Minute)
		// A configured recipient by itself, a person when asked for.
		if diff := cmp.Diff([]string{"ops 1 ops-new false"}, w.told); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		if got := w.Lookup(person("alice@example.com"), "bob"); got.State != directory.Known {
			t.Errorf("answer: %+v, want the old one until it is known better", got)
		}
		after(time.Second)
		if n := len(w.told); n != 2 {
			t.Errorf("announced: %v, want the person as well", w.told)
		}
		w.restart()
		after(10 * time.Hour)
		if n := len(w.calls); n < 8 || n > 13 {
			t.Errorf("%d look-ups were made in 10 hours, want about 10", n)
		}
		if len(w.told) != 0 {
			t.Errorf("announced: %v, although nothing has changed", w.told)
		}
	})
}

// Broken recipients and failed ones, configured and persons.
func TestFailedRecipientsAreLookedUpWhenTheServiceOpens(t *testing.T) {
	for name, err := range map[string]error{"down": down, "malformed": malformed, "revoked": revoked, "missing": missing} {
		t.Run(name, func(t *testing.T) {
			simulate(t, directory.Options{RetryCap: time.Hour, RetryBase: time.Hour}, func(w *world) {
				w.fails(err)
				for i := range 10 {
					w.Lookup(channel(fmt.Sprint("c", i)), "")
				}
				want := 10
				if !errors.Is(err, missing) {
					w.Lookup(person("p"), "bob")
					want++
				}
				after(time.Minute)
				w.answers(nil)
				w.restart()
				w.Retry()
				after(250 * time.Millisecond)
				if n := len(w.calls); n != want {
					t.Errorf("%d look-ups were made at once, want %d", n, want)
				}
				if len(w.Failed()) != 0 || w.Backlog() {
					t.Errorf("failed: %v", w.Failed())
				}
			})
		})
	}
}

func TestAServiceThatIsDownIsAskedAFewTimesAMinute(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.fails(down)
		for i := range 20 {
			w.Lookup(channel(fmt.Sprint("c", i)), "")
			w.flood(fmt.Sprint("requester", i, "-"), 20)
		}
		after(10 * time.Minute)
		if n := len(w.calls); n > 80 {
			t.Errorf("%d look-ups were made in 10 minutes", n)
		}
		w.idle()
		w.answers(nil)
		w.restart()
		w.Retry()
		after(10 * time.Second)
		if n := len(w.calls); n != 420 || len(w.Failed()) != 0 {
			t.Errorf("%d look-ups were made when it was back, %d have failed, want 420 and none", n, len(w.Failed()))
		}
	})
}

func TestLookUpsThatFailTogetherCountOnce(t *testing.T) {
	simulate(t, directory.Options{RetryBase: time.Second, RetryCap: time.Hour}, func(w *world) {
		w.fails(down)
		w.flood("bob", 20)
		after(1350 * time.Millisecond)
		if last := w.calls[len(w.calls)-1].at; last < 300*time.Millisecond {
			t.Errorf("the last look-up was made after %v, want one after the first back-off", last)
		}
	})
}

// No caller says that the service is back.
func TestAServiceThatIsBackIsNoticedByOneLookUp(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.fails(down)
		w.flood("bob", 100)
		after(10 * time.Minute)
		w.answers(nil)
		after(time.Minute + 15*time.Second)
		if len(w.Failed()) != 0 || w.Backlog() {
			t.Errorf("failed: %v", w.Failed())
		}
	})
}

// One recipient says nothing of the service, whatever its answers look like.
func TestOneRecipientThatFailsDoesNotDelayOthers(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.answers(func(r routing.Recipient) error {
			if r.Name == "bad" {
				return malformed
			}
			return nil
		})
		w.Lookup(channel("bad"), "")
		after(10 * time.Minute)
		if n := len(w.calls); n < 15 || n > 80 {
			t.Errorf("the recipient was looked up %d times in 10 minutes, want about 40", n)
		}
		w.restart()
		w.Lookup(channel("good"), "")
		synctest.Wait()
		if w.position("good") < 0 {
			t.Error("another recipient was not looked up at once")
		}
	})
}

// A service that limits look-ups by channel says nothing of the other channels.
func TestAPauseOfOneRecipientDelaysNoOther(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.answers(func(r routing.Recipient) error {
			if r == channel("limited") && time.Since(w.begun) < time.Minute {
				return &messenger.Error{
					Class: messenger.Throttled, Call: "look-up", Code: "ratelimited",
					RetryAfter: time.Minute - time.Since(w.begun), Scope: messenger.ScopeAddress,
				}
			}
			return nil
		})
		w.Lookup(channel("limited"), "")
		after(time.Second)
		w.Lookup(channel("ops"), "")
		w.Retry()
		after(time.Second)
		if got := w.Lookup(channel("ops"), ""); got.State != directory.Known {
			t.Errorf("another channel waits: %+v", got)
		}
		w.mu.Lock()
		if n := len(w.calls); n != 2 {
			t.Errorf("%d look-ups of the limited channel within its pause, want 1", n-1)
		}
		w.mu.Unlock()
		after(time.Minute)
		if got := w.Lookup(channel("limited"), ""); got.State != directory.Known {
			t.Errorf("the limited channel is not looked up when its pause is over: %+v", got)
		}
	})
}

func TestAPauseIsObeyedExactlyAndThenOneLookUpTries(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.fails(throttled(2 * time.Hour))
		w.Lookup(channel("first"), "")
		after(time.Second)
		w.flood("bob", 50)
		w.Retry()
		after(2*time.Hour - time.Second)
		if n := len(w.calls); n != 1 {
			t.Errorf("%d look-ups were made before the pause was over", n-1)
		}
		w.restart()
		after(time.Second)
		if n := len(w.calls); n != 1 {
			t.Errorf("%d look-ups were made when the pause was over, want 1", n)
		}
		w.answers(nil)
		after(2*time.Hour + 10*time.Second)
		if len(w.Failed()) != 0 || w.most != 8 {
			t.Errorf("failed: %v; %d at a time, want 8", w.Failed(), w.most)
		}
	})
}

func TestARefusedTokenStopsLookUps(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.fails(revoked)
		w.Lookup(channel("first"), "")
		after(time.Second)
		w.flood("bob", 50)
		after(time.Hour)
		if n := len(w.calls); n < 10 || n > 16 {
			t.Errorf("%d look-ups were made in an hour, want about 12", n)
		}
		w.Hold()
		w.restart()
		w.Retry()
		after(time.Hour)
		if len(w.calls) != 0 {
			t.Errorf("%d look-ups were made while they were held", len(w.calls))
		}
		w.answers(nil)
		w.Release()
		after(2 * time.Second)
		if len(w.calls) != 51 {
			t.Errorf("%d look-ups were made afterwards, want 51", len(w.calls))
		}
	})
}

func TestARecipientThatDoesNotExistIsLookedUpSlowly(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.fails(missing)
		w.Lookup(channel("ops"), "")
		after(21 * time.Second)
		if n := len(w.calls); n != 2 {
			t.Errorf("%d look-ups were made within 20 s, want a second one: it may just be being made", n)
		}
		w.restart()
		after(time.Hour)
		if n := len(w.calls); n < 10 || n > 15 {
			t.Errorf("%d look-ups were made in an hour, want about 12", n)
		}
		w.restart()
		w.Lookup(person("p"), "bob")
		after(10 * time.Hour)
		n := len(slices.DeleteFunc(w.calls, func(c call) bool { return !c.Person }))
		if n < 9 || n > 18 {
			t.Errorf("a person was looked up %d times in 10 hours, want about 13", n)
		}
	})
}

func TestConfiguredRecipientsAreFirstAndRequestersTakeTurns(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.flood("mallory", 500)
		after(50 * time.Millisecond)
		w.restart()
		w.Lookup(person("alice@example.com"), "honest")
		w.Lookup(channel("ops"), "")
		after(time.Minute)
		if at := w.position("ops"); at < 0 || w.calls[at].at > 50*time.Millisecond {
			t.Errorf("the configured recipient was look-up %d", at)
		}
		if at := w.position("alice@example.com"); at < 0 || w.calls[at].at > 50*time.Millisecond {
			t.Errorf("the honest requester's person was look-up %d", at)
		}
		if w.most != 8 {
			t.Errorf("%d look-ups were made at a time, want 8", w.most)
		}
	})
}

// A person whom an honest requester names too has the better turn of both.
func TestAPersonWhomTwoNameHasTheBetterTurn(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.flood("mallory", 500)
		w.Lookup(person("mallory499"), "honest")
		after(time.Minute)
		if at := w.position("mallory499"); at < 0 || at > 20 {
			t.Errorf("the honest requester's person was look-up %d", at)
		}
		if len(w.calls) != 500 {
			t.Errorf("%d look-ups were made of 500 persons", len(w.calls))
		}
	})
}

// The service allows one look-up per second, and refuses most.
func TestAnHonestRequesterPassesAFloodThatIsThrottled(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		var last time.Time
		resolved := 0
		w.answers(func(routing.Recipient) error {
			if time.Since(last) < time.Second {
				return throttled(time.Second)
			}
			last = time.Now()
			resolved++
			return nil
		})
		w.flood("mallory", 500)
		after(5 * time.Second)
		w.mu.Lock()
		resolved = 0
		w.mu.Unlock()
		w.Lookup(person("alice"), "honest")
		for range 20 {
			if w.Lookup(person("alice"), "honest").State == directory.Known {
				break
			}
			after(time.Second)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if resolved > 4 {
			t.Errorf("%d look-ups worked before the honest one, want a handful", resolved)
		}
	})
}

func TestPersonsAreRememberedWithinBounds(t *testing.T) {
	simulate(t, directory.Options{MaxPersons: 80}, func(w *world) {
		w.Lookup(channel("ops"), "")
		w.Lookup(person("first"), "bob")
		after(time.Second)
		// Ten may wait for one requester.
		for i := range 20 {
			got := w.Lookup(person(fmt.Sprint("mallory", i)), "mallory")
			if tooMany := got.State == directory.Broken; tooMany != (i >= 10) || tooMany && got.Err.Code != directory.CodeTooMany {
				t.Errorf("person %d: %+v", i, got)
			}
		}
		after(time.Second)
		for i := range 10 {
			w.flood(fmt.Sprint("r", i, "-"), 10)
			after(time.Second)
		}
		w.restart()
		if got := w.Lookup(channel("ops"), ""); got.State != directory.Known {
			t.Errorf("configured: %+v, want it to be remembered", got)
		}
		if got := w.Lookup(person("r9-0"), "r9-"); got.State != directory.Known {
			t.Errorf("recent person: %+v, want it to be remembered", got)
		}
		if got := w.Lookup(person("first"), "bob"); got.State != directory.Unknown {
			t.Errorf("old person: %+v, want it to be forgotten", got)
		}
		if n := directory.Entries(w.Directory); n > 81 {
			t.Errorf("%d recipients are remembered, want at most 81", n)
		}
		after(time.Second)
		if got := w.Lookup(person("first"), "bob"); got.State != directory.Known {
			t.Errorf("old person: %+v, want it to be looked up again", got)
		}
	})
}

func TestNoRoomIsMadeByForgettingWhoWaits(t *testing.T) {
	simulate(t, directory.Options{MaxPersons: 16}, func(w *world) {
		w.Hold()
		for i := range 8 {
			w.flood(fmt.Sprint("r", i, "-"), 2)
		}
		if got := w.Lookup(person("p"), "bob"); got.State != directory.Broken {
			t.Errorf("answer: %+v, want none: all places are taken", got)
		}
		w.Release()
		after(time.Second)
		if got := w.Lookup(person("p"), "bob"); got.State != directory.Unknown || len(w.calls) != 16 {
			t.Errorf("answer: %+v after %d look-ups, want one to be under way after 16", got, len(w.calls))
		}
	})
}

func TestPersonsThatNoRequestNamesAreForgotten(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.Lookup(channel("ops"), "")
		w.flood("bob", 3)
		after(40 * time.Minute)
		w.Lookup(person("bob1"), "bob")
		after(40 * time.Minute)
		got := w.Forget([]routing.Recipient{channel("ops")})
		if len(got) != 2 || slices.Contains(got, person("bob1")) || directory.Entries(w.Directory) != 2 {
			t.Errorf("forgotten: %v", got)
		}
		after(10 * time.Hour)
		w.Forget([]routing.Recipient{channel("ops")})
		if n := directory.Entries(w.Directory); n != 1 {
			t.Errorf("%d recipients are remembered, want the configured one", n)
		}
	})
}

func TestRecipientsThatAreNotConfiguredAnyMoreAreForgotten(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.Lookup(channel("ops"), "")
		w.Lookup(channel("dev"), "")
		w.Lookup(person("bob"), "eve")
		after(time.Second)
		if got := w.Forget([]routing.Recipient{channel("ops")}); !slices.Equal(got, []routing.Recipient{channel("dev")}) {
			t.Errorf("forgotten: %v, want dev", got)
		}
		w.restart()
		w.Expire()
		after(10 * time.Hour)
		if slices.ContainsFunc(w.calls, func(c call) bool { return c.Recipient == channel("dev") }) {
			t.Error("it is looked up still")
		}
		if got := w.Lookup(channel("dev"), ""); got.State != directory.Unknown {
			t.Errorf("answer: %+v, want none before another look-up", got)
		}
	})
}

func TestExpireAndDoubtLookUpAgain(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		w.Lookup(channel("ops"), "")
		w.Lookup(channel("dev"), "")
		w.Lookup(person("p"), "bob")
		after(time.Second)
		w.restart()
		w.Doubt("ops")
		after(time.Second)
		if len(w.calls) != 1 || w.position("ops") != 0 {
			t.Errorf("look-ups: %v, want one of ops", w.calls)
		}
		w.restart()
		w.Expire()
		after(time.Second)
		if len(w.calls) != 2 || w.position("p") >= 0 {
			t.Errorf("look-ups: %v, want one of each configured recipient", w.calls)
		}
		w.Lookup(person("p"), "bob")
		after(time.Second)
		if len(w.calls) != 3 {
			t.Errorf("look-ups: %v, want the person once it is asked for", w.calls)
		}
	})
}

func TestNamesAreThoseOfAnAddress(t *testing.T) {
	simulate(t, directory.Options{}, func(w *world) {
		for _, r := range []routing.Recipient{person("x"), channel("x"), channel("y")} {
			w.Lookup(r, "bob")
		}
		after(time.Second)
		if diff := cmp.Diff([]routing.Recipient{channel("x"), person("x")}, w.Names("x")); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}

// Two processes do not act together.
func TestLookUpsHaveJitter(t *testing.T) {
	for name, err := range map[string]error{"known": nil, "missing": missing, "down": down, "revoked": revoked} {
		t.Run(name, func(t *testing.T) {
			moments := map[time.Duration]bool{}
			for range 10 {
				simulate(t, directory.Options{}, func(w *world) {
					w.fails(err)
					w.Lookup(channel("ops"), "")
					after(2 * time.Hour)
					if len(w.calls) > 1 {
						moments[w.calls[1].at] = true
					}
				})
			}
			if len(moments) < 8 {
				t.Errorf("the second look-ups of 10 processes came at %d moments", len(moments))
			}
		})
	}
}

// A scan over all recipients for each would take minutes.
func TestALookUpCostsTheSameHoweverManyWait(t *testing.T) {
	simulate(t, directory.Options{MaxPersons: 1 << 20}, func(w *world) {
		w.latency = 0
		w.flood("mallory", 100_000)
		after(time.Minute)
		if len(w.calls) != 100_000 || len(w.Failed()) != 0 {
			t.Errorf("%d look-ups were made, want 100,000", len(w.calls))
		}
	})
}

// TestABugEndsNoMoreThanTheDirectory wants look-ups guarded.
func TestABugEndsNoMoreThanTheDirectory(t *testing.T) {
	var caught atomic.Int32
	o := directory.Options{Guard: func() {
		if recover() != nil {
			caught.Add(1)
		}
	}}
	simulate(t, o, func(w *world) {
		w.answers(func(routing.Recipient) error { panic("impossible") })
		w.Lookup(channel("ops"), "")
		after(time.Second)
		if caught.Load() == 0 {
			t.Error("no panic was recovered from")
		}
	})
}

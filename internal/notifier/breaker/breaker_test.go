package breaker_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
)

// Each state is walked into and out of for each of its reasons. What is shown in
// between is told by Changed, once.
func TestEveryStateHasAWayInAndAWayBack(t *testing.T) {
	wait := func(d time.Duration) func(*world) { return func(*world) { after(d) } }
	steps := func(all ...func(*world)) func(*world) {
		return func(w *world) {
			for _, f := range all {
				f(w)
			}
		}
	}
	check := func(err error, waiting bool) func(*world) {
		return func(w *world) { w.set(err, waiting) }
	}
	deliveriesFail := func(w *world) { w.set(nil, true); w.fail(3) }
	throttle := func(d time.Duration) func(*world) {
		return func(w *world) { w.ReportThrottled("post", "a", throttled(d)) }
	}
	throttleAll := func(d time.Duration) func(*world) {
		err := throttled(d)
		err.Scope = messenger.ScopeMethod
		return func(w *world) { w.ReportThrottled("post", "a", err) }
	}
	tests := map[string]struct {
		in    func(w *world)
		shown breaker.Status
		code  string
		back  func(w *world)
	}{
		"a token that is revoked while idle": {
			steps(check(revoked, false), wait(73*time.Second)), breaker.Refused, "token_revoked",
			steps(check(nil, false), wait(6*time.Minute+time.Second)),
		},
		"a token that a call finds revoked": {
			func(w *world) { w.set(revoked, true); w.ReportUnauthorized(w.ctx) }, breaker.Refused, "token_revoked",
			steps(check(nil, false), func(w *world) { w.CheckNow() }, wait(time.Second)),
		},
		"a token that cannot be checked again": {
			steps(check(revoked, false), wait(73*time.Second), check(down, true), wait(7*time.Minute)), breaker.Refused, "token_revoked",
			steps(check(nil, false), wait(73*time.Second)),
		},
		"a service that is down while idle": {
			steps(check(down, false), wait(73*time.Second)), breaker.Troubled, "http_503",
			steps(check(nil, false), wait(73*time.Second)),
		},
		"a service that is down while deliveries wait": {
			steps(check(down, true), wait(73*time.Second)), breaker.Troubled, "http_503",
			steps(check(nil, true), wait(3*time.Second)),
		},
		"a check that is answered but malformed": {
			steps(check(malformed, false), wait(73*time.Second)), breaker.Troubled, "bad_response",
			func(w *world) { w.ReportReachable() },
		},
		"deliveries that fail, until one works": {
			deliveriesFail, breaker.Troubled, "http_500",
			func(w *world) { w.ReportSuccess("post", "a") },
		},
		"deliveries that fail, until one is answered": {
			deliveriesFail, breaker.Troubled, "http_500",
			func(w *world) { w.ReportReachable() },
		},
		"deliveries that fail, until none waits": {
			deliveriesFail, breaker.Troubled, "http_500",
			steps(check(nil, false), wait(4*time.Second)),
		},
		"deliveries that fail, until none has for long": {
			deliveriesFail, breaker.Troubled, "http_500",
			wait(65 * time.Second),
		},
		"one long pause, until it is over": {
			throttle(94 * time.Second), breaker.Throttled, "ratelimited",
			wait(99 * time.Second),
		},
		"one long pause, until such a call works": {
			throttle(94 * time.Second), breaker.Throttled, "ratelimited",
			func(w *world) { w.ReportSuccess("post", "a") },
		},
		"short pauses, one after the other": {
			steps(throttleAll(4*time.Second), wait(4*time.Second), throttleAll(4*time.Second), wait(4*time.Second), throttleAll(4*time.Second)),
			breaker.Throttled, "ratelimited", wait(10 * time.Second),
		},
		"pauses of calls that are made long after each": {
			func(w *world) {
				for range 4 {
					throttleAll(4 * time.Second)(w)
					after(16 * time.Second)
				}
			},
			breaker.Throttled, "ratelimited", wait(6 * time.Second),
		},
		"pauses at one address, one after the other": {
			steps(throttle(28*time.Second), wait(28*time.Second), throttle(28*time.Second), wait(28*time.Second), throttle(28*time.Second)),
			breaker.Throttled, "ratelimited", wait(34 * time.Second),
		},
		"a check that is throttled": {
			steps(check(throttled(time.Minute), false), func(w *world) { w.CheckNow() }, wait(100*time.Millisecond)),
			breaker.Throttled, "ratelimited",
			steps(check(nil, false), wait(61100*time.Millisecond)),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			simulate(t, func(w *world) {
				after(time.Second)
				w.restart()
				tt.in(w)
				synctest.Wait()
				if s := w.State(); s.Status != tt.shown || s.Err == nil || s.Err.Code != tt.code {
					t.Fatalf("state: %+v, want %v with code %s", s, tt.shown, tt.code)
				}
				tt.back(w)
				synctest.Wait()
				if s := w.State(); s != (breaker.State{Status: breaker.Available}) {
					t.Errorf("state: %+v, want it to be available", s)
				}
				if told := slices.Compact(slices.Clone(w.changes)); !slices.Equal(told, []breaker.Status{tt.shown, breaker.Available}) {
					t.Errorf("Changed was called for %v", told)
				}
			})
		})
	}
}

func TestNothingIsUsableBeforeTheFirstCheck(t *testing.T) {
	tests := map[string]struct {
		err    error
		want   breaker.Status
		usable bool
	}{
		"passed":        {nil, breaker.Available, true},
		"answered":      {&messenger.Error{Class: messenger.RecipientPermanent}, breaker.Available, true},
		"may not post":  {&messenger.Error{Class: messenger.PermissionMissing}, breaker.Refused, false},
		"down":          {down, breaker.Troubled, true},
		"throttled":     {throttled(time.Minute), breaker.Throttled, true},
		"refused":       {revoked, breaker.Refused, false},
		"unclassified":  {context.DeadlineExceeded, breaker.Troubled, true},
		"short a while": {throttled(time.Second), breaker.Available, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			simulate(t, func(w *world) {
				if s := w.State(); s.Status != breaker.Unknown || s.Usable() {
					t.Errorf("state: %+v before the first check has ended", s)
				}
				w.set(tt.err, false)
				after(time.Second)
				if s := w.State(); s.Status != tt.want || s.Usable() != tt.usable {
					t.Errorf("state: %+v, want %v; usable: %v, want %v", s, tt.want, s.Usable(), tt.usable)
				}
				if len(w.changes) != 1 {
					t.Errorf("Changed was called for %v", w.changes)
				}
			})
		})
	}
}

func TestATokenRevokedWhileIdleShowsWithinAboutAMinute(t *testing.T) {
	simulate(t, func(w *world) {
		after(10 * time.Hour)
		w.set(revoked, false)
		after(73 * time.Second)
		if s := w.State(); s.Status != breaker.Refused {
			t.Errorf("state: %+v, want it to be refused", s)
		}
		w.restart()
		after(time.Hour)
		if n := len(w.checks); n < 10 || n > 15 {
			t.Errorf("a refused token was checked %d times in an hour, want about 12", n)
		}
	})
}

func TestAnIdleTokenIsCheckedAboutEveryMinute(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Hour)
		if n := len(w.checks); n < 50 || n > 75 {
			t.Errorf("%d checks were made in an hour, want about 60", n)
		}
	})
}

// Two processes do not act together, whatever they wait for.
func TestChecksHaveJitter(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"idle":    func(*world) {},
		"trouble": func(w *world) { w.set(down, true) },
		"refused": func(w *world) { w.set(revoked, true) },
		"suspect": func(w *world) { after(time.Minute); w.restart(); w.Suspect() },
		"paused":  func(w *world) { w.set(throttled(time.Minute), true) },
	} {
		t.Run(name, func(t *testing.T) {
			moments := map[time.Duration]bool{}
			for range 10 {
				simulate(t, func(w *world) {
					prepare(w)
					after(10 * time.Minute)
					for _, at := range w.checks {
						if at > 0 {
							moments[at] = true
							return
						}
					}
				})
			}
			if len(moments) < 8 {
				t.Errorf("the first checks of 10 processes came at %d moments", len(moments))
			}
		})
	}
}

func TestDeliveriesGoOnWithinThreeSecondsOfRecovery(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		w.set(down, true)
		w.fail(3)
		after(10 * time.Minute)
		if n := len(w.checks); n > 330 {
			t.Errorf("%d checks were made in 10 minutes", n)
		}
		w.restart()
		w.set(nil, true)
		after(3 * time.Second)
		if len(w.recovered) != 1 {
			t.Errorf("recovered at %v, want once within 3 s", w.recovered)
		}
	})
}

// Where the check works and calls do not, only calls can tell when that is over.
func TestWhileDeliveriesFailOneIsTriedEveryFewSeconds(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		w.set(nil, true)
		w.restart()
		for range 60 {
			w.fail(3)
			after(time.Second)
		}
		if n := len(w.tried); n < 15 || n > 34 {
			t.Errorf("%d deliveries were tried in a minute, want one every 2 to 3 s", n)
		}
		if len(w.recovered) != 0 || w.State().Status != breaker.Troubled {
			t.Errorf("recovered at %v, state %+v, although deliveries fail", w.recovered, w.State())
		}
		w.ReportSuccess("post", "a")
		synctest.Wait()
		if len(w.recovered) != 1 || w.State().Status != breaker.Available {
			t.Errorf("recovered at %v, state %+v, want it once", w.recovered, w.State())
		}
	})
}

func TestFailuresThatAreNotInARowAreNoTrouble(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		for range 10 {
			w.fail(2)
			w.ReportSuccess("edit", "a")
			w.fail(2)
			w.ReportReachable()
		}
		if s := w.State(); s.Status != breaker.Available || len(w.checks) != 1 {
			t.Errorf("state: %+v after %d checks", s, len(w.checks))
		}
	})
}

func TestARefusalIsConfirmedByACheckAtOnce(t *testing.T) {
	tests := map[string]struct {
		err  error
		want breaker.Verdict
	}{
		"the token works":           {nil, breaker.CallOnly},
		"the token is refused":      {revoked, breaker.TokenRefused},
		"the service is down":       {down, breaker.Unclear},
		"the answer is malformed":   {malformed, breaker.Unclear},
		"the check has to wait":     {throttled(time.Minute), breaker.Unclear},
		"another thing was refused": {&messenger.Error{Class: messenger.RecipientPermanent}, breaker.CallOnly},
		"the token may not post":    {&messenger.Error{Class: messenger.PermissionMissing}, breaker.TokenRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			simulate(t, func(w *world) {
				after(time.Second)
				w.restart()
				w.set(tt.err, true)
				if got := w.ReportUnauthorized(w.ctx); got != tt.want {
					t.Errorf("verdict: %v, want %v", got, tt.want)
				}
				if len(w.checks) != 1 || w.checks[0] != 0 {
					t.Errorf("checks: %v, want one at once", w.checks)
				}
				if refused := w.State().Status == breaker.Refused; refused != (tt.want == breaker.TokenRefused) {
					t.Errorf("state: %+v", w.State())
				}
				if tt.want != breaker.CallOnly {
					return
				}
				if got := w.ReportUnauthorized(w.ctx); got != breaker.CallOnly || len(w.checks) != 1 {
					t.Errorf("verdict: %v after %d checks", got, len(w.checks))
				}
			})
		})
	}
}

// A check that was under way may have looked before the token was revoked.
func TestARefusalIsConfirmedByACheckThatBeganAfterIt(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		w.restart()
		w.CheckNow()
		synctest.Wait()
		verdict := make(chan breaker.Verdict, 1)
		go func() { verdict <- w.ReportUnauthorized(w.ctx) }()
		after(150 * time.Millisecond)
		w.set(revoked, true)
		if got := <-verdict; got != breaker.TokenRefused || len(w.checks) != 2 {
			t.Errorf("verdict: %v after %d checks", got, len(w.checks))
		}
	})
}

func TestRefusalsThatAreNotConfirmedDoNotHammerTheService(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		w.restart()
		for range 600 {
			for range 20 {
				go func() { w.ReportUnauthorized(w.ctx) }()
			}
			after(time.Second)
		}
		if n := len(w.checks); n > 55 {
			t.Errorf("%d checks were made in 10 minutes", n)
		}
		// A token that is revoked then shows all the same.
		w.set(revoked, true)
		w.ReportUnauthorized(w.ctx)
		after(19 * time.Second)
		if s := w.State(); s.Status != breaker.Refused {
			t.Errorf("state: %+v, want it to be refused", s)
		}
	})
}

func TestWhoWaitsForACheckIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.latency = time.Hour
		run, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			w.Run(run)
			close(ended)
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := w.ReportUnauthorized(ctx); got != breaker.Unclear {
			t.Errorf("verdict: %v when the caller's time is over", got)
		}
		time.AfterFunc(time.Second, stop)
		if got := w.ReportUnauthorized(t.Context()); got != breaker.Unclear {
			t.Errorf("verdict: %v when Run has ended", got)
		}
		<-ended
		if got := w.ReportUnauthorized(t.Context()); got != breaker.Unclear {
			t.Errorf("verdict: %v after Run", got)
		}
	})
}

func TestAShortPauseIsNotShown(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		w.restart()
		for range 30 {
			w.ReportThrottled("post", "a", throttled(2*time.Second))
			after(2 * time.Second)
			w.ReportSuccess("post", "a")
			after(time.Second)
		}
		if len(w.changes) != 0 {
			t.Errorf("Changed was called for %v", w.changes)
		}
	})
}

// Edits that work say nothing of posts.
func TestAPauseOfPostsShowsWhileEditsWork(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		w.restart()
		w.ReportThrottled("post", "a", throttled(94*time.Second))
		until := time.Now().Add(94 * time.Second)
		for range 90 {
			w.ReportSuccess("edit", "a")
			after(time.Second)
			if s := w.State(); s.Status != breaker.Throttled || !s.Until.Equal(until) {
				t.Fatalf("state: %+v, want it to be throttled until %v", s, until)
			}
		}
	})
}

// Checks that pass say nothing of a kind of call that keeps failing.
func TestAKindOfCallThatKeepsFailingShows(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		w.restart()
		edit := &messenger.Error{Class: messenger.Transient, Call: "edit", Code: "timeout"}
		fail := func() {
			for range 4 {
				w.ReportTrouble("edit", edit)
				w.ReportSuccess("post", "a")
				after(20 * time.Second)
			}
		}
		fail()
		if s := w.State(); s.Status != breaker.Troubled || s.Err != edit {
			t.Errorf("state: %+v after a minute in which no edit worked", s)
		}
		w.ReportSuccess("edit", "a")
		if s := w.State(); s.Status != breaker.Available {
			t.Errorf("state: %+v after an edit that worked", s)
		}
		fail()
		after(3 * time.Minute)
		if s := w.State(); s.Status != breaker.Available {
			t.Errorf("state: %+v when nothing has failed for long", s)
		}
	})
}

// A call that works while its kind has to wait had begun before.
func TestACallFromBeforeAPauseDoesNotEndIt(t *testing.T) {
	for scope, want := range map[messenger.Scope]breaker.Status{
		messenger.ScopeAddress: breaker.Available,
		messenger.ScopeMethod:  breaker.Throttled,
		messenger.ScopeToken:   breaker.Throttled,
	} {
		simulate(t, func(w *world) {
			after(time.Second)
			w.restart()
			err := throttled(5 * time.Minute)
			err.Scope = scope
			w.ReportThrottled("edit", "a", err)
			after(100 * time.Millisecond)
			w.ReportSuccess("edit", "a")
			after(time.Minute)
			if got := w.State().Status; got != want {
				t.Errorf("state: %v after a call from before a pause of scope %d, want %v", got, scope, want)
			}
			after(5 * time.Minute)
			if got := w.State().Status; got != breaker.Available {
				t.Errorf("state: %v after the pause", got)
			}
		})
	}
}

func TestSuspicionsDoNotHammerTheService(t *testing.T) {
	simulate(t, func(w *world) {
		after(30 * time.Second)
		w.restart()
		w.Suspect()
		after(time.Second + time.Millisecond)
		if len(w.checks) != 1 {
			t.Errorf("%d checks were made within a second, want 1", len(w.checks))
		}
		for range 600 {
			w.Suspect()
			after(100 * time.Millisecond)
		}
		if n := len(w.checks); n < 15 || n > 34 {
			t.Errorf("%d checks were made in a minute, want one every 2 to 3 s", n)
		}
		w.set(revoked, true)
		after(73 * time.Second)
		w.restart()
		w.Suspect()
		after(10 * time.Second)
		if len(w.checks) != 0 {
			t.Error("a refused token was checked because of a suspicion")
		}
	})
}

// TestOneOfSeveralKindsOfCallsThatFailIsShown covers two kinds of calls that keep failing in
// different ways while checks pass. What is shown does not go back and forth between them.
func TestOneOfSeveralKindsOfCallsThatFailIsShown(t *testing.T) {
	simulate(t, func(w *world) {
		after(time.Second)
		edit := &messenger.Error{Class: messenger.Transient, Call: "edit", Code: "timeout"}
		for range 60 {
			w.ReportTrouble("post", failure)
			w.ReportTrouble("edit", edit)
			w.ReportReachable()
			after(time.Second)
		}
		if s := w.State(); s.Status != breaker.Troubled {
			t.Fatalf("the state is %+v, want it to show the trouble", s)
		}
		w.restart()
		for range 60 {
			w.ReportTrouble("post", failure)
			w.ReportTrouble("edit", edit)
			w.ReportReachable()
			after(time.Second)
		}
		if len(w.changes) != 0 {
			t.Errorf("the state changed %d times in a minute in which nothing did", len(w.changes))
		}
	})
}

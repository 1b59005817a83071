package messengertest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// poster posts and edits messages over the network, whichever the service.
type poster struct {
	t      *testing.T
	http   *http.Client
	sim    mt.Simulator
	client client
	to     string
}

func newPoster(t *testing.T, sim mt.Simulator) poster {
	listen(t, sim)
	c := newClient(t, sim)
	c.base = sim.URL()
	if sim.Name() == "mattermost" {
		c.base += "/api/v4"
	}
	return poster{t: t, http: newHTTPClient(t), sim: sim, client: c, to: sim.AddChannel("ops")}
}

func (p poster) request(ctx context.Context) *http.Request {
	path, body := "chat.postMessage", `{"channel":"`+p.to+`","text":"x"}`
	switch p.sim.Name() {
	case "discord":
		path, body = "/channels/"+p.to+"/messages", `{"content":"x"}`
	case "mattermost":
		path, body = "/posts", `{"channel_id":"`+p.to+`","message":"x"}`
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.client.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header = p.client.header.Clone()
	return req
}

func (p poster) post() (answer, error) {
	p.t.Helper()
	resp, err := p.http.Do(p.request(p.t.Context()))
	if err != nil {
		return answer{}, err
	}
	return readAnswer(p.t, resp), nil
}

func (p poster) mustPost() answer {
	p.t.Helper()
	a, err := p.post()
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p poster) wantPosts(n int) {
	p.t.Helper()
	if got := len(p.sim.Posts()); got != n {
		p.t.Fatalf("got %d posts, want %d", got, n)
	}
}

// eachService runs a test against every simulator.
func eachService(t *testing.T, test func(t *testing.T, sim mt.Simulator)) {
	for _, sim := range []mt.Simulator{
		mt.NewSlack(mt.Options{}), mt.NewDiscord(mt.Options{}), mt.NewMattermost(mt.Options{}),
	} {
		t.Run(sim.Name(), func(t *testing.T) { test(t, sim) })
	}
}

func TestConnectionFaults(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		p, faults := newPoster(t, sim), sim.Faults()
		faults.DropAfterAccept(1)
		switch sim.Name() { // a call that changes nothing is answered
		case "slack":
			p.client.want(newClient(t, sim).do("POST", "auth.test", fields{}), 200, "")
		case "discord":
			p.client.want(newClient(t, sim).do("GET", "/users/@me", nil), 200, "")
		default:
			p.client.want(newClient(t, sim).do("GET", "/users/me", nil), 200, "")
		}
		if a, err := p.post(); err == nil {
			t.Fatalf("got %s, want no answer", a.text)
		}
		p.wantPosts(1)
		faults.DropBeforeAccept(1)
		if a, err := p.post(); err == nil {
			t.Fatalf("got %s, want no answer", a.text)
		}
		p.wantPosts(1)
		p.mustPost()
		p.wantPosts(2)

		url := sim.URL()
		faults.RefuseConnections(true)
		p.http.CloseIdleConnections()
		if _, err := p.post(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("got %v, want a refused connection", err)
		}
		if _, err := sim.Transport().RoundTrip(p.request(t.Context())); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("got %v in memory, want a refused connection", err)
		}
		faults.RefuseConnections(false)
		p.mustPost()
		p.wantPosts(3)
		if sim.URL() != url {
			t.Errorf("got address %s after reopening, want %s", sim.URL(), url)
		}

		faults.DropAfterAccept(mt.Always)
		for range 3 {
			if _, err := p.post(); err == nil {
				t.Fatal("got an answer")
			}
		}
		faults.Clear()
		p.mustPost()
		p.wantPosts(7)
	})
}

func TestHang(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		p := newPoster(t, sim)
		sim.Faults().Hang(true)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := p.http.Do(p.request(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want a timeout", err)
		}
		done := make(chan answer)
		go func() {
			a, _ := p.post()
			done <- a
		}()
		for calls(sim) < 2 {
			time.Sleep(time.Millisecond)
		}
		p.wantPosts(0)
		sim.Faults().Hang(false)
		if a := <-done; a.status >= 300 || a.status == 0 {
			t.Errorf("got %d after the hang", a.status)
		}
		p.wantPosts(1)
	})
}

func calls(sim mt.Simulator) (n int) {
	for _, count := range sim.Calls() {
		n += count
	}
	return n
}

func TestFailures(t *testing.T) {
	method := map[string]string{
		"slack": "chat.postMessage", "discord": "POST /channels/{channel}/messages", "mattermost": "POST /posts",
	}
	code := map[string]string{"slack": "internal_error", "discord": "50013", "mattermost": forbidden}
	status := map[string]int{"slack": 200, "discord": 403, "mattermost": 403}
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		p, faults := newPoster(t, sim), sim.Faults()
		faults.Fail(http.StatusBadGateway)
		if a := p.mustPost(); a.status != http.StatusBadGateway || a.body != nil {
			t.Errorf("got %d, %s", a.status, a.text)
		}
		faults.Fail(0)
		p.mustPost()
		p.wantPosts(1)

		faults.FailMethod(method[sim.Name()], mt.Failure{Code: code[sim.Name()]})
		p.client.want(p.mustPost(), status[sim.Name()], code[sim.Name()])
		faults.FailMethod(method[sim.Name()], mt.Failure{})
		faults.FailMethod("another", mt.Failure{Status: 500})
		p.mustPost()
		p.wantPosts(2)

		faults.FailNext(2, mt.Failure{Status: http.StatusServiceUnavailable})
		for _, want := range []bool{true, true, false} {
			if got := p.mustPost().status == http.StatusServiceUnavailable; got != want {
				t.Errorf("got failed %t, want %t", got, want)
			}
		}
		p.wantPosts(3)
		if got := sim.Calls()[method[sim.Name()]]; got != 7 {
			t.Errorf("got %d calls, want 7", got)
		}
	})
}

func TestThrottling(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		p, faults := newPoster(t, sim), sim.Faults()
		for name, tc := range map[string]struct {
			throttling mt.Throttling
			stopped    bool
		}{
			"all":           {mt.Throttling{}, true},
			"channel":       {mt.Throttling{Scope: mt.ScopeChannel, Target: p.to}, true},
			"other channel": {mt.Throttling{Scope: mt.ScopeChannel, Target: "other"}, false},
			"other method":  {mt.Throttling{Scope: mt.ScopeMethod, Target: "other"}, false},
			"plain":         {mt.Throttling{PlainBody: true}, true},
		} {
			tc.throttling.RetryAfter = 1500 * time.Millisecond
			faults.Throttle(tc.throttling)
			a := p.mustPost()
			if got := a.status == http.StatusTooManyRequests; got != tc.stopped {
				t.Errorf("%s: got status %d", name, a.status)
			}
			if tc.stopped && a.header.Get("Retry-After") != "2" {
				t.Errorf("%s: got Retry-After %q, want 2", name, a.header.Get("Retry-After"))
			}
			if tc.throttling.PlainBody && a.body != nil {
				t.Errorf("%s: got JSON %s", name, a.text)
			}
		}
		faults.Unthrottle()
		if a := p.mustPost(); a.status == http.StatusTooManyRequests {
			t.Error("throttled after the end")
		}
	})
}

func TestLatencyAndHangInMemory(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, sim)
			p := poster{t: t, sim: sim, client: c, to: sim.AddChannel("ops")}
			sim.Faults().Latency(time.Minute)
			start := time.Now()
			resp, err := sim.Transport().RoundTrip(p.request(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			readAnswer(t, resp)
			if took := time.Since(start); took != time.Minute {
				t.Errorf("took %s, want a minute", took)
			}
			sim.Faults().Hang(true)
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if _, err := sim.Transport().RoundTrip(p.request(ctx)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the end of the context", err)
			}
			sim.Faults().Clear()
		})
	})
}

// TestLateEffect covers calls that take effect after their caller gave up, whatever
// becomes of the fault meanwhile.
func TestLateEffect(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		synctest.Test(t, func(t *testing.T) {
			p := poster{t: t, sim: sim, client: newClient(t, sim), to: sim.AddChannel("ops")}
			send := func(timeout time.Duration) error {
				ctx, cancel := context.WithTimeout(t.Context(), timeout)
				defer cancel()
				resp, err := sim.Transport().RoundTrip(p.request(ctx))
				if err == nil {
					readAnswer(t, resp)
				}
				return err
			}
			sim.Faults().Late(1, 30*time.Second, "another method")
			if err := send(time.Second); err != nil {
				t.Fatalf("a call of a method that is not late: %v", err)
			}
			sim.Faults().Late(1, 30*time.Second)
			if err := send(10 * time.Second); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v, want the end of the context", err)
			}
			if err := send(time.Second); err != nil {
				t.Fatalf("the call after the last late one: %v", err)
			}
			p.wantPosts(2)
			time.Sleep(19 * time.Second)
			p.wantPosts(2)
			time.Sleep(2 * time.Second)
			p.wantPosts(3)

			// A caller that still waits does not hear of the effect, but of the end of the fault.
			sim.Faults().Late(mt.Always, 30*time.Second)
			time.AfterFunc(time.Minute, sim.Faults().Clear)
			start := time.Now()
			if err := send(time.Hour); err == nil || time.Since(start) != time.Minute {
				t.Errorf("got %v after %s", err, time.Since(start))
			}
			p.wantPosts(4)
			if err := send(time.Second); err != nil {
				t.Errorf("a call after the end of the fault: %v", err)
			}
		})
	})
}

// TestLateCallersWaitWhenTheFaultIsSetAnew covers callers who wait while further calls are
// made late: one whose connection were lost would take its call for given up long before
// that can take effect.
func TestLateCallersWaitWhenTheFaultIsSetAnew(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		synctest.Test(t, func(t *testing.T) {
			p := poster{t: t, sim: sim, client: newClient(t, sim), to: sim.AddChannel("ops")}
			sim.Faults().Late(1, 30*time.Second)
			for again := range 2 {
				time.AfterFunc(time.Duration(1+again)*time.Second, func() { sim.Faults().Late(1-again, 30*time.Second) })
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			_, err := sim.Transport().RoundTrip(p.request(ctx))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
				t.Errorf("got %v after %s, want the end of the context", err, time.Since(start))
			}
			time.Sleep(time.Minute)
			p.wantPosts(1)
			if late := sim.Posts()[0].Late; len(late) != 1 || late[0] != 0 {
				t.Errorf("the revisions %v are late, want the first", late)
			}
		})
	})
}

// TestRetryAfterOfFailures covers a failure that says when to come back.
func TestRetryAfterOfFailures(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		p := newPoster(t, sim)
		sim.Faults().FailWith(mt.Failure{Status: http.StatusServiceUnavailable, RetryAfter: 90 * time.Second})
		if a := p.mustPost(); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "90" {
			t.Errorf("got %d, Retry-After %q", a.status, a.header.Get("Retry-After"))
		}
	})
}

func TestCrowd(t *testing.T) {
	eachService(t, func(t *testing.T, sim mt.Simulator) {
		p := newPoster(t, sim)
		p.mustPost()
		told := 0
		defer sim.Subscribe(func(mt.Post) { told++ })()
		sim.Crowd(p.to, 3, "hello")
		p.wantPosts(4)
		for _, post := range sim.Posts()[1:] {
			if post.Text != "hello" || post.Channel != p.to || post.Key != "" {
				t.Errorf("got %+v", post)
			}
		}
		if told != 3 {
			t.Errorf("%d messages were announced, want 3", told)
		}
		p.mustPost()
	})
}

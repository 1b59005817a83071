package listen

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// answer is what a call was answered with.
type answer struct {
	status int
	header http.Header
	body   string
}

// send writes a request as it is, on a connection of its own.
func send(t *testing.T, address, request string) answer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	// The server may close while a body that is too large is still on its way.
	go func() { _, _ = io.WriteString(conn, request) }()
	return read(t, conn)
}

func read(t *testing.T, conn net.Conn) answer {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: clicks.example\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

func TestACallIsHandedOn(t *testing.T) {
	seen := &calls{}
	r := run(t, Options{Count: seen.count, Find: func(namespace, name string) (http.HandlerFunc, bool) {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(w, "%q %q %d %d", namespace, name, len(body), r.ContentLength)
		}, true
	}})
	for path, want := range map[string]string{
		"/review/team/slack":        `"team" "slack" 65536 65536`,
		"/review/slack":             `"" "slack" 65536 65536`,
		"/review/team/a.b-c?x=../y": `"team" "a.b-c" 65536 65536`,
	} {
		got := send(t, r.address, post(path, strings.Repeat("x", maxBody)))
		if got.status != http.StatusOK || got.body != want || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %+v, want %s", path, got, want)
		}
	}
	if n := seen.of(HandedOn); n != 3 {
		t.Errorf("%d calls were counted", n)
	}
}

// Nothing tells a notifier that is not there from one that cannot be decided with, and no other
// way to write a path is one.
func TestWhatIsNotThere(t *testing.T) {
	seen := &calls{}
	r := run(t, Options{Count: seen.count, Find: only(map[string]http.HandlerFunc{"slack": fine})})
	want := send(t, r.address, post("/review/team/off", "{}"))
	if want.status != http.StatusNotFound || want.body != "Not Found\n" {
		t.Fatalf("got %+v", want)
	}
	paths := []string{
		"/", "/review", "/review/", "/review//slack", "/review/team/", "/review/team/slack/", "/review/team//slack",
		"//review/team/slack", "/review/team/x/../slack", "/review/../review/team/slack", "/review/./team/slack",
		"/review/team%2Fslack", "/review/team/%73lack", "/review/team/sl%00ack", "/review/Team/slack", "/review/team/slack;x",
		"/review/team/" + strings.Repeat("a", 254), "/metrics", "/healthz", "/review/a..b", "*",
	}
	for _, path := range paths {
		if got := send(t, r.address, post(path, "{}")); got.status != want.status || got.body != want.body {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if n := seen.of(HandedOn); n != 0 {
		t.Errorf("%d calls were handed on", n)
	}
}

func TestOnlyPosts(t *testing.T) {
	r := run(t, Options{Find: only(map[string]http.HandlerFunc{"slack": fine})})
	for _, path := range []string{"/review/team/slack", "/review/team/off", "/nowhere"} {
		for _, method := range []string{"GET", "PUT", "DELETE", "OPTIONS", "CONNECT", "X"} {
			got := send(t, r.address, strings.Replace(post(path, ""), "POST", method, 1))
			if got.status != http.StatusMethodNotAllowed && method != "CONNECT" || got.status == http.StatusNoContent {
				t.Errorf("%s %s: %+v", method, path, got)
			}
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	seen := &calls{}
	r := run(t, Options{Count: seen.count, Find: only(map[string]http.HandlerFunc{"slack": fine})})
	for name, request := range map[string]string{
		"a byte too many": post("/review/team/slack", strings.Repeat("x", maxBody+1)),
		"one that claims to be long": "POST /review/team/slack HTTP/1.1\r\nHost: clicks.example\r\nContent-Length: 99999999999\r\n\r\n" +
			strings.Repeat("x", maxBody+1),
	} {
		if got := send(t, r.address, request); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %+v", name, got)
		}
	}
	endless(t, r.address)
	if seen.of(TooLarge) != 3 || seen.of(HandedOn) != 0 {
		t.Errorf("counted %v", seen.became)
	}
	long := strings.Replace(post("/review/team/slack", ""), "\r\n", "\r\nX-Long: "+strings.Repeat("x", 2*maxHeader)+"\r\n", 1)
	if got := send(t, r.address, long); got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long header: %+v", got)
	}
}

// endless sends a body until the server has had enough.
func endless(t *testing.T, address string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST /review/team/slack HTTP/1.1\r\nHost: clicks.example\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 4096, strings.Repeat("x", 4096))
	for range 100_000 {
		if err != nil {
			return
		}
		_, err = io.WriteString(conn, chunk)
	}
	t.Error("an endless body is read")
}

// Who sends a call byte by byte is cut off, and takes nothing from others meanwhile.
func TestSlowCalls(t *testing.T) {
	for name, part := range map[string]string{
		"nothing":  "",
		"a header": "POST /review/team/slack HTTP/1.1\r\nHost: clicks.exa",
		"a body":   "POST /review/team/slack HTTP/1.1\r\nHost: clicks.example\r\nContent-Length: 60000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener, handed := newPipes(), 0
				s, err := New(Options{Log: logr.Discard(), Find: only(map[string]http.HandlerFunc{"slack": func(http.ResponseWriter, *http.Request) { handed++ }})})
				if err != nil {
					t.Fatal(err)
				}
				r := start(t, s, listener)
				conn := listener.dial()
				began := time.Now()
				var drip sync.WaitGroup
				drip.Go(func() {
					_, _ = io.WriteString(conn, part)
					for {
						time.Sleep(500 * time.Millisecond)
						if _, err := io.WriteString(conn, "x"); err != nil {
							return
						}
					}
				})
				_, _ = io.Copy(io.Discard, conn)
				if took := time.Since(began); took > readTimeout+time.Second || handed != 0 {
					t.Errorf("it took %s to be cut off, and %d calls were handed on", took, handed)
				}
				_ = conn.Close()
				drip.Wait()
				r.stop()
			})
		})
	}
}

// A thousand clicks a second for one notifier cost as many as its limit lets through, and keep
// out none for another.
func TestAThousandClicksASecond(t *testing.T) {
	seen := &calls{}
	r := run(t, Options{Count: seen.count, Find: only(map[string]http.HandlerFunc{"slack": fine, "discord": fine})})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	began := time.Now()
	var clicks sync.WaitGroup
	for range 10 {
		clicks.Go(func() {
			for range 100 {
				got := click(t, client, r.address, "slack")
				if got.status != http.StatusNoContent && (got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1") {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
	clicks.Wait()
	if got := click(t, client, r.address, "discord"); got.status != http.StatusNoContent {
		t.Errorf("another notifier: %+v", got)
	}
	most := burstPerNotifier + int(time.Since(began).Seconds()*perNotifier) + 2
	if n := seen.of(HandedOn); n < burstPerNotifier || n > most {
		t.Errorf("%d clicks were handed on, want at most %d", n, most)
	}
}

func click(t *testing.T, client *http.Client, address, name string) answer {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+Path("team", name), strings.NewReader("{}"))
	if err != nil {
		t.Error(err)
		return answer{}
	}
	response, err := client.Do(request)
	if err != nil {
		t.Error(err)
		return answer{}
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return answer{status: response.StatusCode, header: response.Header}
}

// All notifiers together have a limit, too, and none is remembered for ever.
func TestRates(t *testing.T) {
	r, now := newRates(), time.Now()
	allowed := 0
	for i := range 1000 {
		if r.allow(fmt.Sprint(i), now) {
			allowed++
		}
	}
	if allowed != burstInAll || len(r.each) != 1000 {
		t.Errorf("%d calls were allowed, and %d notifiers remembered", allowed, len(r.each))
	}
	if !r.allow("x", now.Add(forgetAfter)) || len(r.each) != 1 {
		t.Errorf("%d notifiers are remembered", len(r.each))
	}
}

func TestCallsAtATime(t *testing.T) {
	seen, release, inside := &calls{}, make(chan struct{}), make(chan struct{}, 2*maxCalls)
	waiting := func(w http.ResponseWriter, r *http.Request) {
		inside <- struct{}{}
		<-release
		fine(w, r)
	}
	r := run(t, Options{Count: seen.count, Find: only(map[string]http.HandlerFunc{"a": waiting, "b": waiting, "c": fine})})
	var held sync.WaitGroup
	for i := range maxCalls {
		held.Go(func() {
			if got := send(t, r.address, post(Path("team", string("ab"[i%2])), "{}")); got.status != http.StatusNoContent {
				t.Errorf("got %+v", got)
			}
		})
	}
	for range maxCalls {
		<-inside
	}
	if got := send(t, r.address, post(Path("team", "c"), "{}")); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" {
		t.Errorf("one too many: %+v", got)
	}
	close(release)
	held.Wait()
	if got := send(t, r.address, post(Path("team", "c"), "{}")); got.status != http.StatusNoContent || seen.of(Overloaded) != 1 {
		t.Errorf("after them: %+v", got)
	}
}

// A messenger that panics takes no other with it, and its words go nowhere.
func TestPanics(t *testing.T) {
	var logged bytes.Buffer
	var mu sync.Mutex
	log := funcr.New(func(_, args string) {
		mu.Lock()
		defer mu.Unlock()
		logged.WriteString(args)
	}, funcr.Options{})
	seen := &calls{}
	r := run(t, Options{Count: seen.count, Log: log, Find: only(map[string]http.HandlerFunc{
		"bad": func(http.ResponseWriter, *http.Request) { panic("secret") }, "good": fine,
		"gone": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	})})
	got := send(t, r.address, post(Path("team", "bad"), "{}"))
	if got.status != http.StatusInternalServerError || strings.Contains(got.body, "secret") || seen.of(Panicked) != 1 {
		t.Errorf("got %+v", got)
	}
	client := &http.Client{}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.address+Path("team", "gone"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := client.Do(request); err == nil {
		_ = response.Body.Close()
		t.Error("a handler that gives up answers")
	}
	if got := send(t, r.address, post(Path("team", "good"), "{}")); got.status != http.StatusNoContent {
		t.Errorf("after it: %+v", got)
	}
	r.stop()
	if text := logged.String(); !strings.Contains(text, "Receiving a click panicked") || strings.Contains(text, `"secret"`) {
		t.Errorf("logged %s", text)
	}
}

// A call that is under way at the end is answered.
func TestTheEnd(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	r := run(t, Options{Find: only(map[string]http.HandlerFunc{"slack": func(w http.ResponseWriter, r *http.Request) {
		close(inside)
		<-release
		fine(w, r)
	}})})
	var under sync.WaitGroup
	under.Go(func() {
		if got := send(t, r.address, post(Path("team", "slack"), "{}")); got.status != http.StatusNoContent {
			t.Errorf("got %+v", got)
		}
	})
	<-inside
	var stopped sync.WaitGroup
	stopped.Go(r.stop)
	close(release)
	under.Wait()
	stopped.Wait()
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.address); err == nil {
		_ = conn.Close()
		t.Error("the port is still open")
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	r := run(t, Options{Find: only(nil)})
	s, err := New(Options{Address: r.address})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "listening for clicks: ") {
		t.Errorf("Run = %v", err)
	}
}

// So many connections are open at a time, and the next one waits for the end of another.
func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newPipes()
		b := newBounded(inner, 1)
		go func() { _ = inner.dial().Close() }()
		first, err := b.Accept()
		if err != nil {
			t.Fatal(err)
		}
		second := make(chan error, 1)
		go func() {
			_, err := b.Accept()
			second <- err
		}()
		go func() { _ = inner.dial().Close() }()
		synctest.Wait()
		if len(second) > 0 {
			t.Fatal("a second connection was accepted")
		}
		for range 2 {
			_ = first.Close()
		}
		if err := <-second; err != nil {
			t.Fatal(err)
		}
		third := make(chan error, 1)
		go func() {
			_, err := b.Accept()
			third <- err
		}()
		synctest.Wait()
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-third; err == nil {
			t.Error("a closed listener accepts")
		}
	})
}

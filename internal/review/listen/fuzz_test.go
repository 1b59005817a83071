package listen

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
)

// Whatever comes in, only names that a notifier can have are looked for, and nothing of it is
// repeated.
func FuzzCalls(f *testing.F) {
	for _, path := range []string{"/review/team/slack", "/review/slack", "/review/../x", "/review/%2e%2e/x", "//", "http://evil.example/review/a/b", "*"} {
		f.Add(post(path, `{"type":1}`))
	}
	f.Add("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	f.Add("POST /review/a/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
	f.Add("POST /review/a/b HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return
		}
		var became Outcome
		d := &door{rates: newRates(), busy: make(chan struct{}, 1), Options: Options{
			Log:   logr.Discard(),
			Count: func(o Outcome) { became = o },
			Find: func(namespace, notifier string) (http.HandlerFunc, bool) {
				for _, part := range []string{namespace, notifier} {
					if strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || strings.Contains(part, "..") {
						t.Errorf("%q was looked for", part)
					}
				}
				if notifier == "" || request.URL.EscapedPath() != Path(namespace, notifier) {
					t.Errorf("%q leads to %q of %q", request.URL.EscapedPath(), notifier, namespace)
				}
				return fine, notifier != "off"
			},
		}}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, request)
		if body := w.Body.String(); body != "" && body != http.StatusText(w.Code)+"\n" {
			t.Errorf("answered %q", body)
		}
		if handed := w.Code == http.StatusNoContent; handed != (became == HandedOn) || handed && request.Method != http.MethodPost {
			t.Errorf("status %d, %s", w.Code, became)
		}
	})
}

package access

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// stuck is an API server that lets in who is called good, and answers no one else.
type stuck struct {
	asked, most atomic.Int64
}

func (s *stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), `"token":"bad`) {
		s.most.Store(max(s.most.Load(), s.asked.Add(1)))
		defer s.asked.Add(-1)
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	answer := `{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":true,"user":{"username":"good"}}}`
	if strings.HasSuffix(r.URL.Path, "subjectaccessreviews") {
		answer = `{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":true}}`
	}
	return &http.Response{
		StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r,
	}, nil
}

// TestAFloodOfTokens: whoever reaches the port cannot have the API server asked without bound, nor
// keep out an account that is known.
func TestAFloodOfTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stuck{}
		config := &rest.Config{Host: "http://api.simulated", QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
		filter, err := NewFilter(config, &http.Client{Transport: server})
		if err != nil {
			t.Fatal(err)
		}
		handler, err := filter(logr.Discard(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		if err != nil {
			t.Fatal(err)
		}
		scrape := func(token string) int {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
			request.Header.Set("Authorization", "Bearer "+token)
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			return answer.Code
		}
		if got := scrape("good"); got != http.StatusOK {
			t.Fatalf("a scraper is answered with %d", got)
		}
		if got := scrape("good" + strings.Repeat("x", maxToken)); got != http.StatusUnauthorized {
			t.Errorf("a token without end is answered with %d", got)
		}
		var flood sync.WaitGroup
		refused := atomic.Int64{}
		for i := range 10 * maxAsked {
			flood.Go(func() {
				if scrape("bad"+strconv.Itoa(i)) == http.StatusServiceUnavailable {
					refused.Add(1)
				}
			})
		}
		synctest.Wait()
		if got := scrape("good"); got != http.StatusOK {
			t.Errorf("a scraper that is known is answered with %d", got)
		}
		flood.Wait()
		if server.most.Load() != maxAsked || refused.Load() != 9*maxAsked {
			t.Errorf("the API server was asked for %d at a time, and %d were refused", server.most.Load(), refused.Load())
		}
		if got := scrape("good2"); got != http.StatusOK {
			t.Errorf("a scraper is answered with %d after the flood", got)
		}
	})
}

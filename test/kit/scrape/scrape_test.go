package scrape_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/kit/scrape"
)

func TestMetrics(t *testing.T) {
	found, err := scrape.Parse([]byte("# TYPE go_goroutines gauge\ngo_goroutines 77\n" +
		"# TYPE go_memstats_next_gc_bytes gauge\ngo_memstats_next_gc_bytes 3.6e+07\n" +
		"# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds{quantile=\"0\"} 1\ngo_gc_duration_seconds_count 12\n" +
		"# TYPE go_info gauge\ngo_info{version=\"a\"} 1\ngo_info{version=\"b\"} 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"go_goroutines": 77, "go_memstats_next_gc_bytes": 3.6e7} {
		if got, err := found.Gauge(name); got != want || err != nil {
			t.Errorf("Gauge(%s) = %v, %v, want %v", name, got, err, want)
		}
	}
	if got, err := found.Count("go_gc_duration_seconds"); got != 12 || err != nil {
		t.Errorf("Count() = %v, %v, want 12", got, err)
	}
	for _, name := range []string{"go_threads", "go_info"} {
		if _, err := found.Gauge(name); err == nil {
			t.Errorf("there is a value of %s", name)
		}
	}
	if _, err := scrape.Parse([]byte("go_goroutines many\n")); err == nil {
		t.Error("what is no metric was read")
	}
}

func TestReadWantsMetrics(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			t.Errorf("%s was asked for", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte("process_open_fds 9\n"))
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	found, err := scrape.Read(t.Context(), address)
	if err != nil || found["process_open_fds"] == nil {
		t.Errorf("Read() = %v, %v", found, err)
	}
	status = http.StatusForbidden
	if _, err := scrape.Read(t.Context(), address); err == nil {
		t.Error("a refusal was read as metrics")
	}
}

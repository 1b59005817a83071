package page_test

import (
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestOnlyTheOwnPageMayAct(t *testing.T) {
	w := start(t)
	const ours = ""
	tests := map[string]struct {
		host, origin, contentType string
		want                      int
	}{
		"own page":            {ours, w.url, "application/json", http.StatusOK},
		"no origin":           {ours, "", "application/json", http.StatusForbidden},
		"other origin":        {ours, "https://evil.example", "application/json", http.StatusForbidden},
		"other port":          {ours, "http://127.0.0.1:1", "application/json", http.StatusForbidden},
		"null origin":         {ours, "null", "application/json", http.StatusForbidden},
		"a form":              {ours, w.url, "text/plain", http.StatusForbidden},
		"name that points us": {"evil.example", "http://evil.example", "application/json", http.StatusForbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			request := newRequest(t, http.MethodPost, w.url+"/api/requests", `{"user":"dave"}`)
			request.Header.Set("Content-Type", tt.contentType)
			if tt.host != ours {
				request.Host = tt.host
			}
			if tt.origin != "" {
				request.Header.Set("Origin", tt.origin)
			}
			if status, body := do(t, request); status != tt.want {
				t.Errorf("status = %d, want %d: %s", status, tt.want, body)
			}
		})
	}
	if n := len(w.teleport.Requests()); n != 1 {
		t.Errorf("there are %d requests, want the own page's only", n)
	}
}

func TestReadingNeedsALoopbackHost(t *testing.T) {
	w := start(t)
	tests := map[string]int{
		"localhost:8080":     http.StatusOK,
		"localhost":          http.StatusOK,
		"127.0.0.1:1":        http.StatusOK,
		"[::1]:8080":         http.StatusOK,
		"[::1]":              http.StatusOK,
		"evil.example:8080":  http.StatusForbidden,
		"localhost.evil":     http.StatusForbidden,
		"192.0.2.1":          http.StatusForbidden,
		"127.0.0.1.evil:443": http.StatusForbidden,
	}
	for host, want := range tests {
		request := newRequest(t, http.MethodGet, w.url+"/api/state", "")
		request.Host = host
		if status, _ := do(t, request); status != want {
			t.Errorf("Host %s: status = %d, want %d", host, status, want)
		}
	}
}

func TestPageIsSelfContained(t *testing.T) {
	w := start(t)
	response, err := http.Get(w.url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	policy := response.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy %q allows unsafe things", policy)
	}

	shared := []string{
		"/messages.js", "/slack.js", "/discord.js", "/email.js", "/googlechat.js", "/mattermost.js", "/pagerduty.js", "/teams.js", "/webhook.js", "/theme.js",
		"/style.css", "/slack.css", "/discord.css", "/email.css", "/googlechat.css", "/mattermost.css", "/pagerduty.css", "/teams.css", "/webhook.css", "/mark.svg",
	}
	for start, own := range map[string]string{"/": "/main.js", "/side-by-side": "/beside.js"} {
		seen := map[string]bool{}
		fetchAll(t, w.url, start, seen)
		for _, file := range append(shared, own) {
			if !seen[file] {
				t.Errorf("%s does not use %s", start, file)
			}
		}
	}
}

func TestEveryFileIsUsed(t *testing.T) {
	w := start(t)
	seen := map[string]bool{"/side-by-side.html": true, "/index.html": true}
	fetchAll(t, w.url, "/", seen)
	fetchAll(t, w.url, "/side-by-side", seen)
	files, err := os.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !seen["/"+file.Name()] {
			t.Errorf("%s is not used", file.Name())
		}
	}
}

var (
	reference = regexp.MustCompile(`(?:src|href)="([^"]+)"|(?:from|import) "([^"]+)"`)
	// asMarkup are the ways by which text could become markup or code.
	asMarkup = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function`)
	inline   = regexp.MustCompile(`<script>|<style|\sstyle=|\son[a-z]+=|https?://[^w]`)
)

func isPage(file string) bool {
	return path.Ext(file) == ""
}

// fetchAll reads a file and all that it refers to, without other pages.
func fetchAll(t *testing.T, base, file string, seen map[string]bool) {
	t.Helper()
	if seen[file] {
		return
	}
	seen[file] = true
	status, content := do(t, newRequest(t, http.MethodGet, base+file, ""))
	if status != http.StatusOK {
		t.Errorf("%s: status = %d", file, status)
	}
	if found := asMarkup.FindString(content); found != "" {
		t.Errorf("%s uses %s", file, found)
	}
	if found := inline.FindString(content); found != "" && isPage(file) {
		t.Errorf("the page %s holds %q", file, found)
	}
	for _, match := range reference.FindAllStringSubmatch(content, -1) {
		if next := path.Join("/", match[1]+match[2]); !isPage(next) {
			fetchAll(t, base, next, seen)
		}
	}
}

package hostile

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// answer is what an HTTP server does with each request.
type answer struct {
	does  string
	serve http.HandlerFunc
	// byHTTP1 is true where it does something else by HTTP/1.1 than by HTTP/2.
	byHTTP1 bool
}

// of makes an answer of what pretends to be a Proxy.
func of(handle func(*teleporttest.Web, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { handle(&teleporttest.Web{}, w, r) }
}

// metadata is where a cloud keeps credentials of the machine.
const metadata = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"

// answers are those that any caller of HTTP can meet.
func answers() []answer {
	return []answer{
		{does: "garbage", serve: of(teleporttest.Garbage)},
		{does: "endless answer", serve: of(teleporttest.Endless), byHTTP1: true},
		{does: "slow drip", serve: of(teleporttest.Drip), byHTTP1: true},
		{does: "redirect", serve: of(teleporttest.RedirectTo(metadata))},
		{does: "wrong types", serve: body("application/json", wrongTypes)},
		{does: "deep nesting", serve: body("application/json", strings.Repeat("[", 1<<20-1))},
		{does: "gzip bomb", serve: bomb("gzip", zeros()), byHTTP1: true},
		{does: "deflate bomb", serve: bomb("deflate", deflatedZeros())},
		{does: "huge headers", serve: hugeHeaders},
		{does: "endless headers", serve: endlessHeaders, byHTTP1: true},
		{does: "interim answers", serve: interimAnswers, byHTTP1: true},
		{does: "silence", serve: silence},
		{does: "pause for ever", serve: pauseForEver},
	}
}

// wrongTypes has the fields that callers look for, and none with a value that they expect.
const wrongTypes = `{"ok":{},"error":[7],"id":17,"user_id":{"a":1},"bot_id":[],"url":3,"channels":"none","members":5,"ts":{},
"access_token":[1],"expires_in":"never","token_type":{},"server_version":{"a":1},"cluster_name":[],"proxy":"x","status":[],
"username":{},"roles":1,"is_bot":"no","create_at":"now","message":[],"code":"x","retry_after":{}}`

func body(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, text)
	}
}

// unpacked is how much a piece of a bomb is, a thousand times as much as the piece.
const unpacked = 16 << 20

// zeros is a piece of a bomb: any number of them one after the other is one file of gzip.
var zeros = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(make([]byte, unpacked))
	_ = w.Close()
	return packed.Bytes()
})

var deflatedZeros = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(make([]byte, unpacked))
	_ = w.Close()
	return packed.Bytes()
})

// bomb answers pieces of a bomb until the caller has had enough.
func bomb(encoding string, piece []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", encoding)
		for {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}
}

func hugeHeaders(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Huge", strings.Repeat("x", 8<<20))
	_, _ = io.WriteString(w, "{}")
}

// endlessHeaders sends header after header; by HTTP/2, which has a server of net/http send them at
// once, as many as it makes of some.
func endlessHeaders(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor > 1 {
		for i := range 10_000 {
			w.Header().Add("X-Header", strings.Repeat("x", 100+i%7))
		}
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
	for err == nil {
		_, err = io.WriteString(conn, "X-Header: "+strings.Repeat("x", 4<<10)+"\r\n")
	}
}

// interimAnswers sends 103 until the caller goes [RFC 8297: any number of them may come].
func interimAnswers(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Link", strings.Repeat("x", 512))
	for r.Context().Err() == nil {
		w.WriteHeader(http.StatusEarlyHints)
	}
}

func silence(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func pauseForEver(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "99999999999999999999")
	w.WriteHeader(http.StatusTooManyRequests)
}

// Turns answers each request in another way, by turns. It is for a service whose address is not
// the tenant's to say.
func Turns() http.Handler {
	all := answers()
	var turn atomic.Uint64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all[(turn.Add(1)-1)%uint64(len(all))].serve(w, r)
	})
}

// Ways is how many ways Turns has.
func Ways() int { return len(answers()) }

package hostile

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// Auths starts what a tenant may name as the address of a Teleport, and which shows a certificate
// that an identity of home trusts: Auth servers that do harm by gRPC.
func Auths(home *teleporttest.Server) ([]*Peer, error) {
	var started peers
	config, err := home.TLS()
	if err != nil {
		return nil, fmt.Errorf("starting a hostile Auth server: %w", err)
	}
	for _, a := range calls() {
		started.add(startHTTP(a.does, a.serve, config.Clone()))
	}
	config.NextProtos = []string{"h2"}
	for _, a := range floods() {
		a.does += " by gRPC"
		started.add(startAct(a, config.Clone()))
	}
	return started.result()
}

// calls are the answers to calls of gRPC.
func calls() []answer {
	return []answer{
		{does: "gRPC garbage", serve: message(0, 64, "\xff\xfe garbage \x00")},
		{does: "gRPC bomb", serve: grpcBomb},
		{does: "gRPC message of 4 GiB", serve: message(0, 1<<32-1, strings.Repeat("\x00", 64<<10))},
		{does: "gRPC drip", serve: grpcDrip},
		{does: "gRPC without a message", serve: trailers(map[string]string{"Grpc-Status": "0"})},
		{does: "gRPC error of 8 MiB", serve: trailers(map[string]string{"Grpc-Status": "13", "Grpc-Message": strings.Repeat("x", 8<<20)})},
		{does: "gRPC silence", serve: silence},
		{does: "web page in place of gRPC", serve: of(teleporttest.Endless)},
	}
}

func beginGRPC(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
}

// prefix is what precedes a message of gRPC: whether it is packed, and its size.
func prefix(packed byte, size uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{packed}, size)
}

// message answers a message of which pieces are sent for as long as the caller reads.
func message(packed byte, size uint32, piece string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		beginGRPC(w)
		_, err := w.Write(prefix(packed, size))
		for err == nil {
			_, err = io.WriteString(w, piece)
		}
	}
}

// grpcBomb answers messages of 3 MiB that unpack to a thousand times as much.
func grpcBomb(w http.ResponseWriter, _ *http.Request) {
	beginGRPC(w)
	w.Header().Set("Grpc-Encoding", "gzip")
	pieces := (3 << 20) / len(zeros())
	for {
		if _, err := w.Write(prefix(1, uint32(pieces*len(zeros())))); err != nil { //nolint:gosec // It is 3 MiB.
			return
		}
		for range pieces {
			if _, err := w.Write(zeros()); err != nil {
				return
			}
		}
	}
}

func grpcDrip(w http.ResponseWriter, r *http.Request) {
	beginGRPC(w)
	_, _ = w.Write(prefix(0, 1<<20))
	teleporttest.Drip(&teleporttest.Web{}, w, r)
}

// trailers answers without a message.
func trailers(all map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		beginGRPC(w)
		w.WriteHeader(http.StatusOK)
		for name, value := range all {
			w.Header().Set(http.TrailerPrefix+name, value)
		}
	}
}

const (
	// eventEvery and eventSize make a flood of events, of requests that are all new.
	eventEvery = 5 * time.Millisecond
	eventSize  = 100 << 10
)

// FloodEvents has a Teleport tell of large new requests until stop is closed.
func FloodEvents(server *teleporttest.Server, stop <-chan struct{}) {
	every := time.NewTicker(eventEvery)
	defer every.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-every.C:
		}
		expires := time.Now().Add(time.Hour)
		r := &types.AccessRequestV3{
			Kind: types.KindAccessRequest, Version: types.V3,
			Metadata: types.Metadata{Name: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Expires: &expires},
			Spec: types.AccessRequestSpecV3{
				User: "mallory", Roles: []string{"editor"}, State: types.RequestState_PENDING,
				RequestReason: strings.Repeat("x", eventSize), SuggestedReviewers: []string{strings.Repeat("y", eventSize)},
			},
		}
		server.PublishRaw(&proto.Event{Type: proto.Operation_PUT, Resource: &proto.Event_AccessRequest{AccessRequest: r}})
	}
}

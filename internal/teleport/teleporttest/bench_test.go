package teleporttest

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/types"
)

func benchClient(b *testing.B, s *Server) *client.Client {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	clt, err := dial(ctx, s, IdentityOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = clt.Close() })
	return clt
}

func BenchmarkUpdatePluginData(b *testing.B) {
	s, err := Start(Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	clt := benchClient(b, s)
	id, err := s.CreateRequest(RequestSpec{})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if err := clt.UpdatePluginData(b.Context(), update(id, "p", nil, map[string]string{"k": strconv.Itoa(i)})); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListThreeThousandRequests(b *testing.B) {
	s, err := Start(Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	clt := benchClient(b, s)
	for range 3000 {
		if _, err := s.CreateRequest(RequestSpec{Reason: "a reason of usual length"}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		got, err := clt.GetAccessRequests(b.Context(), types.AccessRequestFilter{})
		if err != nil || len(got) != 3000 {
			b.Fatalf("%d requests, error %v", len(got), err)
		}
	}
}

package teleporttest

import (
	"context"
	"path"
	"sync"

	"github.com/gravitational/teleport/api/trail"
	"github.com/gravitational/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// caller is who calls, by the client's certificate.
type caller struct {
	user   string
	roles  []string
	remote string
}

type callerKey struct{}

// callerFrom returns the caller of a call that came through an interceptor.
func callerFrom(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// identify reads the Teleport user and roles from the certificate's subject.
func identify(ctx context.Context) (caller, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return caller{}, trace.AccessDenied("missing authentication")
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.PeerCertificates) == 0 {
		return caller{}, trace.AccessDenied("missing authentication")
	}
	subject := info.State.PeerCertificates[0].Subject
	return caller{user: subject.CommonName, roles: subject.Organization, remote: p.Addr.String()}, nil
}

// admit counts a call, lets the faults have their way and identifies the
// caller.
func (s *Server) admit(ctx context.Context, method string) (context.Context, error) {
	s.calls.add(path.Base(method))
	if err := s.faults.admit(ctx); err != nil {
		return nil, err
	}
	c, err := identify(ctx)
	if err != nil {
		return nil, err
	}
	return context.WithValue(ctx, callerKey{}, c), nil
}

func (s *Server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, err := s.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, trail.ToGRPC(err)
	}
	if s.opts.Hear != nil {
		s.opts.Hear(path.Base(info.FullMethod), req)
	}
	resp, err := handler(ctx, req)
	if err != nil {
		return nil, trail.ToGRPC(err)
	}
	return resp, nil
}

func (s *Server) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, err := s.admit(ss.Context(), info.FullMethod)
	if err != nil {
		return trail.ToGRPC(err)
	}
	return trail.ToGRPC(handler(srv, &identifiedStream{ServerStream: ss, ctx: ctx}))
}

// identifiedStream is a stream whose context names the caller.
type identifiedStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context returns the context with the caller.
func (s *identifiedStream) Context() context.Context {
	return s.ctx
}

// counters count calls by method.
type counters struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counters) add(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[method]++
}

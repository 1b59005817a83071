package teleporttest

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"sync"
	"time"

	"github.com/gravitational/teleport/api/client/proto"
	accesslistv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accesslist/v1"
	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	usersv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/users/v1"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// Server is a running Auth server. Make one with [Start] and end it with
// [Server.Close].
type Server struct {
	opts     Options
	cluster  *cluster
	stranger *cluster
	grpc     *grpc.Server
	conns    *connections
	faults   *faults
	calls    counters
	done     chan struct{}
	running  sync.WaitGroup

	netMu sync.Mutex
	lis   net.Listener
	addr  string

	// mu guards what follows. Stored messages are never changed, only replaced:
	// readers may keep them without the lock.
	mu          sync.Mutex
	permissions map[string]Permissions
	users       map[string]User
	requests    map[string]*types.AccessRequestV3
	pluginData  map[string]*types.PluginDataV3
	rules       map[string]*rulesv1.AccessMonitoringRule
	watchers    map[*watcher]struct{}
	newer       map[string]newer
	lists       listFaults
	nextExpiry  time.Time
	// requestables are the resources of the cluster, and logins those of roles.
	requestables []Requestable
	logins       map[string][]string
	accessLists  []AccessList
}

// Start runs a server until Close. It fails for a malformed version and an
// address that is taken.
func Start(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		opts:        o,
		conns:       newConnections(),
		faults:      newFaults(),
		done:        make(chan struct{}),
		permissions: o.Permissions,
		users:       map[string]User{},
		requests:    map[string]*types.AccessRequestV3{},
		pluginData:  map[string]*types.PluginDataV3{},
		rules:       map[string]*rulesv1.AccessMonitoringRule{},
		watchers:    map[*watcher]struct{}{},
		newer:       map[string]newer{},
		logins:      map[string][]string{},
	}
	for _, user := range o.Users {
		s.users[user.Name] = user
	}
	if s.cluster, err = newCluster(o.ClusterName, o.Now()); err != nil {
		return nil, fmt.Errorf("make cluster: %w", err)
	}
	if s.stranger, err = newCluster("other-"+o.ClusterName, o.Now()); err != nil {
		return nil, fmt.Errorf("make other cluster: %w", err)
	}
	if s.grpc, err = s.newGRPC(); err != nil {
		return nil, err
	}
	if err := s.listen(o.Address); err != nil {
		return nil, err
	}
	s.running.Go(s.expireLoop)
	return s, nil
}

// Addr is the server's address, host:port. It stays the same when the server
// refuses connections for a while.
func (s *Server) Addr() string {
	s.netMu.Lock()
	defer s.netMu.Unlock()
	return s.addr
}

// TLS is how an Auth server of the cluster has its connections secured, for what pretends to be one.
func (s *Server) TLS() (*tls.Config, error) { return s.cluster.serverTLS(s.opts.Now) }

// Close ends the server, every connection and every call, and waits for them.
// It must be called once.
func (s *Server) Close() {
	close(s.done)
	s.grpc.Stop()
	s.running.Wait()
}

func (s *Server) newGRPC() (*grpc.Server, error) {
	config, err := s.cluster.serverTLS(s.opts.Now)
	if err != nil {
		return nil, fmt.Errorf("server certificate: %w", err)
	}
	g := grpc.NewServer(
		grpc.Creds(newServerCredentials(config)),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	)
	proto.RegisterAuthServiceServer(g, &authService{s: s})
	usersv1.RegisterUsersServiceServer(g, usersService{s: s})
	accesslistv1.RegisterAccessListServiceServer(g, accessListService{s: s})
	if s.opts.modern() {
		rulesv1.RegisterAccessMonitoringRulesServiceServer(g, rulesService{s: s})
	}
	return g, nil
}

// listen starts to accept connections at address.
func (s *Server) listen(address string) error {
	lis, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.netMu.Lock()
	s.lis, s.addr = lis, lis.Addr().String()
	s.netMu.Unlock()
	s.running.Go(func() {
		// Serve ends with an error whenever its listener is closed.
		_ = s.grpc.Serve(&listener{Listener: lis, conns: s.conns})
	})
	return nil
}

// authService implements the methods of Teleport's AuthService that an access
// plugin uses. Every other method is Unimplemented.
type authService struct {
	proto.UnimplementedAuthServiceServer
	s *Server
}

// Calls returns how often each gRPC method was called, by its short name, such
// as "UpdatePluginData". Refused calls count too.
func (s *Server) Calls() map[string]int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return maps.Clone(s.calls.n)
}

// Connections returns the number of connections that are open now and whose
// client has shown a valid certificate.
func (s *Server) Connections() int {
	return s.conns.established()
}

// Streams returns the number of watches that are open now.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watchers)
}

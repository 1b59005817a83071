package replay

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/identityfile"
)

// Site is a server, with identity files to play on it with.
type Site struct {
	Address       string
	Plugin, Admin []byte
	// Short is how long a request may stay pending that is meant to expire.
	Short time.Duration
}

// Connect returns a player on a server.
func Connect(ctx context.Context, s Site) (*Player, error) {
	_, roles, err := WhoIs(s.Plugin)
	if err != nil {
		return nil, fmt.Errorf("the plugin's identity: %w", err)
	}
	p := &Player{short: s.Short, made: map[string]bool{}}
	p.pluginRole = roles[0]
	if p.adminName, _, err = WhoIs(s.Admin); err != nil {
		return nil, fmt.Errorf("the admin's identity: %w", err)
	}
	if p.plugin, err = dial(ctx, s.Address, s.Plugin); err != nil {
		return nil, fmt.Errorf("connecting as the plugin: %w", err)
	}
	if p.admin, err = dial(ctx, s.Address, s.Admin); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting as the admin: %w", err), p.plugin.Close())
	}
	return p, nil
}

func dial(ctx context.Context, address string, identity []byte) (*client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return client.New(ctx, client.Config{
		Addrs:       []string{address},
		Credentials: []client.Credentials{client.LoadIdentityFileFromString(string(identity))},
	})
}

// WhoIs returns the user of an identity file, and the user's roles.
func WhoIs(identity []byte) (user string, roles []string, err error) {
	file, err := identityfile.FromString(string(identity))
	if err != nil {
		return "", nil, err
	}
	block, _ := pem.Decode(file.Certs.TLS)
	if block == nil {
		return "", nil, errors.New("it has no certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", nil, err
	}
	if roles = certificate.Subject.Organization; len(roles) == 0 {
		return "", nil, errors.New("its user has no roles")
	}
	return certificate.Subject.CommonName, roles, nil
}

// Cluster is what a server says of itself.
type Cluster struct {
	Name, Version, ProxyPublicAddr string
	// Reviews is whether it is an edition that has reviews.
	Reviews bool
}

// Cluster asks the server what it is.
func (p *Player) Cluster(ctx context.Context) (Cluster, error) {
	pong, err := p.plugin.Ping(ctx)
	if err != nil {
		return Cluster{}, err
	}
	return Cluster{
		Name: pong.ClusterName, Version: pong.ServerVersion, ProxyPublicAddr: pong.ProxyPublicAddr,
		Reviews: pong.ServerFeatures.GetAdvancedAccessWorkflows(),
	}, nil
}

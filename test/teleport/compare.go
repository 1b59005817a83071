package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/replay"
)

// compare plays steps on a real server and on a simulator of its kind, and returns how
// many they answer differently.
func compare(ctx context.Context, site replay.Site, steps []replay.Step, out io.Writer) (different int, err error) {
	genuine, err := replay.Connect(ctx, site)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, genuine.Close()) }()
	cluster, err := genuine.Cluster(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking the server what it is: %w", err)
	}
	simulator, double, err := simulate(site, cluster)
	if err != nil {
		return 0, fmt.Errorf("starting the simulator: %w", err)
	}
	defer simulator.Close()
	simulated, err := replay.Connect(ctx, double)
	if err != nil {
		return 0, fmt.Errorf("the simulator: %w", err)
	}
	defer func() { err = errors.Join(err, simulated.Close()) }()
	for _, step := range steps {
		want, err := genuine.Play(ctx, step)
		if err != nil {
			return different, err
		}
		got, err := simulated.Play(ctx, step)
		if err != nil {
			return different, fmt.Errorf("the simulator: %w", err)
		}
		if diff := want.Diff(got); diff != "" {
			different++
			_, _ = fmt.Fprintln(out, "differs", diff)
			continue
		}
		_, _ = fmt.Fprintln(out, "same", step.Step)
	}
	_, _ = fmt.Fprintf(out, "teleport version=%s reviews=%t steps=%d different=%d\n", cluster.Version, cluster.Reviews, len(steps), different)
	return different, nil
}

// simulate starts a simulator that says the same of itself as a real server, for the
// same users.
func simulate(site replay.Site, cluster replay.Cluster) (*teleporttest.Server, replay.Site, error) {
	plugin, pluginRoles, err := replay.WhoIs(site.Plugin)
	if err != nil {
		return nil, site, err
	}
	admin, adminRoles, err := replay.WhoIs(site.Admin)
	if err != nil {
		return nil, site, err
	}
	permissions := map[string]teleporttest.Permissions{}
	for _, role := range adminRoles {
		permissions[role] = teleporttest.AdminPermissions()
	}
	for _, role := range pluginRoles {
		permissions[role] = teleporttest.PluginPermissions()
	}
	s, err := teleporttest.Start(teleporttest.Options{
		ClusterName: cluster.Name, Version: cluster.Version, ProxyPublicAddr: cluster.ProxyPublicAddr,
		OpenSource: !cluster.Reviews, AdvancedAccessWorkflows: cluster.Reviews, Permissions: permissions,
	})
	if err != nil {
		return nil, site, err
	}
	double := replay.Site{Address: s.Addr(), Short: site.Short}
	asPlugin, err := s.Identity(teleporttest.IdentityOptions{User: plugin, Roles: pluginRoles})
	if err != nil {
		s.Close()
		return nil, site, err
	}
	asAdmin, err := s.Identity(teleporttest.IdentityOptions{User: admin, Roles: adminRoles})
	if err != nil {
		s.Close()
		return nil, site, err
	}
	double.Plugin, double.Admin = asPlugin.File, asAdmin.File
	return s, double, nil
}

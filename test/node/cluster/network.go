package cluster

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Link is the network of a pod: a pair of interfaces, of which one is the pod's eth0 and the
// other a port of the node's bridge.
type Link struct {
	// process is one of the pod's, and port the name of the node's interface.
	process, port string
}

// Link finds the network of the pod that a process belongs to.
func (c *Cluster) Link(ctx context.Context, process int) (Link, error) {
	l := Link{process: strconv.Itoa(process)}
	inside, err := output(ctx, "nsenter", "--target="+l.process, "--net", "ip", "-oneline", "link", "show", "eth0")
	if err != nil {
		return Link{}, err
	}
	ports, err := output(ctx, "ip", "-oneline", "link")
	if err != nil {
		return Link{}, err
	}
	l.port, err = portOf(inside, ports)
	return l, err
}

var (
	// peer is the index of the other interface, in a line such as "2: eth0@if7: <...".
	peer = regexp.MustCompile(`^\d+: eth0@if(\d+):`)
	// port is the index and the name of an interface.
	port = regexp.MustCompile(`(?m)^(\d+): ([^:@]+)[@:]`)
)

// portOf finds the name of the interface that is the peer of a pod's.
func portOf(inside, ports string) (string, error) {
	index := peer.FindStringSubmatch(inside)
	if index == nil {
		return "", fmt.Errorf("the pod's interface has no peer: %s", inside)
	}
	for _, match := range port.FindAllStringSubmatch(ports, -1) {
		if match[1] == index[1] {
			return match[2], nil
		}
	}
	return "", fmt.Errorf("the node has no interface with the index %s", index[1])
}

// Cut cuts the pod off from everything, as a cable that is pulled, or joins it again.
func (l Link) Cut(ctx context.Context, cut bool) error {
	state := "up"
	if cut {
		state = "down"
	}
	return run(ctx, "ip", "link", "set", l.port, state)
}

// The ways to make a network bad. Some kernels lack netem, which delays and loses packets; then
// a narrow link has the same effect: what is more than its rate waits, and what would wait too
// long is lost.
var (
	netem = []string{"netem", "delay", "250ms", "100ms", "loss", "5%"}
	tbf   = []string{"tbf", "rate", "256kbit", "burst", "8kb", "latency", "600ms"}
)

// Spoil makes the network of the pod slow and lossy in both directions, and says how.
func (l Link) Spoil(ctx context.Context) (how string, err error) {
	var failed error
	for _, discipline := range [][]string{netem, tbf} {
		arguments := append([]string{"tc", "qdisc", "replace", "dev"}, l.port, "root")
		if err := run(ctx, arguments[0], append(arguments[1:], discipline...)...); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		inside := append([]string{"--target=" + l.process, "--net", "tc", "qdisc", "replace", "dev", "eth0", "root"}, discipline...)
		return strings.Join(discipline, " "), run(ctx, "nsenter", inside...)
	}
	return "", failed
}

// Mend ends Spoil.
func (l Link) Mend(ctx context.Context) error {
	return errors.Join(
		run(ctx, "tc", "qdisc", "delete", "dev", l.port, "root"),
		run(ctx, "nsenter", "--target="+l.process, "--net", "tc", "qdisc", "delete", "dev", "eth0", "root"))
}

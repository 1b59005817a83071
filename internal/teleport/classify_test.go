package teleport

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gravitational/trace"
	"golang.org/x/crypto/ssh"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const recording = "teleporttest/testdata/connections-permissions-limits.jsonl"

// recordedErrors returns what a real server and the real client were seen to
// answer, by step. What a user was refused is a step without the user's name.
func recordedErrors(t *testing.T) map[string]error {
	t.Helper()
	file, err := os.Open(recording)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	found := map[string]error{}
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line struct{ Step, Err, ErrKind string }
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Err == "" {
			continue
		}
		step := line.Step
		if _, what, ofUser := strings.Cut(step, ": "); ofUser {
			step = "refused: " + what
		}
		found[step] = ofKind(line.ErrKind, line.Err)
	}
	return found
}

func ofKind(kind, message string) error {
	switch kind {
	case "AccessDenied":
		return trace.Wrap(&trace.AccessDeniedError{Message: message})
	case "ConnectionProblem":
		return trace.Wrap(&trace.ConnectionProblemError{Message: message})
	case "BadParameter":
		return trace.Wrap(&trace.BadParameterError{Message: message})
	default:
		return errors.New(message)
	}
}

func TestClassifyRecorded(t *testing.T) {
	recorded := recordedErrors(t)
	tests := map[string]struct {
		reason string
		says   string
	}{
		"connect with identity of another cluster":        {IdentityOtherCluster, "another cluster"},
		"connect to a plain web server":                   {NotTeleport, "not Teleport"},
		"connect to a port that accepts and says nothing": {Timeout, "firewalls"},
		"connect to a closed port":                        {ConnectionRefused, "check the port"},
		"refused: watch ended":                            {PermissionDenied, "may not read access_request: let a role of that user allow list and read"},
		"refused: get plugin data":                        {PermissionDenied, "may not list access_plugin_data"},
		"refused: update plugin data":                     {PermissionDenied, "allow read and update on access_plugin_data"},
		"watch ended":                                     {Unavailable, "tried again"},
		"ping with the same client":                       {ConnectionRefused, "refused"},
	}
	for step, tt := range tests {
		t.Run(step, func(t *testing.T) {
			err, ok := recorded[step]
			if !ok {
				t.Fatal("no such step")
			}
			assertClass(t, err, tt.reason, tt.says)
		})
	}
}

func TestClassify(t *testing.T) {
	way := func(name, cause string) error {
		return fmt.Errorf("failed to connect to addr proxy.example.com:443 %s\n\tcontext deadline exceeded: connection error: desc = %q", name, cause)
	}
	tests := map[string]struct {
		err    error
		reason string
		says   string
	}{
		"unknown host": {
			trace.NewAggregate(way("as an auth server", "dial tcp: lookup nowhere.invalid: no such host")), HostNotFound, "DNS",
		},
		"expired at a Proxy": {
			trace.NewAggregate(
				way("as an auth server", "x509: certificate signed by unknown authority"),
				way("with TLS Routing dialer", "ssh: handshake failed: ssh: cert has expired"),
			), ServerExpired, "renew it",
		},
		"not valid by the clock of an Auth": {
			trace.NewAggregate(way("as an auth server", "error reading server preface: remote error: tls: expired certificate")),
			ClockSkew, "set both clocks right (the identity is valid from",
		},
		"an Auth not valid yet": {
			trace.NewAggregate(way("as an auth server", "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: "+
				"current time 2026-01-02T03:04:05Z is before 2026-02-03T04:05:06Z")),
			ClockSkew, "clocks",
		},
		"a Proxy that has expired": {
			trace.NewAggregate(
				way("as an auth server", "x509: certificate signed by unknown authority"),
				way("as a web proxy", "Get \"https://proxy.example.com/webapi/find\": tls: failed to verify certificate: x509: certificate has expired "+
					"or is not yet valid: current time 2026-01-02T03:04:05Z is after 2025-02-03T04:05:06Z"),
			), ServerExpired, "The certificate of Teleport at teleport.example.com:443 has expired",
		},
		"a Proxy that is slow": {
			trace.NewAggregate(
				way("as an auth server", "x509: certificate signed by unknown authority"),
				way("as a web proxy", "i/o timeout"),
			), Timeout, "in time",
		},
		"a Proxy with a private CA": {
			trace.NewAggregate(
				way("as an auth server", "x509: certificate signed by unknown authority"),
				way("as a web proxy", "Get \"https://proxy.example.com/webapi/find\": x509: certificate signed by unknown authority"),
				context.DeadlineExceeded,
			), IdentityOtherCluster, "private CA, which must be given",
		},
		"an Auth of another cluster": {
			trace.NewAggregate(
				way("as an auth server", "x509: certificate signed by unknown authority"),
				way("as a web proxy", "Get \"https://10.0.0.1/webapi/find\": x509: cannot validate certificate for 10.0.0.1"),
				context.DeadlineExceeded,
			), IdentityOtherCluster, "another cluster",
		},
		"a web site": {
			trace.NewAggregate(
				way("as an auth server", "x509: certificate signed by unknown authority"),
				way("as a web proxy", "invalid character '<' looking for beginning of value"),
			), NotTeleport, "Auth or Proxy",
		},
		"a Proxy of another cluster": {
			trace.NewAggregate(
				way("as an auth server", "x509: certificate signed by unknown authority"),
				way("with TLS Routing dialer", "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]"),
			), IdentityOtherCluster, "private CA",
		},
		"stream that cannot be opened": {
			trace.Wrap(status.Error(codes.Unavailable, `connection error: desc = "dial tcp 127.0.0.1:1: connect: connection refused"`)),
			ConnectionRefused, "refused",
		},
		"denied by status":  {status.Error(codes.PermissionDenied, "locked"), PermissionDenied, "roles and locks"},
		"late by status":    {status.Error(codes.DeadlineExceeded, "late"), Timeout, "in time"},
		"late by context":   {trace.Wrap(context.DeadlineExceeded), Timeout, "in time"},
		"cancelled":         {context.Canceled, Unavailable, "tried again"},
		"anything else":     {trace.Wrap(io.ErrUnexpectedEOF), Internal, "see its log"},
		"known":             {fmt.Errorf("wrapped: %w", NewError(ServerTooOld, "It is too old.")), ServerTooOld, "too old"},
		"user text is left": {trace.BadParameter("reason: give me\nroot"), Internal, "InvalidArgument"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assertClass(t, tt.err, tt.reason, tt.says)
		})
	}
	if classify(nil, remote{}) != nil {
		t.Error("an error for nil")
	}
}

func assertClass(t *testing.T, err error, reason string, says string) {
	t.Helper()
	got := classify(err, remote{address: "teleport.example.com:443", id: &Identity{User: "bot", ssh: &ssh.ClientConfig{}}})
	if got.Detail != reason || !strings.Contains(got.Message, says) {
		t.Errorf("got %s: %s\nwant %s: ... %s ...\nfor %v", got.Detail, got.Message, reason, says, err)
	}
	assertSentence(t, got.Message)
	if strings.Contains(got.Message, "root") {
		t.Errorf("repeats what a requester typed: %s", got.Message)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

// auditPolicy makes the API server log what operators ask of it.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users: [` + controlplane.OperatorUser + `]
- level: None
`

// apiRequests counts requests to the API server by what they were.
type apiRequests map[string]int

// String gives the counts in the order of their names.
func (r apiRequests) String() string {
	if len(r) == 0 {
		return "none"
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		all = append(all, fmt.Sprintf("%d %s", r[name], name))
	}
	return strings.Join(all, ", ")
}

// split returns how many requests were about leases, and how many were not.
func (r apiRequests) split() (leases, others int) {
	for name, n := range r {
		if strings.HasSuffix(name, " leases") {
			leases += n
		} else {
			others += n
		}
	}
	return leases, others
}

// auditedSince counts the operator's requests since the log was that long.
func (p *platform) auditedSince(from int64) (apiRequests, error) {
	to, err := p.auditSize()
	if err != nil {
		return nil, err
	}
	return p.audited(from, to)
}

// auditSize is how long the log is now.
func (p *platform) auditSize() (int64, error) {
	info, err := os.Stat(p.auditLog)
	if err != nil {
		return 0, fmt.Errorf("looking at the audit log: %w", err)
	}
	return info.Size(), nil
}

// audited counts the requests in the log from one size to another. A
// watch counts when it begins as well as when it ends.
func (p *platform) audited(from, to int64) (apiRequests, error) {
	file, err := os.Open(p.auditLog)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	defer func() { _ = file.Close() }()
	requests := apiRequests{}
	entries := json.NewDecoder(io.NewSectionReader(file, from, to-from))
	for {
		var entry struct {
			Verb      string
			ObjectRef struct{ Resource, Subresource string }
		}
		err := entries.Decode(&entry)
		if errors.Is(err, io.EOF) {
			return requests, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		resource := entry.ObjectRef.Resource
		if entry.ObjectRef.Subresource != "" {
			resource += "/" + entry.ObjectRef.Subresource
		}
		requests[entry.Verb+" "+resource]++
	}
}

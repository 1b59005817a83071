package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// allowed are the licences that what we link may have. All of them ask for their text to go
// along, and nothing of whoever uses the program. A licence that is not here, copyleft or
// only unknown to us, is refused: read it before adding it.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// teleportAPI is the one module of Teleport's repository that is not under the AGPL.
const teleportAPI = "github.com/gravitational/teleport/api"

// mislabelled are files with the header of another licence than that of their module, by
// mistake, as their author says. docs/decisions/licences.md has the sources.
var mislabelled = map[string][]string{
	teleportAPI: {
		"client/dynamicwindows/dynamicwindows.go",
		"gen/proto/go/teleport/dynamicwindows/v1/dynamicwindows_service.pb.go",
		"gen/proto/go/teleport/dynamicwindows/v1/dynamicwindows_service_grpc.pb.go",
		"gen/proto/go/teleport/notifications/v1/notifications.pb.go",
		"gen/proto/go/teleport/notifications/v1/notifications_service.pb.go",
		"gen/proto/go/teleport/notifications/v1/notifications_service_grpc.pb.go",
	},
}

// check says all that is wrong with the licence of a module.
func (m *module) check() error {
	var wrong []error
	for license := range strings.SplitSeq(m.License, " AND ") {
		if !slices.Contains(allowed, license) {
			wrong = append(wrong, fmt.Errorf("%s is under %s, which is not among those that we link", m.Path, license))
		}
	}
	if strings.HasPrefix(m.Path+"/", "github.com/gravitational/teleport/") && m.Path != teleportAPI {
		wrong = append(wrong, fmt.Errorf("%s is part of Teleport, of which only %s is under Apache-2.0", m.Path, teleportAPI))
	}
	marked, err := m.copyleftHeaders()
	if err != nil {
		return err
	}
	for _, name := range marked {
		if !slices.Contains(mislabelled[m.Path], name) {
			wrong = append(wrong, fmt.Errorf("%s of %s begins with a copyleft licence", name, m.Path))
		}
	}
	return errors.Join(wrong...)
}

// copyleft is what a file under such a licence says.
var copyleft = regexp.MustCompile(`GNU\s+(?:\w+\s+)?General\s+Public|Mozilla\s+Public|Eclipse\s+Public|European\s+Union\s+Public|` +
	`SPDX-License-Identifier:[^\n]*(?:GPL|MPL|EPL|EUPL|CDDL|SSPL|BUSL)`)

// headerSize is how far into a file its header may reach, in bytes.
const headerSize = 4096

// copyleftHeaders returns the linked files that begin with such a licence, from the module's
// root: a file may be under another licence than its module.
func (m *module) copyleftHeaders() (names []string, err error) {
	for _, path := range slices.Sorted(maps.Keys(m.sources)) {
		header, err := readHeader(path)
		if err != nil {
			return nil, err
		}
		if !copyleft.Match(header) {
			continue
		}
		name, err := filepath.Rel(m.directory, path)
		if err != nil {
			return nil, err
		}
		names = append(names, filepath.ToSlash(name))
	}
	return names, nil
}

func readHeader(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, headerSize))
}

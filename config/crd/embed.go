// Package crd holds the CustomResourceDefinition, for commands that need it without a
// cluster.
package crd

import _ "embed"

// AccessNotifiers is the definition of AccessNotifiers, as YAML.
//
//go:embed bases/accessnotifier.dev_accessnotifiers.yaml
var AccessNotifiers []byte

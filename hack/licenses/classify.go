package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// classify says which licences the texts of modules are.
type classify struct {
	known *classifier.Classifier
	// seen are the answers, by text: many modules share one.
	seen map[string][]string
}

func newClassify() (*classify, error) {
	known, err := assets.DefaultClassifier()
	if err != nil {
		return nil, fmt.Errorf("loading the licences: %w", err)
	}
	return &classify{known: known, seen: map[string][]string{}}, nil
}

// expression returns the licences of a module in SPDX's syntax. All of them hold: a
// choice between two counts as both, so that neither escapes the policy.
func (c *classify) expression(m *module) (string, error) {
	var found []string
	for _, t := range m.texts {
		if !t.isLicense() {
			continue
		}
		names := c.names(t.content)
		if len(names) == 0 {
			return "", fmt.Errorf("%s of %s is no known licence", t.name, m.Path)
		}
		found = append(found, names...)
	}
	if len(found) == 0 {
		return "", errors.New(m.Path + " has no licence")
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " AND "), nil
}

// names returns the ids of the licences in a text.
func (c *classify) names(content []byte) []string {
	if names, ok := c.seen[string(content)]; ok {
		return names
	}
	var names []string
	for _, match := range c.known.Match(content).Matches {
		if match.MatchType != "Copyright" {
			names = append(names, match.Name)
		}
	}
	c.seen[string(content)] = names
	return names
}

package helm

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestMigratedValuesAreThoseOfTheChart renders what access-notifier migrate makes of several
// plugins.
func TestMigratedValuesAreThoseOfTheChart(t *testing.T) {
	var names []string
	for _, object := range objects(t, render(t, readFile(t, filepath.Join(root, "internal", "migrate", "testdata", "several.values")), "--set=tbot.image.tag=17.2.1")) {
		if object.GetKind() == "AccessNotifier" {
			names = append(names, object.GetName())
		}
	}
	slices.Sort(names)
	if want := []string{"mattermost", "mattermost-2", "slack", "slack-2"}; !slices.Equal(names, want) {
		t.Errorf("the chart makes AccessNotifiers %v, want %v", names, want)
	}
}

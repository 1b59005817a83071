package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/types"
)

func (p *Player) playPluginData(ctx context.Context, s Step, name string) (Step, error) {
	filters := map[string]types.PluginDataFilter{
		"get, none yet":     {Resource: p.first, Plugin: recordedPlugin},
		"get one":           {Resource: p.first, Plugin: recordedPlugin},
		"get all of plugin": {Plugin: recordedPlugin},
		"get all":           {},
		"after delete":      {Resource: p.second, Plugin: recordedPlugin},
	}
	if filter, ok := filters[name]; ok {
		filter.Kind = types.KindAccessRequest
		got, err := p.plugin.GetPluginData(ctx, filter)
		return answer(s.Step, p.pluginData(got), err)
	}
	update, ok := p.update(name)
	if !ok {
		return Step{}, fmt.Errorf("the recording has a step %q that the replay does not know", s.Step)
	}
	return answer(s.Step, nil, p.plugin.UpdatePluginData(ctx, update))
}

// update returns what a step writes.
func (p *Player) update(step string) (types.PluginDataUpdateParams, bool) {
	record := func(v string) map[string]string { return map[string]string{"record": v} }
	long := func(n int) map[string]string { return record(strings.Repeat("x", n)) }
	params, ok := map[string]types.PluginDataUpdateParams{
		"set, expect absent":       {Resource: p.first, Expect: record(""), Set: record("v1")},
		"set, expect absent again": {Resource: p.first, Expect: record(""), Set: record("v1")},
		"set, expect v1":           {Resource: p.first, Expect: record("v1"), Set: map[string]string{"record": "v2", "other": "x"}},
		"set, no expectation":      {Resource: p.first, Set: record("v3")},
		"delete key":               {Resource: p.first, Set: map[string]string{"other": ""}},
		"100 KB":                   {Resource: p.first, Set: long(100_000)},
		"1 MB":                     {Resource: p.first, Set: long(1_000_000)},
		"3.5 MB":                   {Resource: p.first, Set: long(3_500_000)},
		"5 MB":                     {Resource: p.first, Set: long(5_000_000)},
		"small again":              {Resource: p.first, Set: record("v1")},
		"of unknown request":       {Resource: "ae7d8c4a-6fc1-4e26-b963-035e16de9acb", Set: record("v1")},
		"for r2":                   {Resource: p.second, Set: record("v1")},
		"update after delete":      {Resource: p.second, Set: record("v2")},
	}[step]
	params.Kind, params.Plugin = types.KindAccessRequest, recordedPlugin
	return params, ok
}

// pluginData tells which records there are of this player's requests, and how long they
// live.
func (p *Player) pluginData(got []types.PluginData) any {
	records := make([]map[string]any, 0, len(got))
	for _, data := range got {
		if !p.made[data.GetName()] {
			continue
		}
		records = append(records, map[string]any{
			"expires_in_s": time.Until(data.Expiry()).Seconds(),
			"name":         data.GetName(),
			"plugins":      slices.Sorted(maps.Keys(data.Entries())),
			"subkind":      data.GetSubKind(),
		})
	}
	return records
}

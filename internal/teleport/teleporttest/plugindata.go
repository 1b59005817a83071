package teleporttest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	// maxPluginData is what all plugins' data of one request stay below, in
	// bytes as stored; recorded (step "plugin data 1 MB").
	maxPluginData = 1_000_000
	// pluginDataFrame is about what the stored form adds to the message's size:
	// of a value of its own 999,560 bytes were accepted at most.
	pluginDataFrame = 250
	// pluginDataGrace is how long plugin data outlives the request's access.
	pluginDataGrace = time.Hour
)

// GetPluginData returns every record that matches the filter, whole: a filter
// by plugin selects the records that hold data of that plugin.
func (a *authService) GetPluginData(ctx context.Context, filter *types.PluginDataFilter) (*proto.PluginDataSeq, error) {
	if err := a.s.authorizeDataRead(callerFrom(ctx)); err != nil {
		return nil, err
	}
	if err := checkDataKind(filter.Kind); err != nil {
		return nil, err
	}
	return &proto.PluginDataSeq{PluginData: a.s.findPluginData(*filter)}, nil
}

// UpdatePluginData changes one plugin's data of one request if it is as the
// caller expects.
func (a *authService) UpdatePluginData(ctx context.Context, params *types.PluginDataUpdateParams) (*emptypb.Empty, error) {
	if err := a.s.authorize(callerFrom(ctx), types.VerbUpdate, types.KindAccessPluginData); err != nil {
		return nil, err
	}
	if err := checkDataKind(params.Kind); err != nil {
		return nil, err
	}
	if err := a.s.faults.fail(&a.s.faults.updates); err != nil {
		return nil, err
	}
	if err := a.s.updatePluginData(*params); err != nil {
		return nil, err
	}
	if a.s.faults.loseAnswer(&a.s.faults.updates) {
		return nil, ErrUnavailable
	}
	return &emptypb.Empty{}, nil
}

// authorizeDataRead lets every user read that has any right to plugin data: as
// measured, the right to update is enough.
func (s *Server) authorizeDataRead(c caller) error {
	for _, verb := range []string{types.VerbUpdate, types.VerbRead} {
		if s.can(c, verb, types.KindAccessPluginData) {
			return nil
		}
	}
	return s.authorize(c, types.VerbList, types.KindAccessPluginData)
}

// checkDataKind refuses what has no plugin data: the API module's documentation
// of PluginDataFilter names access requests only.
func checkDataKind(kind string) error {
	if kind != types.KindAccessRequest {
		return trace.BadParameter("unsupported resource kind %q", kind)
	}
	return nil
}

func (s *Server) findPluginData(filter types.PluginDataFilter) []*types.PluginDataV3 {
	s.mu.Lock()
	defer s.mu.Unlock()
	candidates := s.pluginData
	if filter.Resource != "" {
		candidates = map[string]*types.PluginDataV3{}
		if data, ok := s.pluginData[filter.Resource]; ok {
			candidates[filter.Resource] = data
		}
	}
	var out []*types.PluginDataV3
	for _, data := range candidates {
		if _, has := data.Spec.Entries[filter.Plugin]; (has || filter.Plugin == "") && !s.expired(data.Metadata) {
			out = append(out, data)
		}
	}
	slices.SortFunc(out, func(x, y *types.PluginDataV3) int { return strings.Compare(x.Metadata.Name, y.Metadata.Name) })
	return out
}

// updatePluginData applies an update to a copy and stores that. An update of a
// request that is gone works for as long as data of it is left.
func (s *Server) updatePluginData(params types.PluginDataUpdateParams) error {
	if params.Plugin == "" {
		return trace.BadParameter("missing plugin name")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := s.pluginDataOf(params.Resource)
	if err != nil {
		return err
	}
	changed := copyPluginData(data, params.Plugin)
	if err := changed.Update(params); err != nil {
		return err
	}
	if changed.Size()+pluginDataFrame >= maxPluginData {
		return trace.BadParameter("plugin data size limit exceeded")
	}
	s.putPluginData(changed)
	return nil
}

// pluginDataOf returns the stored data of a request, or empty data of one that
// has none yet. The caller holds s.mu.
func (s *Server) pluginDataOf(id string) (*types.PluginDataV3, error) {
	if data, ok := s.pluginData[id]; ok && !s.expired(data.Metadata) {
		return data, nil
	}
	req, err := s.request(id)
	if err != nil {
		return nil, err
	}
	return newPluginData(id, req.Spec.Expires)
}

// newPluginData returns empty data of a request whose access ends at expires.
func newPluginData(id string, expires time.Time) (*types.PluginDataV3, error) {
	data := &types.PluginDataV3{SubKind: types.KindAccessRequest, Metadata: types.Metadata{Name: id}}
	data.SetExpiry(expires.Add(pluginDataGrace))
	return data, data.CheckAndSetDefaults()
}

// putPluginData stores data, which it takes over. The caller holds s.mu.
func (s *Server) putPluginData(data *types.PluginDataV3) {
	data.Metadata.Revision = uuid.NewString()
	s.pluginData[data.Metadata.Name] = data
	s.expireBy(*data.Metadata.Expires)
}

// copyPluginData copies a record so far that the data of plugin can be changed.
func copyPluginData(data *types.PluginDataV3, plugin string) *types.PluginDataV3 {
	out := &types.PluginDataV3{
		Kind:     data.Kind,
		SubKind:  data.SubKind,
		Version:  data.Version,
		Metadata: data.Metadata,
		Spec:     types.PluginDataSpecV3{Entries: maps.Clone(data.Spec.Entries)},
	}
	if entry := out.Spec.Entries[plugin]; entry != nil {
		out.Spec.Entries[plugin] = &types.PluginDataEntry{Data: maps.Clone(entry.Data)}
	}
	return out
}

package teleport

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// TestPluginDataIsReadItemByItem covers answers that come in pieces of any size, with fields
// that this version does not know.
func TestPluginDataIsReadItemByItem(t *testing.T) {
	var want []string
	answer := &proto.PluginDataSeq{}
	for i := range 3 {
		id := fmt.Sprint("r", i)
		want = append(want, id)
		answer.PluginData = append(answer.PluginData, &types.PluginDataV3{Metadata: types.Metadata{Name: id}})
	}
	wire, err := answer.Marshal()
	must(t, err)
	wire = protowire.AppendVarint(protowire.AppendTag(wire, 2, protowire.VarintType), 1<<40)
	wire = protowire.AppendFixed64(protowire.AppendTag(wire, 3, protowire.Fixed64Type), 1)
	wire = protowire.AppendFixed32(protowire.AppendTag(wire, 300, protowire.Fixed32Type), 1)
	wire = protowire.AppendBytes(protowire.AppendTag(wire, 5, protowire.BytesType), []byte("new"))
	last, err := (&proto.PluginDataSeq{PluginData: answer.PluginData[:1]}).Marshal()
	must(t, err)
	wire, want = append(wire, last...), append(want, "r0")
	for size := 1; size <= len(wire); size++ {
		var got []string
		codec := &pluginDataCodec{do: func(data *types.PluginDataV3) error {
			got = append(got, data.GetName())
			return nil
		}}
		if err := codec.Unmarshal(inPieces(wire, size), nil); err != nil || !slices.Equal(got, want) {
			t.Fatalf("in pieces of %d bytes: %v, %v, want %v", size, got, err, want)
		}
	}
}

// TestPluginDataThatIsCutIsAnError covers every place at which an answer may end that is not
// between two items.
func TestPluginDataThatIsCutIsAnError(t *testing.T) {
	wire, err := (&proto.PluginDataSeq{PluginData: []*types.PluginDataV3{{Metadata: types.Metadata{Name: "r"}}}}).Marshal()
	must(t, err)
	codec := &pluginDataCodec{do: func(*types.PluginDataV3) error { return nil }}
	for size := 1; size < len(wire); size++ {
		if err := codec.Unmarshal(inPieces(wire[:size], size), nil); err == nil {
			t.Errorf("%d of %d bytes are no error", size, len(wire))
		}
	}
	for name, bad := range map[string][]byte{
		"a group":               {1<<wireBits | 3},
		"a field without end":   {2<<wireBits | length, 100},
		"an item that is wrong": {itemTag, 1, 0xff},
		"eight bytes, cut":      {2<<wireBits | fixed64, 1},
	} {
		if err := codec.Unmarshal(inPieces(bad, len(bad)), nil); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

func TestReadingPluginDataStops(t *testing.T) {
	wire, err := (&proto.PluginDataSeq{PluginData: []*types.PluginDataV3{{}, {}}}).Marshal()
	must(t, err)
	stop, calls := errors.New("stop"), 0
	codec := &pluginDataCodec{do: func(*types.PluginDataV3) error { calls++; return stop }}
	if err := codec.Unmarshal(inPieces(wire, len(wire)), nil); !errors.Is(err, stop) || !errors.Is(codec.stopped, stop) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// inPieces returns data as gRPC hands it over.
func inPieces(data []byte, size int) mem.BufferSlice {
	var pieces mem.BufferSlice
	for piece := range slices.Chunk(data, size) {
		pieces = append(pieces, mem.SliceBuffer(piece))
	}
	return pieces
}

package teleport

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	encodingproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// EachPluginData implements Client.
func (c *apiClient) EachPluginData(ctx context.Context, filter types.PluginDataFilter, limit int, do func(*types.PluginDataV3) error) error {
	answer := &pluginDataCodec{CodecV2: encoding.GetCodecV2(encodingproto.Name), do: do}
	_, err := c.auth.GetPluginData(ctx, &filter, grpc.MaxCallRecvMsgSize(limit), grpc.ForceCodecV2(answer))
	if answer.stopped != nil {
		return answer.stopped
	}
	return err
}

// readPluginData calls do with the id of each request that filter selects and what its plugin
// keeps of it.
func readPluginData(ctx context.Context, c Client, filter types.PluginDataFilter, limit int, do func(id string, data map[string]string) error) error {
	return c.EachPluginData(ctx, filter, limit, func(data *types.PluginDataV3) error {
		entry := data.Entries()[filter.Plugin]
		if entry == nil {
			return nil
		}
		return do(data.GetName(), entry.Data)
	})
}

// pluginDataCodec reads an answer with plugin data item by item. The usual codec copies the
// answer, and makes all of its items at once: that is several times what is kept of them.
type pluginDataCodec struct {
	encoding.CodecV2
	do func(*types.PluginDataV3) error
	// stopped is what do returned. gRPC keeps no more than its text.
	stopped error
}

// Unmarshal implements encoding.CodecV2. It leaves the answer's own type empty.
func (c *pluginDataCodec) Unmarshal(data mem.BufferSlice, _ any) error {
	in := data.Reader()
	defer func() { _ = in.Close() }()
	var item []byte
	for in.Remaining() > 0 {
		tag, err := binary.ReadUvarint(in)
		if err != nil {
			return fmt.Errorf("read a field of plugin data: %w", err)
		}
		if tag != itemTag {
			if err := skipField(in, tag); err != nil {
				return err
			}
			continue
		}
		if item, err = readItem(in, item); err != nil {
			return err
		}
		decoded := &types.PluginDataV3{}
		if err := decoded.Unmarshal(item); err != nil {
			return fmt.Errorf("read plugin data: %w", err)
		}
		if c.stopped = c.do(decoded); c.stopped != nil {
			return c.stopped
		}
	}
	return nil
}

// The wire format of protocol buffers is at https://protobuf.dev/programming-guides/encoding/.
const (
	varint  = 0
	fixed64 = 1
	length  = 2
	fixed32 = 5
	// wireBits are those of a tag that say how a field is encoded.
	wireBits = 3
	// itemTag is that of the field of proto.PluginDataSeq with the items.
	itemTag = 1<<wireBits | length
)

// readItem reads an item into buffer, or into a larger one, and returns it.
func readItem(in *mem.Reader, buffer []byte) ([]byte, error) {
	size, err := readSize(in)
	if err != nil {
		return nil, err
	}
	buffer = slices.Grow(buffer[:0], size)[:size]
	if _, err := io.ReadFull(in, buffer); err != nil {
		return nil, fmt.Errorf("read plugin data: %w", err)
	}
	return buffer, nil
}

// readSize reads how long a field is that says so.
func readSize(in *mem.Reader) (int, error) {
	size, err := binary.ReadUvarint(in)
	if err != nil {
		return 0, fmt.Errorf("read the size of plugin data: %w", err)
	}
	if size > maxBulkSize || int(size) > in.Remaining() {
		return 0, fmt.Errorf("plugin data ends within a field of %d bytes", size)
	}
	return int(size), nil
}

// skipField leaves out a field that this version does not know.
func skipField(in *mem.Reader, tag uint64) error {
	var size int
	var err error
	switch tag & (1<<wireBits - 1) {
	case varint:
		_, err = binary.ReadUvarint(in)
	case fixed64:
		size = 8
	case fixed32:
		size = 4
	case length:
		size, err = readSize(in)
	default:
		err = fmt.Errorf("plugin data has a field with tag %d", tag)
	}
	if err == nil {
		_, err = in.Discard(size)
	}
	return err
}

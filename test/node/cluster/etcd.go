package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	etcdURL = "http://127.0.0.1:2379"
	// fillers is what the keys begin with that fill etcd; those of Kubernetes begin with
	// "/registry". fillersEnd is the first key after them.
	fillers, fillersEnd = "filler/", "filler0"
	// fillerBytes is the size of each: etcd takes at most 1.5 MiB in a call.
	fillerBytes = 1 << 20
)

// errNoSpace is what etcd answers to writes when it is full.
var errNoSpace = errors.New("etcd has no space")

// FillEtcd stores more than EtcdQuota allows. From then on etcd raises the alarm NOSPACE and
// refuses every write, also those of the API server, until [Cluster.EmptyEtcd]. It reads on.
func (c *Cluster) FillEtcd(ctx context.Context) error {
	if c.options.EtcdQuota <= 0 {
		return errors.New("etcd has no quota that could be used up")
	}
	value := bytes.Repeat([]byte("x"), fillerBytes)
	for n := range c.options.EtcdQuota/fillerBytes + 2 {
		key := fmt.Appendf(nil, "%s%d", fillers, n)
		err := c.etcd(ctx, "kv/put", map[string]any{"key": key, "value": value}, nil)
		if errors.Is(err, errNoSpace) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errors.New("etcd stores more than its quota")
}

// EmptyEtcd removes what filled etcd, and ends the alarm, as an administrator does: see
// "Space quota" in etcd's guide to maintenance.
func (c *Cluster) EmptyEtcd(ctx context.Context) error {
	var removed struct {
		Header struct {
			Revision string `json:"revision"`
		} `json:"header"`
	}
	err := c.etcd(ctx, "kv/deleterange", map[string]any{"key": []byte(fillers), "range_end": []byte(fillersEnd)}, &removed)
	if err != nil {
		return err
	}
	err = c.etcd(ctx, "kv/compaction", map[string]any{"revision": removed.Header.Revision, "physical": true}, nil)
	if err != nil {
		return err
	}
	if err := c.etcd(ctx, "maintenance/defragment", map[string]any{}, nil); err != nil {
		return err
	}
	var raised struct {
		Alarms []map[string]any `json:"alarms"`
	}
	if err := c.etcd(ctx, "maintenance/alarm", map[string]any{"action": "GET"}, &raised); err != nil {
		return err
	}
	for _, alarm := range raised.Alarms {
		alarm["action"] = "DEACTIVATE"
		if err := c.etcd(ctx, "maintenance/alarm", alarm, nil); err != nil {
			return err
		}
	}
	return nil
}

// etcd calls etcd's JSON gateway, in which bytes are base64 and 64-bit numbers texts.
func (c *Cluster) etcd(ctx context.Context, method string, arguments map[string]any, answer any) error {
	body, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, etcdURL+"/v3/"+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		if strings.Contains(string(text), "database space exceeded") {
			return errNoSpace
		}
		return fmt.Errorf("etcd answers %s to %s: %s", response.Status, method, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

package cli

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestMemoryIsLimitedByTheContainer(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for name, tt := range map[string]struct {
		variables map[string]string
		want      int64
		wrong     bool
	}{
		"256 MiB":           {variables: map[string]string{memoryLimitEnv: "268435456"}, want: 241591905},
		"no limit":          {want: 0},
		"Go's own variable": {variables: map[string]string{memoryLimitEnv: "268435456", goMemoryLimitEnv: "100MiB"}, want: 0},
		"no number":         {variables: map[string]string{memoryLimitEnv: "256Mi"}, wrong: true},
		"zero":              {variables: map[string]string{memoryLimitEnv: "0"}, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			debug.SetMemoryLimit(math.MaxInt64)
			got, err := limitMemory(environment(tt.variables))
			if got != tt.want || (err != nil) != tt.wrong {
				t.Errorf("limitMemory() = %d, %v; want %d", got, err, tt.want)
			}
			inForce := tt.want
			if inForce == 0 {
				inForce = math.MaxInt64
			}
			if limit := debug.SetMemoryLimit(-1); limit != inForce {
				t.Errorf("the limit in force is %d, want %d", limit, inForce)
			}
		})
	}
}

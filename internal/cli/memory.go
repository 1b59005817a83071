//go:build !host

package cli

import (
	"fmt"
	"runtime/debug"
	"strconv"
)

// Variables that bound the memory of the process.
const (
	// memoryLimitEnv is the memory limit of the container, in bytes. The manifests
	// set it by the downward API.
	memoryLimitEnv = "MEMORY_LIMIT"
	// goMemoryLimitEnv is the limit that Go itself reads. It takes precedence.
	goMemoryLimitEnv = "GOMEMLIMIT"
)

// limitMemory makes Go keep within nine tenths of the container's memory limit:
// near it, garbage is collected more often, rather than the process killed. What
// is left is for what Go does not count. It returns the limit in bytes, 0 if none
// was set.
func limitMemory(getenv func(string) string) (int64, error) {
	text := getenv(memoryLimitEnv)
	if text == "" || getenv(goMemoryLimitEnv) != "" {
		return 0, nil
	}
	container, err := strconv.ParseInt(text, 10, 64)
	if err != nil || container <= 0 {
		return 0, fmt.Errorf("%s must be a number of bytes, not %q", memoryLimitEnv, text)
	}
	limit := container / 10 * 9
	debug.SetMemoryLimit(limit)
	return limit, nil
}

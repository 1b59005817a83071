package main

import (
	"context"
	"fmt"
	"os"
)

// measurement yields some figures at a time.
type measurement struct {
	title string
	// names are those of the figures, in the order of printing.
	names   []string
	measure func(context.Context, *platform) (map[string]value, error)
}

// measurements are all, those that need the quietest machine first.
var measurements = []measurement{
	{
		title: "delivery",
		names: []string{
			"startup_seconds", "delivery_delay_p50_ms", "delivery_delay_p99_ms",
			"delivery_delay_teleport_5ms_p50_ms", "delivery_delay_teleport_5ms_p99_ms",
			"burst_500_seconds", "burst_500_delivery_p99_ms", "rss_idle_mb", "rss_after_burst_mb",
		},
		measure: measureDelivery,
	},
	{title: "rotation", names: []string{"rotation_gap_ms"}, measure: measureRotation},
	{title: "failover, clean", names: []string{"failover_clean_seconds"}, measure: measureCleanFailover},
	{title: "failover, kill", names: []string{"failover_kill_seconds"}, measure: measureKillFailover},
	{title: "an idle minute", names: []string{"api_requests_per_idle_minute"}, measure: measureIdle},
	{
		title:   "a thousand notifiers",
		names:   []string{"teleport_streams_for_1000_notifiers", "rss_1000_notifiers_mb"},
		measure: measureThousand,
	},
	{title: "create and delete", names: []string{"goroutines_after_1000_create_delete"}, measure: measureChurn},
	{title: "the binary", names: []string{"binary_mb"}, measure: measureBinary},
}

func measureBinary(_ context.Context, p *platform) (map[string]value, error) {
	info, err := os.Stat(p.binary)
	if err != nil {
		return nil, fmt.Errorf("looking at the binary: %w", err)
	}
	return map[string]value{"binary_mb": megabytes(info.Size())}, nil
}

package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// measurement yields some figures at a time.
type measurement struct {
	title string
	// figures are in the order of printing.
	figures []figure
	// host is true for what runs the program for hosts.
	host bool
	// apart is true for what is measured only when a name asks for it.
	apart bool
	// within bounds it; zero means measureWithin.
	within time.Duration
	// measure returns values by the names of the figures.
	measure func(context.Context, *platform) (map[string]float64, error)
}

// measurements are all, with the bounds that they must keep; those that need the
// quietest machine come first.
var measurements = []measurement{{
	title:   "delivery",
	measure: measureDelivery,
	figures: []figure{
		{"start_to_ready_seconds", "s", atMost(10)},
		{"startup_first_message_seconds", "s", atMost(15)},
		{"delivery_steady_p50_ms", "ms", atMost(100)},
		{"delivery_steady_p99_ms", "ms", atMost(1000)},
		{"delivery_steady_teleport_5ms_p50_ms", "ms", atMost(200)},
		{"delivery_steady_teleport_5ms_p99_ms", "ms", atMost(1500)},
		{"delivery_burst_p50_ms", "ms", atMost(10_000)},
		{"delivery_burst_p99_ms", "ms", atMost(20_000)},
		{"burst_1000_seconds", "s", atMost(20)},
		{"messages_per_second", "messages/s", atLeast(50)},
		{"rss_1_notifier_mb", "MB", atMost(150)},
		{"rss_after_burst_mb", "MB", atMost(250)},
	},
}, {
	title:   "messengers",
	measure: measureMessengers,
	figures: messengersFigures(),
}, {
	title:   "clicks",
	measure: measureClicks,
	figures: []figure{{"review_click_to_teleport_ms", "ms", atMost(100)}},
}, {
	title:   "against a bare program",
	measure: measureFloor,
	figures: []figure{
		{"latency_over_floor_ratio", "ratio", atMost(4)},
		{"burst_500_over_floor_ratio", "ratio", atMost(10)},
		{"cpu_ms_per_request", "ms", atMost(5)},
		{"allocs_per_delivery", "allocations", atMost(4_000)},
	},
}, {
	title:   "neighbours of a flood",
	measure: measureNeighbours,
	figures: []figure{
		{"noisy_neighbour_delay_ratio", "ratio", atMost(40)},
		{"honest_request_in_flood_seconds", "s", atMost(10)},
	},
}, {
	title:   "hostile servers",
	measure: measureHostilePeers,
	figures: []figure{
		{"hostile_peer_rss_mb", "MB", atMost(800)},
		{"hostile_peer_neighbour_delay_ratio", "ratio", atMost(400)},
	},
}, {
	title:   "rotation",
	measure: measureRotation,
	figures: []figure{{"rotation_gap_ms", "ms", atMost(1000)}},
}, {
	title:   "many rotations",
	measure: measureManyRotations,
	figures: []figure{
		{"connections_after_200_rotations", "connections", atMost(1)},
		{"goroutines_after_200_rotations", "goroutines", atMost(5)},
		{"heap_growth_after_200_rotations_mb", "MB", atMost(8)},
	},
}, {
	title:   "failover, clean",
	measure: measureCleanFailover,
	figures: []figure{{"failover_clean_seconds", "s", atMost(10)}},
}, {
	title:   "failover, kill",
	measure: measureKillFailover,
	figures: []figure{{"failover_kill_seconds", "s", atMost(40)}},
}, {
	title:   "a restart in the same pod",
	measure: measureRestart,
	figures: []figure{{"restart_same_pod_seconds", "s", atMost(10)}},
}, {
	title:   "reminders and a restart",
	measure: measureReminders,
	figures: []figure{{"reminders_after_restart_duplicated", "reminders", atMost(0)}},
}, {
	title:   "a dropped event stream",
	measure: measureStreamDrop,
	figures: []figure{{"stream_drop_delay_ms", "ms", atMost(500)}},
}, {
	title:   "the end of an outage",
	measure: measureRecovery,
	figures: []figure{{"recovery_after_outage_seconds", "s", atMost(5)}},
}, {
	title:   "a notifier on a host",
	host:    true,
	measure: measureHost,
	figures: []figure{{"host_rss_mb", "MB", atMost(75)}},
}, {
	title:   "an idle minute",
	measure: measureIdle,
	figures: []figure{
		{"api_requests_per_idle_minute", "requests", atMost(10)},
		{"lease_requests_per_idle_minute", "requests", atMost(40)},
		{"cpu_seconds_per_idle_minute", "s", atMost(5)},
		{"idle_cpu_millicores_100_notifiers", "millicores", atMost(20)},
		{"rss_100_notifiers_mb", "MB", atMost(200)},
	},
}, {
	title:   "a thousand notifiers",
	measure: measureThousand,
	figures: []figure{
		{"startup_1000_notifiers_seconds", "s", atMost(120)},
		{"teleport_streams_for_1000_notifiers", "streams", atMost(1)},
		{"api_requests_per_started_notifier", "requests", atMost(4)},
		{"one_request_to_1000_notifiers_seconds", "s", atMost(30)},
	},
}, {
	title:   "growth over notifiers",
	measure: measureNotifiers,
	figures: []figure{
		{"rss_idle_mb", "MB", atMost(120)},
		{"rss_1000_notifiers_mb", "MB", atMost(500)},
		{"kb_per_notifier", "kB", atMost(300)},
		{"memory_by_notifiers_exponent", "exponent", atMost(1.3)},
		{"time_by_notifiers_exponent", "exponent", atMost(1.5)},
	},
}, {
	title:   "growth over open requests",
	within:  openWithin,
	measure: measureOpenRequests,
	figures: []figure{
		{"restart_10k_open_seconds", "s", atMost(60)},
		{"restart_10k_posts", "posts", atMost(0)},
		{"restart_10k_teleport_calls", "calls", atMost(200)},
		{"restart_50k_teleport_calls", "calls", atMost(300)},
		{"rss_50k_open_requests_mb", "MB", atMost(450)},
		{"memory_by_open_requests_exponent", "exponent", atMost(1.3)},
		{"time_by_open_requests_exponent", "exponent", atMost(1.5)},
	},
}, {
	title:   "create and delete",
	measure: measureChurn,
	figures: []figure{
		{"goroutines_after_1000_create_delete", "goroutines", atMost(10)},
		{"heap_growth_after_1000_create_delete_mb", "MB", atMost(15)},
	},
}, {
	title:   "Access Monitoring Rules",
	measure: measureRules,
	figures: []figure{{"rule_evaluation_us", "us", atMost(5000)}},
}, {
	title:   "the binary",
	measure: measureBinary,
	figures: []figure{{"binary_mb", "MB", atMost(70)}},
}, {
	title:   "the first demo",
	apart:   true,
	within:  firstDemoWithin,
	measure: measureFirstDemo,
	figures: []figure{{"first_demo_cpu_minutes", "min", atMost(60)}},
}}

func measureBinary(_ context.Context, p *platform) (map[string]float64, error) {
	info, err := os.Stat(p.binary)
	if err != nil {
		return nil, fmt.Errorf("looking at the binary: %w", err)
	}
	return map[string]float64{"binary_mb": megabytes(info.Size())}, nil
}

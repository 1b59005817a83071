package main

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// A seed always gives the same schedule, another seed another one.
func TestScheduleIsDecidedByTheSeed(t *testing.T) {
	names := func(seed uint64) string {
		var all []string
		for _, e := range schedule(seed, soft, kinds, 5*time.Minute) {
			all = append(all, e.after.String()+" "+e.name)
		}
		return strings.Join(all, ", ")
	}
	first := names(1)
	if again := names(1); first != again {
		t.Errorf("a seed gives %s and %s", first, again)
	}
	if first == names(2) {
		t.Error("two seeds give one schedule")
	}
}

// In ten minutes there is time for everything, with peace in between, and nothing comes again
// before all else has.
func TestScheduleDealsEveryKind(t *testing.T) {
	const length = 5 * time.Minute
	for seed := range uint64(50) {
		for _, of := range []act{hard, soft} {
			all := shuffled(newRandom(seed, of), of, kinds)
			seen := map[string]int{}
			var at time.Duration
			for n, e := range schedule(seed, of, kinds, length) {
				if e.act != of || at >= length || e.after < shortestGap || e.after > longestGap {
					t.Errorf("seed %d: %s of act %d comes %s after %s", seed, e.name, e.act, e.after, at)
				}
				at += e.after + e.lasts
				if seen[e.name]++; seen[e.name] > n/len(all)+1 {
					t.Errorf("seed %d: %s comes again before all others", seed, e.name)
				}
			}
			if len(seen) != len(all) || at < length {
				t.Errorf("seed %d: %d of %d kinds happen in %s", seed, len(seen), len(all), at)
			}
		}
	}
}

func TestGrowth(t *testing.T) {
	before := usage{heap: 10e6, resident: 60e6, goroutines: 100, connections: 10, files: 20}
	busy := usage{heap: 19e6, resident: 80e6, goroutines: 180, connections: 9, files: 29}
	least := before.least(busy)
	if want := (usage{heap: 10e6, resident: 60e6, goroutines: 100, connections: 9, files: 20}); least != want {
		t.Errorf("least() = %s, want %s", least, want)
	}
	if err := before.growth(before).leaks(); err != nil {
		t.Errorf("what did not grow leaks: %v", err)
	}
	if err := tolerated.leaks(); err != nil {
		t.Errorf("what is tolerated leaks: %v", err)
	}
	for name, more := range map[string]usage{
		"bytes of memory": {heap: tolerated.heap + 1}, "goroutines": {goroutines: tolerated.goroutines + 1},
		"connections": {connections: tolerated.connections + 1}, "open files": {files: tolerated.files + 1},
	} {
		if err := more.leaks(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a growth of %s is %v", name, err)
		}
	}
}

func TestEstablished(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 00000000:20FB 00000000:0000 0A 00000000:00000000
   1: 2100F40A:9C42 0100F40A:01BB 01 00000000:00000000
   2: 2100F40A:9C44 0100F40A:01BB 06 00000000:00000000
   3: 2100F40A:9C46 0100F40A:8AE3 01 00000000:00000000
`
	if n := established(table); n != 2 {
		t.Errorf("there are %d connections, want 2", n)
	}
}

func TestFiguresArePrinted(t *testing.T) {
	f := figures{
		loaded: 90 * time.Second, events: 12, result: result{Tally: tally.Tally{Lost: 1, Stale: 2, Duplicated: 3}, requests: 700},
		grown: usage{heap: 1.26e6, goroutines: -2, connections: 1, files: 4},
	}
	const want = `figure soak_minutes 1.5 minutes
figure soak_requests 700 requests
figure soak_chaos_events 12 events
figure soak_lost 1 messages
figure soak_stale 2 messages
figure soak_duplicated 3 messages
figure soak_memory_growth_mb 1.3 MB
figure soak_goroutine_growth -2 goroutines
figure soak_connection_growth 1 connections
figure soak_file_growth 4 files
`
	if got := f.String(); got != want {
		t.Errorf("the figures are\n%swant\n%s", got, want)
	}
}

// A message that was German for a while has shown the same statuses.
func TestGermanMessagesAreRead(t *testing.T) {
	const id = "00000000-0000-0000-0000-000000000001"
	c := newChats(noted(), time.Now)[0]
	post(t, c, id+"\nAusstehend, 1 von 2 Genehmigungen")
	if shown := c.shows(id); shown != "Pending, 1 of 2 approvals" {
		t.Errorf("it shows %q", shown)
	}
	made := []request{{id, time.Now(), "Pending, 1 of 2 approvals"}}
	if err := count(made, []*chat{c}).err(); err != nil {
		t.Error(err)
	}
}

// What another channel has heard of has to be true, too, and is no duplicate.
func TestCountLooksAtTheOtherChannel(t *testing.T) {
	const id = "00000000-0000-0000-0000-000000000001"
	c := newChats(noted(), time.Now)[0]
	post(t, c, id+"\nApproved")
	made := []request{{id, time.Now(), tally.Approved}}
	c.recipient = c.another
	post(t, c, id+"\nPending")
	got := count(made, []*chat{c})
	if got.Expected != 2 || got.Stale != 1 || got.Duplicated != 0 || got.Lost != 0 {
		t.Errorf("count() = %s, %q", got, got.Findings)
	}
}

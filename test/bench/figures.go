package main

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// figure is something that is measured.
type figure struct {
	name, unit string
	bound      bound
}

// bound is what a figure must not pass. Bounds of times are generous, as the
// machine may be slow and busy. Those of what must never grow are not.
type bound struct {
	limit float64
	// least makes limit the smallest value that is fine instead of the largest.
	least bool
}

func atMost(limit float64) bound { return bound{limit: limit} }

func atLeast(limit float64) bound { return bound{limit: limit, least: true} }

// holds reports whether a value is fine. What is no number is not.
func (b bound) holds(value float64) bool {
	if b.least {
		return value >= b.limit
	}
	return value <= b.limit
}

// String is like "at most 10".
func (b bound) String() string {
	limit := strconv.FormatFloat(b.limit, 'f', -1, 64)
	if b.least {
		return "at least " + limit
	}
	return "at most " + limit
}

// digits are how many digits after the point mean something, by unit.
var digits = map[string]int{"s": 2, "ms": 1, "MB": 1, "min": 1, "ratio": 2, "exponent": 2, "kB": 1, "millicores": 1}

// line is how a figure is printed.
func (f figure) line(value float64) string {
	// What rounds to zero from below has no sign.
	if math.Abs(value) < math.Pow10(-digits[f.unit])/2 {
		value = 0
	}
	return fmt.Sprintf("figure %s %s %s", f.name, strconv.FormatFloat(value, 'f', digits[f.unit], 64), f.unit)
}

// check returns an error if the value breaks the figure's bound.
func (f figure) check(value float64) error {
	if f.bound.holds(value) {
		return nil
	}
	return fmt.Errorf("%s is %v %s, and must be %s", f.name, value, f.unit, f.bound)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }

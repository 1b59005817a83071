package main

import (
	"sync/atomic"
	"time"
)

// clock is one that can be stepped. Its zero value shows the right time.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// step sets how far the clock is ahead of the right time.
func (c *clock) step(ahead time.Duration) { c.ahead.Store(int64(ahead)) }

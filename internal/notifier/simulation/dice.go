package simulation

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"
)

// dice decides what happens in a world. The same question has the same answer in
// whatever order questions are asked.
type dice uint64

// about returns the random numbers for one question.
func (d dice) about(question ...any) *rand.Rand {
	var text []byte
	for _, part := range question {
		switch p := part.(type) {
		case string:
			text = append(text, p...)
		case int:
			text = strconv.AppendInt(text, int64(p), 10)
		default:
			text = fmt.Append(text, p)
		}
		text = append(text, 0)
	}
	h := fnv.New64a()
	_, _ = h.Write(text)
	return rand.New(rand.NewPCG(uint64(d), h.Sum64()))
}

// between returns a duration from low to high, to the nanosecond.
func between(r *rand.Rand, low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(r.Int64N(int64(high-low)))
}

// chance reports whether something with probability p happens.
func chance(r *rand.Rand, p float64) bool {
	return r.Float64() < p
}

// pick returns one of the choices.
func pick[T any](r *rand.Rand, choices ...T) T {
	return choices[r.IntN(len(choices))]
}

package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// BenchmarkDeliver measures one job from Add to its end, behind many that wait. The
// time must not grow with their number.
func BenchmarkDeliver(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprint("waiting=", n), func(b *testing.B) {
			var d *dispatch.Dispatcher
			var delivered sync.WaitGroup
			d = dispatch.New(dispatch.Options{Deliver: func(context.Context, dispatch.Job) dispatch.Result {
				delivered.Done()
				return dispatch.Done()
			}})
			add := func(i int) {
				delivered.Add(1)
				d.Add(dispatch.Job{
					Address:   fmt.Sprint("a", i%(n/10)),
					Request:   fmt.Sprint("r", i),
					Requester: fmt.Sprint("u", i%100),
					Method:    dispatch.Method(rand.N(4)),
					Priority:  dispatch.Priority(i % 3 / 2),
				})
			}
			for i := range n {
				add(i)
			}
			b.ResetTimer()
			ctx, cancel := context.WithCancel(b.Context())
			go d.Run(ctx)
			for i := range b.N {
				add(n + i)
			}
			delivered.Wait()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N+n), "ns/job")
			cancel()
		})
	}
}

// TestAJobCostsTheSameHoweverManyWait is the benchmark as a test: a scan over all that
// wait would make the larger case hundreds of times slower for each job.
func TestAJobCostsTheSameHoweverManyWait(t *testing.T) {
	perJob := func(n, addresses int) time.Duration {
		var delivered sync.WaitGroup
		d := dispatch.New(dispatch.Options{Deliver: func(context.Context, dispatch.Job) dispatch.Result {
			delivered.Done()
			return dispatch.Done()
		}})
		delivered.Add(n)
		begin := time.Now()
		for i := range n {
			d.Add(dispatch.Job{Address: fmt.Sprint(i % addresses), Request: fmt.Sprint(i), Requester: fmt.Sprint(i % 97)})
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go d.Run(ctx)
		delivered.Wait()
		return time.Since(begin) / time.Duration(n)
	}
	few, many := perJob(500, 50), perJob(10_000, 1_000)
	one := perJob(10_000, 1)
	t.Logf("per job: %v with 500 jobs, %v with 10,000, %v at one address", few, many, one)
	if limit := 20*few + 100*time.Microsecond; many > limit || one > limit {
		t.Errorf("per job: %v with 500 jobs, %v with 10,000, %v at one address", few, many, one)
	}
}

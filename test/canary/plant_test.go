package canary

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/pprof"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/grpclog"
	"k8s.io/klog/v2"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/accessnotifier/accessnotifier/test/kit/canary"
)

// nothing is what childVariable is set to where nothing is planted.
const nothing = "nothing"

// plant makes this process tell canaries in every place where a defect could: one for each, so that
// each place shows that it is searched. It returns what ends what goes on in the background.
func plant(word string) (stop func()) {
	if word == nothing {
		return func() {}
	}
	planted := func(where string) string { return canary.Word(word + " " + where) }
	fmt.Fprintln(os.Stdout, planted("stdout"))
	fmt.Fprintln(os.Stderr, planted("stderr"))
	log.Print(planted("standard log"))
	grpclog.Info(planted("gRPC's log"))
	klog.Info(planted("klog"))
	klog.Flush()
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "planted", Help: "A secret in a label.", ConstLabels: prometheus.Labels{"token": planted("metric")},
	})
	ctrlmetrics.Registry.MustRegister(gauge)
	ended := make(chan struct{})
	go pprof.Do(context.Background(), pprof.Labels("token", planted("label")), func(context.Context) { <-ended })
	return func() { close(ended) }
}

// plants are where plant tells a canary, and in which place it is found.
var plants = map[string]string{
	"stdout": "log", "stderr": "log", "standard log": "log", "gRPC's log": "log", "klog": "log",
	"metric": "metrics", "label": "profile goroutine?debug=1",
}

#!/usr/bin/env bash
# Builds what the demo runs, saying what takes long, and starts it:
#
#	demo.sh [-build] [FLAGS OF test/demo]
#
# -build starts nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

KUBEBUILDER_ASSETS=$(hack/control-plane.sh servers)
export KUBEBUILDER_ASSETS

# As the control plane is built, so that the standard library is compiled once.
export CGO_ENABLED=0 GOWORK=off
build=(go build -trimpath -tags grpcnotrace -ldflags '-s -w' -o)
hack/progress.sh 'Building the operator' "${build[@]}" dist/demo/access-notifier .
hack/progress.sh 'Building the demo' "${build[@]}" dist/demo/demo ./test/demo
[[ ${1:-} != -build ]] || exit 0
exec dist/demo/demo -operator dist/demo/access-notifier "$@"

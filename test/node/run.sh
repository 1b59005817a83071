#!/usr/bin/env bash
# Builds what the tests on a node need and runs them; main.go says what they do and
# what may be set. IMAGE is the image that `make image` has written to dist.
set -euo pipefail
cd "$(dirname "$0")/../.."

build() { CGO_ENABLED=0 go build -o bin/node/ "$@"; }

mkdir -p bin/node
build ./test/node
if [[ -z ${E2E_KUBECONFIG:-} && $(id -u) == 0 ]]; then
	test/node/packages.sh
	NODE_KUBERNETES=$(hack/control-plane.sh node)
	build ./test/node/pause
	make -s bin/kube-router >&2
	export NODE_KUBERNETES NODE_PAUSE=$PWD/bin/node/pause NODE_ROUTER=$PWD/bin/kube-router NODE_IMAGE_ARCHIVE=$PWD/dist/image.tar E2E_IMAGE=$IMAGE
fi
exec bin/node/node "$@"

#!/usr/bin/env bash
# Tests the demo's page in a browser. Installs Chromium and npm on Debian and Ubuntu, if
# they are missing and this is root; elsewhere it says what is missing, and fails. Flags
# go to "go test".
set -euo pipefail
cd "$(dirname "$0")"

chromium() {
	type -P chromium || type -P chromium-browser || type -P google-chrome
}

missing=()
chromium >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(npm)
if ((${#missing[@]})); then
	if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
		echo "browser: install ${missing[*]}" >&2
		exit 1
	fi
	echo "browser: installing ${missing[*]}" >&2
	apt-get update -qq >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi
npm ci --ignore-scripts --no-audit --no-fund --silent

../../hack/demo.sh -build
KUBEBUILDER_ASSETS=$(../../hack/control-plane.sh servers)
CHROMIUM=$(chromium)
export AXE=$PWD/node_modules/axe-core/axe.min.js KUBEBUILDER_ASSETS CHROMIUM
GOWORK=off go test -count=1 . "$@"

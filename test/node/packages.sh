#!/usr/bin/env bash
# Installs what a node needs beside Kubernetes, if it is not there, on Debian and
# Ubuntu: the packages containerd, runc, containernetworking-plugins and iproute2, and iptables,
# ipset and util-linux for what enforces NetworkPolicies.
# Elsewhere it says what is missing. The tests start a containerd of their own; one
# that runs already is left alone.
set -euo pipefail

missing=()
need() { # FILE-OR-COMMAND PACKAGE
	[[ -x $1 ]] || command -v "$1" >/dev/null || missing+=("$2")
}
need containerd containerd
need ctr containerd
need runc runc
need ip iproute2
need iptables iptables
need ipset ipset
need nsenter util-linux
need /usr/lib/cni/bridge containernetworking-plugins
need /usr/lib/cni/host-local containernetworking-plugins

((${#missing[@]})) || exit 0
if ! command -v apt-get >/dev/null; then
	echo "packages: install ${missing[*]}, with the CNI plugins in /usr/lib/cni" >&2
	exit 1
fi
echo "packages: installing ${missing[*]}" >&2
apt-get update -qq >&2
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2

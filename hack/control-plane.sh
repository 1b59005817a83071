#!/usr/bin/env bash
# Prints the directory that holds kube-apiserver, etcd and kubectl, for tests that
# start an API server of their own. Takes the first of:
#
#   1. $KUBEBUILDER_ASSETS
#   2. bin/k8s, if it holds the versions that hack/controlplane pins
#   3. what setup-envtest downloads, where there is a way to its downloads
#   4. a build of hack/controlplane into bin/k8s, which takes minutes
#
# "control-plane.sh servers" does without kubectl. "control-plane.sh node" wants all
# that a node needs there, too, which setup-envtest does not have:
# kube-controller-manager, kube-scheduler, kubelet.
#
# Only the directory goes to standard output. Two runs at once do no harm: a
# binary is moved into place when it is complete.
set -euo pipefail
cd "$(dirname "$0")/.."

module=hack/controlplane
kubernetes=$(sed -n 's|^[[:space:]]*k8s.io/kubernetes v\([^ ]*\).*|\1|p' "$module/go.mod")
etcd=$(sed -n 's|^[[:space:]]*go.etcd.io/etcd/server/v3 v\([^ ]*\).*|\1|p' "$module/go.mod")
minor=${kubernetes%.*}
cache=$PWD/bin/k8s

purpose=${1:-api}

programs=(etcd kube-apiserver kubectl)
case $purpose in
api) ;;
servers) programs=(etcd kube-apiserver) ;;
node) programs+=(kube-controller-manager kube-scheduler kubelet) ;;
*)
	echo "usage: $0 [servers|node]" >&2
	exit 2
	;;
esac

say() { echo "control-plane: $*" >&2; }

# complete DIR: all programs are there.
complete() {
	local program
	for program in "${programs[@]}"; do
		[[ -x $1/$program ]] || return
	done
}

# pinned DIR PROGRAM: the program is there, in the pinned version.
pinned() {
	local version
	local ask=--version
	[[ $2 != kubectl ]] || ask='version --client'
	# shellcheck disable=SC2086 # two words of kubectl's
	version=$("$1/$2" $ask 2>/dev/null) || return
	case $2 in
	kubectl) [[ $version == "Client Version: v$kubernetes"$'\n'* ]] ;;
	etcd) [[ $version == "etcd Version: $etcd"$'\n'* ]] ;;
	*) [[ $version == "Kubernetes v$kubernetes" ]] ;;
	esac
}

# current DIR: all programs are there, in the pinned versions.
current() {
	local program
	for program in "${programs[@]}"; do
		pinned "$1" "$program" || return
	done
}

# within SECONDS COMMAND...: timeout(1), which not every system has.
within() {
	local seconds=$1 command timer status=0
	shift
	"$@" &
	command=$!
	(
		trap 'kill "$nap" 2>/dev/null; exit' TERM
		sleep "$seconds" &
		nap=$!
		wait "$nap"
		kill "$command"
	) >/dev/null 2>&1 &
	timer=$!
	wait "$command" || status=$?
	kill "$timer" 2>/dev/null || true
	return "$status"
}

# download prints the directory of a downloaded control plane. It fails within
# seconds where there is no way to the downloads.
download() {
	[[ $purpose != node ]] || return
	local envtest=(bin/setup-envtest --bin-dir "$PWD/bin/envtest") directory
	hack/progress.sh 'Building setup-envtest' make -s bin/setup-envtest >&2 || return
	if ! directory=$("${envtest[@]}" -i -p path use "$minor.x" 2>/dev/null); then
		within 10 "${envtest[@]}" list "$minor.x" >/dev/null 2>&1 || return
		directory=$(within 300 hack/progress.sh "Downloading Kubernetes $minor" "${envtest[@]}" -p path use "$minor.x") || return
	fi
	complete "$directory" && echo "$directory"
}

# build PROGRAM builds one program into the cache, unless it is there.
build() {
	pinned "$cache" "$1" && return
	local package=k8s.io/kubernetes/cmd/$1
	[[ $1 != etcd ]] || package=go.etcd.io/etcd/server/v3
	local version=k8s.io/component-base/version
	local part="$cache/.$1.$$"
	GOOS='' GOARCH='' GOWORK=off CGO_ENABLED=0 hack/progress.sh "Building $1" go build -C "$module" -buildvcs=false -trimpath -o "$part" \
		-ldflags "-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=${kubernetes%%.*} -X $version.gitMinor=${minor#*.}" \
		"$package" >&2
	mv "$part" "$cache/$1"
}

if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
	complete "$KUBEBUILDER_ASSETS" || {
		say "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS does not hold all of ${programs[*]}"
		exit 1
	}
	echo "$KUBEBUILDER_ASSETS"
elif current "$cache"; then
	echo "$cache"
elif directory=$(download); then
	echo "$directory"
else
	say "building ${programs[*]} into bin/k8s, as far as they are not there: once, and minutes long on two cores"
	mkdir -p "$cache"
	trap 'rm -f "$cache"/.*."$$"' EXIT
	for program in "${programs[@]}"; do
		build "$program"
	done
	echo "$cache"
fi

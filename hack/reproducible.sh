#!/usr/bin/env bash
# Builds the image and the archives twice from the same sources and compares them to the byte.
# The two differ in directory, time, time zone, language, umask, user, and in the files that
# git does not know.
#
#	reproducible.sh [-cold]
#
# -cold compiles everything twice, each time into a new cache: half an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

# Builds in a copy of the sources below the directory $1, and prints the digests.
build() {
	local directory=$1
	mkdir -p "$directory"
	git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$directory"
	touch "$directory/left-behind"
	[[ ${cold:-} != -cold ]] || export GOCACHE="$directory.cache"
	make -s -C "$directory" image archives VERSION=v0.0.1 IMAGE=registry.test/access-notifier:0.0.1 >"$directory.log"
	(cd "$directory/dist" && sha256sum image.tar sbom.spdx.json provenance.slsa.json access-notifier-host_linux_*.tar.gz)
}

export SOURCE_DATE_EPOCH=1700000000
cold=${1:-}
first=$(umask 022 && TZ=UTC LC_ALL=C USER=first HOME="$HOME" build "$scratch/a")
second=$(umask 077 && TZ=Asia/Seoul LC_ALL=C.UTF-8 USER=second build "$scratch/a directory elsewhere")

printf '%s\n' "$first"
if [[ $first != "$second" ]]; then
	diff <(printf '%s\n' "$first") <(printf '%s\n' "$second") >&2 || true
	echo 'The second build differs from the first.' >&2
	exit 1
fi

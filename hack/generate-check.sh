#!/usr/bin/env bash
# Fails if "make generate" changes anything. The work tree may have uncommitted
# changes of its own: what counts is its content before and after.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints the id of a git tree with every file that git does not ignore. It is
# made in an index of its own, so that what is staged stays as it is.
snapshot() {
	GIT_INDEX_FILE="$scratch/index" git add --all
	GIT_INDEX_FILE="$scratch/index" git write-tree
}

before=$(snapshot)
"${MAKE:-make}" generate
after=$(snapshot)

if ! git diff --exit-code "$before" "$after"; then
	echo 'Generated files were not up to date. They are now: commit them.' >&2
	exit 1
fi

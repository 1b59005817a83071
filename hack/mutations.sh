#!/usr/bin/env bash
# Breaks the engine on purpose, in one way after the other, and fails unless the
# simulation notices each. A mutation is a patch; the line "Breaks: RULE" above it names
# the rule that some world has to break. The files in the tree are not touched.
#
#	hack/mutations.sh [NAME...]
set -euo pipefail
cd "$(dirname "$0")/.."

simulation=internal/notifier/simulation
seeds=${SEEDS:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Writes the file that makes go build take the mutated files for those in the tree.
overlay() {
	local patch=$1 tree=$2 file separator=
	git apply --numstat "$patch" | cut -f3 | while read -r file; do
		mkdir -p "$tree/$(dirname "$file")"
		cp "$file" "$tree/$file"
	done
	(cd "$tree" && GIT_CEILING_DIRECTORIES=/ git apply --unsafe-paths --directory="$tree" "$OLDPWD/$patch")
	printf '{"Replace":{'
	(cd "$tree" && find . -type f) | while read -r file; do
		printf '%s"%s/%s":"%s/%s"' "$separator" "$PWD" "${file#./}" "$tree" "${file#./}"
		separator=,
	done
	printf '}}\n'
}

caught=0 missed=0
for patch in "$simulation"/testdata/mutations/*.patch; do
	name=$(basename "$patch" .patch)
	if (($#)) && [[ " $* " != *" $name "* ]]; then
		continue
	fi
	rule=$(sed -n 's/^Breaks: //p' "$patch")
	overlay "$patch" "$work/$name" >"$work/$name.json"
	if ! go test -overlay "$work/$name.json" -c -o "$work/test" "./$simulation"; then
		missed=$((missed + 1))
		echo "mutation $name does not build" >&2
		continue
	fi
	"$work/test" -test.run '^TestSimulation$' -seeds "$seeds" -show 0 -until "$rule" >"$work/out" 2>&1 || true
	if broken=$(grep -m 1 -o "seed .*\"$rule\"" "$work/out"); then
		caught=$((caught + 1))
		echo "mutation $name: $broken"
	else
		missed=$((missed + 1))
		echo "mutation $name is not noticed: no world breaks the rule \"$rule\"" >&2
		tail -n 3 "$work/out" >&2
	fi
done
echo "figure simulated_mutations $caught mutations"
((missed == 0))

#!/usr/bin/env bash
# Lets Go look for inputs that break a fuzz test, in each of them for a while. After the first that
# breaks no other begins, and where its input is kept is said last.
#
#	hack/fuzz.sh [TIME [NAME...]]
#
# TIME is for each, as go test -fuzztime takes it; NAMEs are of the only tests to run. JOBS tests
# run at a time, with PARALLEL workers each. What was found interesting stays in Go's cache, where
# the next run begins. Go spends little on making inputs shorter, or it would do nothing else where
# they are long.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-60s}
shift || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints the package and the name of each fuzz test.
fuzz_tests() {
	git grep --untracked -E '^func Fuzz[A-Za-z0-9_]*\([a-z]+ \*testing\.F\)' -- '*_test.go' |
		sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|./\1 \2|' | LC_ALL=C sort
}

# Prints those that are asked for.
chosen() {
	local package name
	fuzz_tests | while read -r package name; do
		if (($# == 0)) || [[ " $* " == *" $name "* ]]; then
			echo "$package $name"
		fi
	done
}

# Compiles a package's tests as fuzzing needs them: once for all fuzz tests of the package. Some
# are in modules of their own, which go finds from within only.
compile() {
	GOWORK=off go test -C "$1" -c -fuzz "^$2\$" -o "$(binary "$1")" .
}

binary() {
	echo "$work/${1//\//_}.test"
}

# Runs one test in its package's folder, where its inputs are kept. Its lines are printed together,
# in the end, since others run meanwhile. 255 lets xargs begin no other.
run() {
	local log="$work/$2${1//\//_}.log" title="== $1 $2, $time" cache
	cache="$(go env GOCACHE)/fuzz/$(GOWORK=off go list -C "$1" .)"
	if (cd "$1" && "$(binary "$1")" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "$time" -test.fuzzminimizetime 20x \
		-test.fuzzcachedir "$cache" ${PARALLEL:+-test.parallel "$PARALLEL"}) </dev/null >"$log" 2>&1; then
		printf '%s: %s\n' "$title" "$(grep -o 'execs: [0-9]*' "$log" | tail -1)"
	else
		printf '%s\n%s\n' "$title" "$(cat "$log")"
		exit 255
	fi
}

tests=$(chosen "$@")
if [[ -z $tests ]]; then
	echo "there is no such fuzz test" >&2
	exit 1
fi
sort -u -k1,1 <<<"$tests" | while read -r package name; do
	compile "$package" "$name"
done

export work time
export -f run binary
if ! xargs -P "${JOBS:-1}" -L 1 bash -c 'run "$@"' run <<<"$tests"; then
	echo "A fuzz test is broken. Inputs that break one are kept in testdata/fuzz of its package:" >&2
	git status --short --untracked-files=all -- '*/testdata/fuzz/*' >&2
	exit 1
fi
echo "fuzz tests: $(wc -l <<<"$tests"), none is broken"

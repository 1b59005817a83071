#!/usr/bin/env bash
# Lets Go look for inputs that break a fuzz test, in each of them for a while, one after the
# other. It stops at the first that breaks, and says where the input is kept.
#
#	hack/fuzz.sh [TIME [NAME...]]
#
# TIME is for each, as go test -fuzztime takes it; NAMEs are of the only tests to run. What was
# found interesting stays in Go's cache, where the next run begins. Go spends little on making
# inputs shorter, or it would do nothing else where they are long.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-60s}
shift || true

# Prints the package and the name of each fuzz test.
fuzz_tests() {
	git grep --untracked -E '^func Fuzz[A-Za-z0-9_]*\([a-z]+ \*testing\.F\)' -- '*_test.go' |
		sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|./\1 \2|' | LC_ALL=C sort
}

all=$(fuzz_tests)
ran=0
while read -r package name; do
	if (($#)) && [[ " $* " != *" $name "* ]]; then
		continue
	fi
	echo "== $package $name, $time"
	# Some are in modules of their own, which go finds from within only.
	if ! GOWORK=off go test -C "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 20x \
		${PARALLEL:+-parallel "$PARALLEL"} . </dev/null; then
		echo "$package $name is broken. Where an input breaks it, that is kept in $package/testdata/fuzz/$name:" >&2
		git status --short --untracked-files=all -- "$package/testdata/fuzz/$name" >&2
		exit 1
	fi
	ran=$((ran + 1))
done <<<"$all"
if ((ran == 0)); then
	echo "there is no such fuzz test" >&2
	exit 1
fi
echo "fuzz tests: $ran, none is broken"

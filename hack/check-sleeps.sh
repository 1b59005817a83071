#!/usr/bin/env bash
# Fails on tests that sleep in a package that does not use testing/synctest,
# whose clock is fake.
set -euo pipefail
cd "$(dirname "$0")/.."

sleeping=$(git grep --untracked -l 'time\.Sleep(' -- '*_test.go') || [[ $? -eq 1 ]] # 1: none

status=0
for file in $sleeping; do
	if ! grep -q '"testing/synctest"' "$(dirname "$file")"/*_test.go; then
		echo "$file: sleeps for real; run the test in testing/synctest" >&2
		status=1
	fi
done
exit "$status"

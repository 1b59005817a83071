#!/usr/bin/env bash
# Runs a command that may take minutes, and says on the standard error how long it has
# taken so far: in place on a terminal, else in a line every half minute. Of a command
# that takes a second or two it says nothing.
#
#	progress.sh WHAT COMMAND...
set -euo pipefail

what=$1
shift

so_far() { printf '%d min %02d s' $((SECONDS / 60)) $((SECONDS % 60)); }

tick() {
	local next=3 every=30
	[[ ! -t 2 ]] || every=1
	while sleep 1; do
		((SECONDS >= next)) || continue
		next=$((SECONDS + every))
		if [[ -t 2 ]]; then
			printf '\r\033[K  … %s, %s so far' "$what" "$(so_far)"
		else
			printf '  … %s, %s so far\n' "$what" "$(so_far)"
		fi
	done >&2
}

tick &
ticker=$!
trap 'kill "$ticker" 2>/dev/null || true' EXIT

status=0
"$@" || status=$?

kill "$ticker" 2>/dev/null || true
wait "$ticker" 2>/dev/null || true
[[ ! -t 2 ]] || printf '\r\033[K' >&2
if ((status == 0 && SECONDS >= 3)); then
	printf '  ✓ %s took %s\n' "$what" "$(so_far)" >&2
fi
exit "$status"

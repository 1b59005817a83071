#!/usr/bin/env bash
# Fails on words that hide who acts. Write the noun: recipient, reviewer,
# requester, operator, caller. Say "watches" for "looks after", "announces" or
# "names" for "tells of". Packages are named for what they hold.
set -euo pipefail
cd "$(dirname "$0")/.."

words='[Ss]omebody|[Nn]obody|[Aa]nybody|[Ee]verybody|[Tt]hose whom?|[Tt]ell(s|ing)? of|[Tt]old of|[Ll]ook(s|ing|ed)? after'
# Not ours to choose: the rule itself, the account "nobody" of Linux, what was recorded
# of a real server, and files that are compared with what other programs write.
exceptions=(
	':!hack/check-words.sh' ':!test/e2e/process/account.go' ':!*.svg'
	':!internal/teleport/teleporttest/testdata/*.jsonl'
)

status=0
if git grep --untracked -nIE "(^|[^[:alnum:]_])($words)($|[^[:alnum:]_])" -- . "${exceptions[@]}"; then
	echo 'Name the actor instead; hack/check-words.sh says how.' >&2
	status=1
fi
if git grep --untracked -nIE '^package (utils?|helpers?|common|misc)$' -- '*.go'; then
	echo 'Name the package for what it holds.' >&2
	status=1
fi
exit "$status"

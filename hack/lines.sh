#!/usr/bin/env bash
# Counts lines of code, without blank lines, comments and generated files: the
# product, its tests, and what supports them. Support is the simulators, test/
# and hack/, with the tests, scripts and pages in there.
set -euo pipefail
cd "$(dirname "$0")/.."

# Prints the lines of code of the files whose paths it reads.
count() {
	tr '\n' '\0' | xargs -0 cat -- | grep -cvE '^[[:space:]]*(//.*|#.*|/?\*.*)?$'
}

# A file that is removed, but still in git's index, has no lines.
files=$(git ls-files --cached --others --exclude-standard -- '*.go' '*.sh' '*.js' '*.css' '*.html' |
	grep -v zz_generated | while read -r file; do [[ ! -f $file ]] || echo "$file"; done)
support='^(test|hack)/|^internal/.*(messengertest|teleporttest|simulation)/'

product=$(grep -vE "$support|_test\.go$" <<<"$files" | count)
tests=$(grep -vE "$support" <<<"$files" | grep '_test\.go$' | count)
supporting=$(grep -E "$support" <<<"$files" | count)

echo "lines product $product"
echo "lines tests $tests"
echo "lines support $supporting"
awk -v s="$supporting" -v p="$product" 'BEGIN { printf "lines support/product %.2f\n", s / p }'

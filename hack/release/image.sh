#!/usr/bin/env bash
# Builds and pushes the image of VERSION to REGISTRY. The same tag and the same Go give the
# same digest anywhere.
set -euo pipefail
cd "$(dirname "$0")/../.."

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
mkdir -p dist
make image PUSH=1 VERSION="$VERSION" IMAGE="$REGISTRY/access-notifier:${VERSION#v}" \
	BUILDER="${BUILDER:-}" INVOCATION="${INVOCATION:-}" | tee dist/image.log

digest=$(sed -n 's/^pushed .*@//p' dist/image.log)
[[ $digest == sha256:* ]]
echo "digest=$digest" >>"${GITHUB_OUTPUT:-/dev/stdout}"

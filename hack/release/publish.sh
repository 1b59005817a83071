#!/usr/bin/env bash
# Makes the release's page on GitHub for the tag VERSION, with the files in dist/release.
set -euo pipefail
cd "$(dirname "$0")/../../dist/release"

sha256sum --quiet --check checksums.txt
prerelease=()
[[ $VERSION == *-* ]] && prerelease=(--prerelease)
gh release create "$VERSION" --verify-tag --generate-notes "${prerelease[@]}" -- *

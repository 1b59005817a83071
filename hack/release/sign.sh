#!/usr/bin/env bash
# Signs image and chart, and attaches SBOM and provenance to the image, in the name of who
# runs this: the certificate names the workflow, and no key is kept.
set -euo pipefail
cd "$(dirname "$0")/../.."

image="$REGISTRY/access-notifier@$IMAGE_DIGEST"
chart="$REGISTRY/charts/access-notifier@$CHART_DIGEST"
cosign sign --yes "$image"
cosign attest --yes --type spdxjson --predicate dist/sbom.spdx.json "$image"
jq .predicate dist/provenance.slsa.json >dist/predicate.json
cosign attest --yes --type slsaprovenance1 --predicate dist/predicate.json "$image"
cosign sign --yes "$chart"

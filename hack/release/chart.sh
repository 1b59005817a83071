#!/usr/bin/env bash
# Packages the chart of VERSION, with the digest of its image, and pushes it to REGISTRY.
set -euo pipefail
cd "$(dirname "$0")/../.."

rm -rf dist/chart && mkdir -p dist/chart && cp -R charts/access-notifier dist/chart
chart=dist/chart/access-notifier
sed -i \
	-e "s|\(image: ghcr.io/accessnotifier/access-notifier\):.*|\1:${VERSION#v}@$IMAGE_DIGEST|" \
	-e "s|^annotations:\$|&\n  accessnotifier.dev/image-digest: $IMAGE_DIGEST|" \
	"$chart/Chart.yaml"
if [[ $VERSION == *-* ]]; then
	sed -i 's|artifacthub.io/prerelease: "false"|artifacthub.io/prerelease: "true"|' "$chart/Chart.yaml"
fi
bin/helm package "$chart" --version "${VERSION#v}" --app-version "${VERSION#v}" --destination dist
bin/helm push "dist/access-notifier-${VERSION#v}.tgz" "oci://$REGISTRY/charts" ${PLAIN_HTTP:+--plain-http} 2>&1 |
	tee dist/chart.log

digest=$(sed -n 's/^Digest: //p' dist/chart.log)
[[ $digest == sha256:* ]]
echo "digest=$digest" >>"${GITHUB_OUTPUT:-/dev/stdout}"

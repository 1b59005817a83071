#!/usr/bin/env bash
# Makes the files of a release in dist/release: manifests, chart, archives, SBOM, provenance,
# and their checksums with a signature. The binaries are those of the image.
set -euo pipefail
cd "$(dirname "$0")/../.."

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
rm -rf dist/release dist/config && mkdir -p dist/release

# The manifests name the image by its digest. They are made in a copy of config.
cp -R config dist/config
(
	cd dist/config/manager
	../../../bin/kustomize edit set image "access-notifier=$REGISTRY/access-notifier:${VERSION#v}@$IMAGE_DIGEST"
)
bin/kustomize build dist/config/default >dist/release/install.yaml

for arch in amd64 arm64; do
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --mode=u=rwX,go=rX \
		-C "dist/linux_$arch" -c access-notifier -C ../licenses/operator LICENSE NOTICES.txt |
		gzip -n >"dist/release/access-notifier_linux_$arch.tar.gz"
done
make archives VERSION="$VERSION"
cp dist/access-notifier-host_linux_*.tar.gz "dist/access-notifier-${VERSION#v}.tgz" \
	dist/sbom.spdx.json dist/provenance.slsa.json dist/release

cd dist/release
sha256sum -- * >../checksums.txt
mv ../checksums.txt .
cosign sign-blob --yes --bundle checksums.txt.sigstore.json checksums.txt

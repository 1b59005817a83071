#!/usr/bin/env bash
# Runs a command beside an official open-source release of Teleport, which is downloaded
# and must be what releases.txt says:
#
#	test/teleport/official.sh VERSION COMMAND [ARGUMENT]...
#
# The command finds the server by the variables that main.go names, and tctl by TCTL.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$1
shift
archive="teleport-v$version-linux-amd64-bin.tar.gz"
work=$(mktemp -d)
server=
stop() {
	if [[ -n $server ]]; then
		kill "$server" 2>/dev/null || true
		wait "$server" || true
	fi
	rm -rf "$work"
}
trap stop EXIT

curl --fail --silent --show-error --location --output "$work/$archive" "https://cdn.teleport.dev/$archive"
expected=$(grep -F "  $archive" test/teleport/releases.txt)
(cd "$work" && sha256sum --check --strict <<<"$expected")
tar -xzf "$work/$archive" -C "$work"

# All addresses, so that pods reach it as well.
cat >"$work/teleport.yaml" <<END
version: v3
teleport: {nodename: e2e, data_dir: $work/data, log: {severity: WARN}}
auth_service:
  enabled: true
  cluster_name: lab
  listen_addr: 0.0.0.0:3025
  authentication: {type: local, second_factor: otp}
proxy_service: {enabled: true, web_listen_addr: 127.0.0.1:3080, public_addr: localhost:3080}
ssh_service: {enabled: false}
END
"$work/teleport/teleport" start -c "$work/teleport.yaml" &
server=$!

cat >"$work/tctl" <<END
#!/bin/sh
exec $work/teleport/tctl -c $work/teleport.yaml "\$@"
END
chmod +x "$work/tctl"
for _ in {1..60}; do
	"$work/tctl" status >/dev/null 2>&1 && break
	kill -0 "$server" # ends the script if the server has ended
	sleep 1
done
"$work/tctl" create -f test/teleport/cluster.yaml
for user in e2e-plugin e2e-admin; do
	"$work/tctl" auth sign --user="$user" --format=file --ttl=1h --out="$work/$user"
done

TCTL="$work/tctl" TELEPORT_VERSION="$version" E2E_TELEPORT_ADDR=127.0.0.1:3025 \
	E2E_TELEPORT_PLUGIN_IDENTITY="$work/e2e-plugin" E2E_TELEPORT_ADMIN_IDENTITY="$work/e2e-admin" "$@"

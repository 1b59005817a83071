#!/usr/bin/env bash
# Installs the chart with a real tbot on the kind cluster of the current kubeconfig, and
# waits until the operator has reached Teleport with the identity that tbot wrote. It is
# run by official.sh, and IMAGE is loaded into the cluster before.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Where pods reach this machine.
gateway=$(docker network inspect kind --format '{{range .IPAM.Config}}{{println .Gateway}}{{end}}' | grep -m1 -F .)
jwks=$(kubectl get --raw /openid/v1/jwks)

"$TCTL" create <<END
kind: token
version: v2
metadata: {name: access-notifier}
spec:
  roles: [Bot]
  bot_name: access-notifier
  join_method: kubernetes
  kubernetes:
    type: static_jwks
    static_jwks: {jwks: '$jwks'}
    allow: [{service_account: "access-notifier:access-notifier-tbot"}]
END
"$TCTL" bots add access-notifier --roles=e2e-plugin --token=access-notifier

dialect=services
if [[ ${TELEPORT_VERSION%%.*} -lt 17 ]]; then
	dialect=outputs
fi
kubectl create namespace access-notifier
kubectl --namespace access-notifier create secret generic slack-bot --from-literal=token=xoxb-none
helm install access-notifier charts/access-notifier --namespace access-notifier --values - <<END
image: {repository: ${IMAGE%:*}, tag: ${IMAGE##*:}}
tbot:
  enabled: true
  image: {tag: $TELEPORT_VERSION}
  configDialect: $dialect
  clusterName: lab
  address: $gateway:3025
  addressOf: auth
notifiers:
  e2e:
    spec:
      messenger: {type: Slack, slack: {tokenSecretRef: {name: slack-bot}}}
      recipients: [none]
END
if ! kubectl --namespace access-notifier wait accessnotifier/e2e --for=condition=TeleportConnected --timeout=5m; then
	kubectl --namespace access-notifier describe accessnotifier e2e
	kubectl --namespace access-notifier logs --tail=50 deployment/access-notifier-tbot
	exit 1
fi

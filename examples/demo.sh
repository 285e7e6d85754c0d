#!/usr/bin/env bash
# `make demo`: the quickstart on a real cluster. CLUSTER=current uses the cluster of KUBECONFIG, and REGISTRY its images.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/steps.sh

NAME=demo
SYSTEM=shipshape-system
registry=${REGISTRY:-shipshape.dev}

here() {
  cluster_tool requirements --install
}

bring_up() {
  [ "${CLUSTER:-}" = current ] || cluster_tool up --name "$NAME"
}

build() {
  make --no-print-directory binaries
  cargo build --quiet --package shipshape --package shipshape-cluster
}

# Images are named by what is in them, so that a second run replaces what changed and leaves the rest alone.
load_images() {
  make --no-print-directory archives TAG="$tag"
  [ "${CLUSTER:-}" = current ] && return
  local image
  for image in sidecar operator example-app; do
    cluster_tool load-image --name "$NAME" "target/images/shipshape-$image.tar"
  done
}

install_charts() {
  helm upgrade --install shipshape-crds charts/shipshape-crds --wait
  helm upgrade --install shipshape charts/shipshape --namespace "$SYSTEM" --create-namespace --wait --timeout 3m \
    --set image.registry="$registry" --set image.tag="$tag" --set sidecar.image.tag="$tag"
}

wait_ready() {
  kubectl --namespace demo wait apisvc/quickstart --for condition=Ready --timeout 3m
  kubectl --namespace demo wait akey/first --for condition=Ready --timeout 1m
}

secret() { kubectl --namespace demo get "$1" "$2" --output "jsonpath={.data.$3}"; }

printf 'shipshape demo · everything below is real: Kubernetes, pods, the operator, the sidecar\n\n'
here
step 'build operator, sidecar, cli' build
tag=${TAG:-$(cat target/*/quick/shipshape-operator target/*/quick/shipshape-sidecar | sha256sum | cut -c1-10)}
if [ "${CLUSTER:-}" != current ]; then
  step 'build Kubernetes (once; later runs reuse it)' cluster_tool build
  step "start cluster \"$NAME\"" bring_up
  eval "$(cluster_tool env --name "$NAME")"
fi
step 'load images' load_images
step 'helm install shipshape' install_charts
step 'kubectl apply -f examples/quickstart' kubectl apply -f examples/quickstart
step 'apisvc/quickstart Ready' wait_ready

ca=target/cluster/$NAME-ca.pem
key=$(secret secret first-api-key key | base64 -d)
kubectl --namespace demo get configmap quickstart-ca --output 'jsonpath={.data.ca\.crt}' >"$ca"
address=$(kubectl --namespace demo get service quickstart --output 'jsonpath={.spec.clusterIP}')

printf '\n'
target/debug/shipshape try --url https://quickstart.demo.svc --http-url http://quickstart.demo.svc --resolve "$address" --cacert "$ca" --key "$key"

printf '\n The refusal as its client sees it:\n'
curl --silent --include --cacert "$ca" --resolve "quickstart.demo.svc:443:$address" --header "X-API-Key: $key" https://quickstart.demo.svc/hello \
  | tr -d '\r' | grep -E '^HTTP|^content-type|^ratelimit|^retry-after|^x-request-id|^\{' | sed 's/^/   /'

printf '\n\n The key that stood in a query, as the access log has it:\n'
redacted() { kubectl --namespace demo logs --selector shipshape.dev/service=quickstart --container shipshape --tail=-1 | grep API_KEY_IN_QUERY; }
# A line reaches the log within a second of its request.
for _ in 1 2 3 4 5; do redacted >/dev/null && break; sleep 1; done
redacted | tail -n 1 | sed 's/^/   /'

printf '\n'
kubectl --namespace demo get apisvc
printf '\n'
pod=$(kubectl --namespace demo get pods --selector shipshape.dev/service=quickstart --output 'jsonpath={.items[0].status.podIP}')
printf ' What one pod counted (http://%s:9443/metrics):\n' "$pod"
curl --silent "http://$pod:9443/metrics" | grep -E '^shipshape_refusals_total|^shipshape_requests_total' | grep -v ' 0$' | sed 's/^/   /'

cat <<END

 Next, each line as it stands:
   export KUBECONFIG=$KUBECONFIG PATH=$(dirname "$(command -v kubectl)"):\$PATH
   # edit the limit and watch it apply without a restart
   kubectl --namespace demo patch ship quickstart --type json --patch '[{"op":"replace","path":"/spec/policy/rateLimits/0/requests","value":3}]'
   kubectl --namespace demo get ship quickstart --watch
   # ask once more by hand
   curl --cacert $ca --resolve quickstart.demo.svc:443:$address --header "X-API-Key: \$(kubectl --namespace demo get secret first-api-key --output 'jsonpath={.data.key}' | base64 -d)" https://quickstart.demo.svc/hello
   # what is in force for a request, and where each value was said
   target/debug/shipshape effective --file examples/quickstart quickstart GET /hello
   # everything this made
   kubectl --namespace demo get all,secret,configmap,pdb --selector shipshape.dev/service=quickstart
   # stop and remove the cluster
   make down
END

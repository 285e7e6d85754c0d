#!/usr/bin/env bash
# `make demo`: the quickstart on a real cluster.
#
# CLUSTER=current uses the cluster of the current KUBECONFIG and installs nothing on this machine. Its nodes pull the
# images shipshape-operator, shipshape-sidecar and example-app, with the tag TAG (dev), from REGISTRY: `make images`
# builds them, pushing them is yours.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/steps.sh

NAME=demo
SYSTEM=shipshape-system
registry=${REGISTRY:-shipshape.dev}

is_current() { [ "${CLUSTER:-}" = current ]; }

build() {
  make --no-print-directory binaries
  cargo build --quiet --package shipshape --package shipshape-cluster
}

# Images are named by what is in them, so that a second run replaces what changed and leaves the rest alone.
load_images() {
  make --no-print-directory archives TAG="$tag"
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

# A key of its own for each run: the limit counts by key, and the run before may have used it up.
forget_key() {
  kubectl --namespace demo delete akey first --ignore-not-found
  kubectl --namespace demo delete secret first-api-key --ignore-not-found
}

# Until every pod has taken the new key; both are asked, in turn, by the Service.
key_works() {
  local passed=0
  for _ in $(seq 100); do
    if curl --silent --fail --output /dev/null --cacert "$ca" --resolve "quickstart.demo.svc:443:$address" \
      --header "X-API-Key: $key" https://quickstart.demo.svc/count; then
      passed=$((passed + 1))
    else
      passed=0
      sleep 0.2
    fi
    [ "$passed" -lt 6 ] || return 0
  done
  echo "the key of secret/first-api-key is not accepted by every pod"
  return 1
}

wait_ready() {
  kubectl --namespace demo wait apisvc/quickstart --for condition=Ready --timeout 3m
  kubectl --namespace demo wait akey/first --for condition=Ready --timeout 1m
}

secret() { kubectl --namespace demo get "$1" "$2" --output "jsonpath={.data.$3}"; }

# The quickstart, with its image from the registry at hand.
apply_quickstart() {
  local file
  for file in examples/quickstart/*.yaml; do
    sed "s#shipshape.dev/example-app:dev#$registry/example-app:${TAG:-dev}#" "$file" | kubectl apply --filename -
  done
}

printf 'shipshape demo · everything below is real: Kubernetes, pods, the operator, the sidecar\n\n'
if is_current; then
  tag=${TAG:-dev}
  step 'build the command line' cargo build --quiet --package shipshape
else
  cluster_tool requirements --install
  step 'build operator, sidecar, cli' build
  tag=$(cat target/*/quick/shipshape-operator target/*/quick/shipshape-sidecar | sha256sum | cut -c1-10)
  step 'build Kubernetes (once; later runs reuse it)' cluster_tool build
  step "start cluster \"$NAME\"" cluster_tool up --name "$NAME"
  eval "$(cluster_tool env --name "$NAME")"
  step 'load images' load_images
fi
step 'helm install shipshape' install_charts
forget_key >/dev/null 2>&1 || true
if is_current; then
  step 'kubectl apply examples/quickstart' apply_quickstart
else
  step 'kubectl apply -f examples/quickstart' kubectl apply -f examples/quickstart
fi
step 'apisvc/quickstart Ready' wait_ready

mkdir -p target/cluster
ca=target/cluster/$NAME-ca.pem
key=$(secret secret first-api-key key | base64 -d)
kubectl --namespace demo get configmap quickstart-ca --output 'jsonpath={.data.ca\.crt}' >"$ca"
address=$(kubectl --namespace demo get service quickstart --output 'jsonpath={.spec.clusterIP}')

step 'the key is accepted by every pod' key_works

printf '\n'
target/debug/shipshape try --url https://quickstart.demo.svc --http-url http://quickstart.demo.svc --resolve "$address" --cacert "$ca" --key "$key"

printf '\n The refusal as its client sees it:\n'
# Each pod counts for itself: ask until one that is exhausted answers.
for _ in $(seq 70); do
  refusal=$(curl --silent --include --cacert "$ca" --resolve "quickstart.demo.svc:443:$address" --header "X-API-Key: $key" https://quickstart.demo.svc/hello | tr -d '\r')
  case $refusal in *' 429'*) break ;; esac
done
grep -E '^HTTP|^content-type|^x?-?ratelimit|^retry-after|^x-request-id|^\{' <<<"$refusal" | sed 's/^/   /'

printf '\n\n The key that stood in a query, as the access log has it:\n'
redacted() { kubectl --namespace demo logs --selector shipshape.dev/service=quickstart --container shipshape --tail=-1 | grep API_KEY_IN_QUERY; }
# A line reaches the log within a second of its request.
for _ in 1 2 3 4 5; do redacted >/dev/null && break; sleep 1; done
redacted | tail -n 1 | sed 's/^/   /'

printf '\n'
kubectl --namespace demo get apisvc
printf '\n'
pods=$(kubectl --namespace demo get pods --selector shipshape.dev/service=quickstart --output 'jsonpath={.items[*].status.podIP}')
printf ' What the pods counted (%s):\n' "$(printf 'http://%s:9443/metrics ' $pods | sed 's/ $//; s/ /, /g')"
for pod in $pods; do curl --silent "http://$pod:9443/metrics"; done \
  | awk '/^shipshape_(requests|refusals)_total\{/ { sum[$1] += $2 } END { for (series in sum) if (sum[series]) print "   " series, sum[series] }' \
  | sort

cat <<END

 Next, each line as it stands:
   export KUBECONFIG=${KUBECONFIG:-$HOME/.kube/config} PATH=$(dirname "$(command -v kubectl)"):\$PATH
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

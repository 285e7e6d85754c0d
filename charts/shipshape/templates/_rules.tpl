{{/*
What the operator does in a namespace that it serves; a ClusterRole or one Role per namespace carries it.
No wildcards, no escalate, bind or impersonate, and nothing that can mint a token. Every kind that the operator makes
stands here with the same verbs: made, adopted by server-side apply, repaired by replacement, removed.
*/}}
{{- define "shipshape.serviceRules" -}}
# What it serves.
- apiGroups: [shipshape.dev]
  resources: [apisvcs, apikeys]
  verbs: [get, list, watch]
- apiGroups: [shipshape.dev]
  resources: [apisvcs/status, apikeys/status]
  verbs: [patch]
# Owner references that block deletion ask for this where OwnerReferencesPermissionEnforcement is on, as in OpenShift.
- apiGroups: [shipshape.dev]
  resources: [apisvcs/finalizers, apikeys/finalizers]
  verbs: [update]
# What it makes.
- apiGroups: [""]
  resources: [configmaps, secrets, serviceaccounts, services]
  verbs: [create, delete, get, list, patch, update, watch]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [create, delete, get, list, patch, update, watch]
# The number of replicas, apart from everything else, so that an autoscaler can take it over.
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [patch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [create, delete, get, list, patch, update, watch]
# What it looks at, to say why something is not ready. An annotation makes the kubelet refresh the mounted policy at once.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, patch, watch]
# Where an autoscaler says how many pods run, the operator does not.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

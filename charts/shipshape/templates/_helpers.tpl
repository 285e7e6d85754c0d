{{/* The chart's name, or what replaces it. */}}
{{- define "shipshape.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 43 | trimSuffix "-" -}}
{{- end -}}

{{/* The prefix of every object's name. 43 characters leave room for the longest ending in 63. */}}
{{- define "shipshape.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 43 | trimSuffix "-" -}}
{{- else if contains (include "shipshape.name" .) .Release.Name -}}
{{- .Release.Name | trunc 43 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "shipshape.name" .) | trunc 43 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of what belongs to the operator's pods. */}}
{{- define "shipshape.operator" -}}
{{- include "shipshape.fullname" . }}-operator
{{- end -}}

{{/* The name of the operator's ServiceAccount. */}}
{{- define "shipshape.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "shipshape.operator" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name: name the ServiceAccount to use, because serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "shipshape.labels" -}}
{{ include "shipshape.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: shipshape
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* What selects every pod of the release. */}}
{{- define "shipshape.selector" -}}
app.kubernetes.io/name: {{ include "shipshape.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* What selects the operator's pods. */}}
{{- define "shipshape.operatorSelector" -}}
{{ include "shipshape.selector" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* An image reference from (dict "image" IMAGE "registry" REGISTRY "root" $). */}}
{{- define "shipshape.image" -}}
{{- $name := .image.repository -}}
{{- with .registry -}}
{{- $name = printf "%s/%s" (trimSuffix "/" .) $name -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "shipshape.operatorImage" -}}
{{- include "shipshape.image" (dict "image" .Values.image "registry" .Values.image.registry "root" .) -}}
{{- end -}}

{{- define "shipshape.sidecarImage" -}}
{{- $registry := default .Values.image.registry .Values.sidecar.image.registry -}}
{{- include "shipshape.image" (dict "image" .Values.sidecar.image "registry" $registry "root" .) -}}
{{- end -}}

{{/* Restricted as Pod Security defines it, for every pod of the chart. */}}
{{- define "shipshape.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "shipshape.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* True for requests of the operator's own account. */}}
{{- define "shipshape.isOperator" -}}
request.userInfo.username == "system:serviceaccount:{{ .Release.Namespace }}:{{ include "shipshape.serviceAccount" . }}"
{{- end -}}

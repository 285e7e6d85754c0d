{{/* The operator's command line: everything it is told, in one place. */}}
{{- define "shipshape.operatorArgs" -}}
- run
- --admin=0.0.0.0:8080
- --sidecar-image={{ include "shipshape.sidecarImage" . }}
- --sidecar-pull-policy={{ .Values.sidecar.image.pullPolicy }}
{{- range .Values.sidecar.imagePullSecrets }}
- --sidecar-pull-secret={{ .name }}
{{- end }}
- --cluster-domain={{ .Values.clusterDomain }}
{{- with .Values.certificates.lifetime }}
- --certificate-lifetime={{ . }}
{{- end }}
{{- with .Values.certificates.rootLifetime }}
- --root-lifetime={{ . }}
{{- end }}
{{- with .Values.certificates.publishRootFor }}
- --publish-root-for={{ . }}
{{- end }}
{{- range .Values.watchNamespaces }}
- --namespace={{ . }}
{{- end }}
{{- end -}}

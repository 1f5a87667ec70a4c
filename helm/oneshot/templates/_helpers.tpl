{{- define "oneshot.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 36 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 36 characters, so that a pool's name and a pod's hash have room in 63. */ -}}
{{- define "oneshot.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 36 | trimSuffix "-" -}}
{{- else if contains (include "oneshot.name" .) .Release.Name -}}
{{- .Release.Name | trunc 36 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "oneshot.name" .) | trunc 36 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "oneshot.selector" -}}
app.kubernetes.io/name: {{ include "oneshot.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "oneshot.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{ include "oneshot.selector" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "oneshot.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "oneshot.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- /* An image: dict "root" $ "image" IMAGE; what the image leaves out is the chart's. */ -}}
{{- define "oneshot.image" -}}
{{- $own := .root.Values.image -}}
{{- $other := default dict .image -}}
{{- $repository := default $own.repository $other.repository -}}
{{- if or $other.repository $other.tag $other.digest -}}
{{- if $other.digest -}}
{{- printf "%s@%s" $repository $other.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default (default .root.Chart.AppVersion $own.tag) $other.tag) -}}
{{- end -}}
{{- else if $own.digest -}}
{{- printf "%s@%s" $repository $own.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion $own.tag) -}}
{{- end -}}
{{- end -}}

{{- define "oneshot.redis.url" -}}
{{- if .Values.redis.bundled.enabled -}}
redis://{{ include "oneshot.fullname" . }}-redis:6379
{{- else -}}
{{- .Values.redis.url -}}
{{- end -}}
{{- end -}}

{{- define "oneshot.redis.port" -}}
{{- if .Values.redis.bundled.enabled -}}
6379
{{- else -}}
{{- $host := (urlParse .Values.redis.url).host -}}
{{- regexFind ":[0-9]+$" $host | trimPrefix ":" | default "6379" -}}
{{- end -}}
{{- end -}}

{{- define "oneshot.redis.secret" -}}
{{- if .Values.redis.existingSecret -}}
{{- .Values.redis.existingSecret -}}
{{- else if .Values.redis.bundled.enabled -}}
{{- include "oneshot.fullname" . }}-redis
{{- end -}}
{{- end -}}

{{- define "oneshot.key.secret" -}}
{{- default (printf "%s-key" (include "oneshot.fullname" .)) .Values.api.existingSecret -}}
{{- end -}}

{{- define "oneshot.claim" -}}
{{- default (printf "%s-store" (include "oneshot.fullname" .)) .Values.store.pvc.existingClaim -}}
{{- end -}}

{{- /* The pools by name, each with its defaults, as YAML. Lists and values replace; maps are merged, two levels deep, so that 0, false and "" count as given. */ -}}
{{- define "oneshot.pools" -}}
{{- $pools := dict -}}
{{- range $name, $given := .Values.trainers -}}
{{- $pool := deepCopy $.Values.trainerDefaults -}}
{{- range $key, $value := default dict $given -}}
{{- if and (kindIs "map" $value) (has $key (list "image" "gpu" "scaling" "resources")) -}}
{{- range $inner, $one := $value -}}
{{- $_ := set (get $pool $key) $inner $one -}}
{{- end -}}
{{- else -}}
{{- $_ := set $pool $key $value -}}
{{- end -}}
{{- end -}}
{{- if $pool.enabled -}}
{{- $_ := set $pools $name $pool -}}
{{- end -}}
{{- end -}}
{{- toYaml $pools -}}
{{- end -}}

{{- define "oneshot.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "oneshot.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

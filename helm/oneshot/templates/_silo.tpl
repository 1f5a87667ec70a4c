{{- /*
  The pod of a silo: dict "root" $ "component" control|trainer "spec" VALUES "args" LIST, and of trainers "pool" NAME.
  The data folder is the pod's own: logs, work, models. What is shared lies in the store.
*/ -}}
{{- define "oneshot.silo.labels" -}}
{{ include "oneshot.selector" .root }}
app.kubernetes.io/component: {{ .component }}
{{- with .pool }}
oneshot/pool: {{ . }}
{{- end }}
{{- end -}}

{{- define "oneshot.silo.args" -}}
- serve
- --cluster
- {{ include "oneshot.redis.url" .root | quote }}
- --role
- {{ .component }}
{{- with .root.Values.models.keepDays }}
- --keep-models
- {{ . | quote }}
{{- end }}
{{- if .root.Values.redis.allowVolatile }}
- --allow-volatile-redis
{{- end }}
{{- range .root.Values.api.webhookAllow }}
- --webhook-allow
- {{ . | quote }}
{{- end }}
{{- range .root.Values.api.allowPull }}
- --allow-pull
- {{ . | quote }}
{{- end }}
- --management-urls
- http://{{ .root.Values.listenAddress }}:{{ .root.Values.ports.management }}
{{- end -}}

{{- define "oneshot.silo.env" -}}
{{- $values := .root.Values -}}
- name: ONESHOT_BIND
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: ONESHOT_BIND_SILO_PORT
  value: {{ $values.ports.silo | quote }}
- name: ONESHOT_BIND_GATEWAY_PORT
  value: {{ $values.ports.gateway | quote }}
{{- if $values.allowPublicAddresses }}
- name: ONESHOT_ALLOW_PUBLIC
  value: "1"
{{- end }}
- name: ONESHOT_DATA
  value: /data
{{- if include "oneshot.redis.secret" .root }}
- name: ONESHOT_REDIS_PASSWORD_FILE
  value: /run/secrets/oneshot/redis
{{- end }}
{{- if eq $values.store.type "pvc" }}
- name: ONESHOT_STORE
  value: file:///store
{{- else }}
{{- with $values.store.azure }}
{{- if eq .auth "connectionString" }}
- name: ONESHOT_BLOBS_CONNECTION_FILE
  value: /run/secrets/oneshot/blobs
{{- else }}
- name: ONESHOT_BLOBS_URI
  value: {{ .uri | quote }}
{{- if and (eq .auth "managedIdentity") .clientId }}
- name: ONESHOT_BLOBS_CLIENT_ID
  value: {{ .clientId | quote }}
{{- end }}
{{- end }}
{{- with .container }}
- name: ONESHOT_BLOBS_CONTAINER
  value: {{ . | quote }}
{{- end }}
{{- with .prefix }}
- name: ONESHOT_BLOBS_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if eq .component "control" }}
- name: ONESHOT_BOOTSTRAP_KEY_FILE
  value: /run/secrets/oneshot/key
{{- end }}
{{- with $values.models.url }}
- name: ONESHOT_MODELS_URL
  value: {{ . | quote }}
{{- end }}
{{- if $values.models.existingSecret }}
- name: ONESHOT_MODELS_TOKEN_FILE
  value: /run/secrets/oneshot/models
{{- end }}
{{- with $values.logLevel }}
- name: ONESHOT_LOG_LEVEL
  value: {{ . }}
{{- end }}
{{- with .spec.libtorch }}
- name: ONESHOT_LIBTORCH
  value: {{ . | quote }}
{{- end }}
{{- with .spec.threads }}
- name: ONESHOT_THREADS
  value: {{ . | quote }}
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "oneshot.silo.secrets" -}}
{{- $values := .root.Values -}}
{{- with include "oneshot.redis.secret" .root }}
- secret: {name: {{ . }}, items: [{key: {{ $values.redis.secretKey }}, path: redis}]}
{{- end }}
{{- if and (eq $values.store.type "azure") (eq $values.store.azure.auth "connectionString") }}
- secret: {name: {{ $values.store.azure.existingSecret }}, items: [{key: {{ $values.store.azure.secretKey }}, path: blobs}]}
{{- end }}
{{- with $values.models.existingSecret }}
- secret: {name: {{ . }}, items: [{key: {{ $values.models.secretKey }}, path: models}]}
{{- end }}
{{- if eq .component "control" }}
- secret: {name: {{ include "oneshot.key.secret" .root }}, items: [{key: {{ $values.api.secretKey }}, path: key}]}
{{- end }}
{{- end -}}

{{- define "oneshot.silo.pod" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $trains := eq .component "trainer" -}}
{{- $secrets := include "oneshot.silo.secrets" . | trim -}}
metadata:
  labels:
    {{- include "oneshot.silo.labels" . | nindent 4 }}
    oneshot/silo: "true"
    {{- if and (eq $values.store.type "azure") (eq $values.store.azure.auth "workloadIdentity") }}
    azure.workload.identity/use: "true"
    {{- end }}
    {{- with $values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .spec.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "oneshot.serviceAccount" $root }}
  automountServiceAccountToken: false
  # A service called oneshot would set ONESHOT_PORT and more in every pod.
  enableServiceLinks: false
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .spec.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with .spec.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .spec.terminationGracePeriodSeconds }}
  securityContext:
    {{- include "oneshot.podSecurity" . | nindent 4 }}
  {{- with .spec.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .spec.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .spec.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .spec.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml .spec.topologySpreadConstraints | nindent 4 }}
  {{- else if not $trains }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "oneshot.silo.labels" . | nindent 10 }}
  {{- end }}
  {{- if and $trains (eq $values.modelCache.type "hostPath") $values.modelCache.prepare }}
  initContainers:
    - name: model-cache
      image: {{ include "oneshot.image" (dict "root" $root "image" .spec.image) | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: [sh, -c, "mkdir -p /cache/models /cache/models-cache && chown 10001:10001 /cache/models /cache/models-cache"]
      securityContext:
        runAsNonRoot: false
        runAsUser: 0
        runAsGroup: 0
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL], add: [CHOWN, DAC_OVERRIDE]}
      resources:
        requests: {cpu: 10m, memory: 16Mi}
        limits: {memory: 64Mi}
      volumeMounts:
        - {name: models, mountPath: /cache}
  {{- end }}
  containers:
    - name: oneshot
      image: {{ include "oneshot.image" (dict "root" $root "image" .spec.image) | quote }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args:
        {{- .args | nindent 8 }}
      env:
        {{- include "oneshot.silo.env" . | nindent 8 }}
      ports:
        {{- if not $trains }}
        - {name: http, containerPort: {{ $values.ports.http }}, protocol: TCP}
        {{- end }}
        - {name: management, containerPort: {{ $values.ports.management }}, protocol: TCP}
        - {name: silo, containerPort: {{ $values.ports.silo }}, protocol: TCP}
        - {name: gateway, containerPort: {{ $values.ports.gateway }}, protocol: TCP}
      # Longer than serve waits for silos of an earlier version to leave (--upgrade-wait), so that it says why itself.
      startupProbe:
        httpGet: {path: /healthz/startup, port: management}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 108
      # The program itself gives what it asks 3 seconds.
      readinessProbe:
        httpGet: {path: /healthz/ready, port: management}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      livenessProbe:
        httpGet: {path: /healthz/live, port: management}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      {{- if not $trains }}
      # Until proxies have heard that it goes.
      lifecycle:
        preStop: {sleep: {seconds: 5}}
      {{- end }}
      securityContext:
        {{- include "oneshot.containerSecurity" . | nindent 8 }}
      resources:
        {{- $resources := deepCopy .spec.resources }}
        {{- if and $trains .spec.gpu.resource }}
        {{- $limits := default dict $resources.limits }}
        {{- $_ := set $limits .spec.gpu.resource (int .spec.gpu.count) }}
        {{- $_ := set $resources "limits" $limits }}
        {{- end }}
        {{- toYaml $resources | nindent 8 }}
      volumeMounts:
        - {name: data, mountPath: /data}
        - {name: tmp, mountPath: /tmp}
        {{- if $trains }}
        - {name: models, mountPath: /data/models, subPath: models}
        - {name: models, mountPath: /data/models-cache, subPath: models-cache}
        {{- end }}
        {{- if eq $values.store.type "pvc" }}
        - {name: store, mountPath: /store}
        {{- end }}
        {{- if $secrets }}
        - {name: secrets, mountPath: /run/secrets/oneshot, readOnly: true}
        {{- end }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: data
      emptyDir: {sizeLimit: {{ if $trains }}{{ .spec.workSize }}{{ else }}5Gi{{ end }}}
    - name: tmp
      emptyDir: {sizeLimit: 1Gi}
    {{- if $trains }}
    - name: models
      {{- if eq $values.modelCache.type "hostPath" }}
      hostPath: {path: {{ $values.modelCache.hostPath }}, type: DirectoryOrCreate}
      {{- else if eq $values.modelCache.type "ephemeral" }}
      ephemeral:
        volumeClaimTemplate:
          metadata:
            labels:
              {{- include "oneshot.selector" $root | nindent 14 }}
          spec:
            accessModes: [ReadWriteOnce]
            {{- with $values.modelCache.storageClassName }}
            storageClassName: {{ . }}
            {{- end }}
            resources: {requests: {storage: {{ $values.modelCache.size }}}}
      {{- else }}
      emptyDir: {sizeLimit: {{ $values.modelCache.size }}}
      {{- end }}
    {{- end }}
    {{- if eq $values.store.type "pvc" }}
    - name: store
      persistentVolumeClaim: {claimName: {{ include "oneshot.claim" $root }}}
    {{- end }}
    {{- if $secrets }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- $secrets | nindent 10 }}
    {{- end }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

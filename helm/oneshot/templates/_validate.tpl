{{- /* What a schema can't say, or says badly: each a sentence that names the values. */ -}}
{{- define "oneshot.validate" -}}
{{- $values := .Values -}}
{{- if and (not $values.redis.bundled.enabled) (not $values.redis.url) -}}
{{- fail "redis.url is empty: give the address of your Redis, such as redis.url=rediss://redis.internal:6379, or take the small one for trials with redis.bundled.enabled=true." -}}
{{- end -}}
{{- if and $values.redis.bundled.enabled $values.redis.url -}}
{{- fail "redis.url and redis.bundled.enabled name two places for jobs: give one or the other." -}}
{{- end -}}
{{- if and $values.production (not $values.redis.bundled.enabled) (not (hasPrefix "rediss://" $values.redis.url)) (not $values.redis.existingSecret) -}}
{{- fail "production needs a Redis that asks who is there: give rediss:// in redis.url, or a password in redis.existingSecret." -}}
{{- end -}}
{{- if not $values.store.type -}}
{{- fail "store.type is empty: give azure (Blob Storage) or pvc (a volume that all pods mount)." -}}
{{- end -}}
{{- if eq $values.store.type "azure" -}}
{{- $azure := $values.store.azure -}}
{{- if and (eq $azure.auth "connectionString") (not $azure.existingSecret) -}}
{{- fail "store.azure.existingSecret is empty: name the secret that holds the connection string, or set store.azure.auth to managedIdentity or workloadIdentity." -}}
{{- end -}}
{{- if and (eq $azure.auth "connectionString") $azure.uri -}}
{{- fail "store.azure.uri is for identities, and store.azure.auth is connectionString, which holds the address itself: give one of them." -}}
{{- end -}}
{{- if and (ne $azure.auth "connectionString") (not $azure.uri) -}}
{{- fail (printf "store.azure.uri is empty: with store.azure.auth=%s give the blob service, such as https://ACCOUNT.blob.core.windows.net." $azure.auth) -}}
{{- end -}}
{{- if and (eq $azure.auth "workloadIdentity") (not $azure.clientId) -}}
{{- fail "store.azure.clientId is empty: workload identity needs the client id of the identity that is federated with the service account." -}}
{{- end -}}
{{- end -}}
{{- if and $values.ingress.enabled (not $values.ingress.tlsSecret) -}}
{{- fail "ingress.tlsSecret is empty: keys and photos go over HTTP, so an ingress is made with TLS alone; name the secret of the certificate." -}}
{{- end -}}
{{- if and $values.ingress.enabled (not $values.ingress.host) -}}
{{- fail "ingress.host is empty: give the name of the server, such as oneshot.example.org." -}}
{{- end -}}
{{- $ports := list (int $values.ports.http) (int $values.ports.management) (int $values.ports.silo) (int $values.ports.gateway) -}}
{{- if ne (len ($ports | uniq)) 4 -}}
{{- fail "ports.http, ports.management, ports.silo and ports.gateway must be four different ports." -}}
{{- end -}}
{{- range $name, $pool := include "oneshot.pools" . | fromYaml -}}
{{- if and $pool.scaling.enabled (not $pool.scaling.serverAddress) -}}
{{- fail (printf "trainers.%s.scaling.serverAddress is empty: give the address of Prometheus, such as http://prometheus.monitoring:9090." $name) -}}
{{- end -}}
{{- if gt (int $pool.scaling.minReplicas) (int $pool.scaling.maxReplicas) -}}
{{- fail (printf "trainers.%s.scaling.minReplicas is above maxReplicas." $name) -}}
{{- end -}}
{{- if and $pool.gpu.resource (gt (int $pool.slots) (int $pool.gpu.count)) -}}
{{- fail (printf "trainers.%s has %d slots and %d GPUs: slots beyond the GPUs would be slots of the processor; give as many slots as gpu.count." $name (int $pool.slots) (int $pool.gpu.count)) -}}
{{- end -}}
{{- if eq $pool.kind "ScaledJob" -}}
{{- if not $pool.scaling.enabled -}}
{{- fail (printf "trainers.%s is a ScaledJob and trainers.%s.scaling.enabled is false: nobody would start its jobs." $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

# syntax=docker/dockerfile:1.10
# docker build --target cpu -t oneshot:0.1.0 .          the processor's libtorch
# docker build --target cuda -t oneshot:0.1.0-cuda .    NVIDIA's GPUs; libtorch brings CUDA's libraries, the machine the driver (570 or newer)
# Where there is no engine, build/container-check runs the steps of target cpu in a bare root; so every RUN is a script of build/container.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG CPU_IMAGE=debian:bookworm-slim
ARG CUDA_IMAGE=nvidia/cuda:12.8.1-base-ubuntu24.04

FROM ${SDK_IMAGE} AS source
WORKDIR /src
COPY . .

FROM source AS build-cpu
RUN --mount=type=cache,target=/root/.nuget/packages build/container/publish cpu /out

FROM source AS build-cuda
RUN --mount=type=cache,target=/root/.nuget/packages build/container/publish cuda /out

FROM ${CUDA_IMAGE} AS cuda
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="OrleansOneShot" \
      org.opencontainers.image.description="One photo, a mask and a class name become a LoRA for Stable Diffusion (CUDA)." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY build/container /app/container
RUN /app/container/system
COPY --from=build-cuda /out /app
ENV ONESHOT_DATA=/data
ENV HOME=/tmp
WORKDIR /data
USER 10001:10001
EXPOSE 8080 9464 11111 30000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["/app/container/health"]
ENTRYPOINT ["/app/oneshot"]
CMD ["--help"]

FROM ${CPU_IMAGE} AS cpu
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="OrleansOneShot" \
      org.opencontainers.image.description="One photo, a mask and a class name become a LoRA for Stable Diffusion." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY build/container /app/container
RUN /app/container/system
COPY --from=build-cpu /out /app
ENV ONESHOT_DATA=/data
ENV HOME=/tmp
WORKDIR /data
USER 10001:10001
RUN /app/container/self-check
EXPOSE 8080 9464 11111 30000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["/app/container/health"]
ENTRYPOINT ["/app/oneshot"]
CMD ["--help"]

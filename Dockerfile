# The build image and the runtime image. A release pins both by digest.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
# Needs glibc, libstdc++ and CA certificates; no shell and no Node.
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
# The image runs the Node of the lockfile, which pins it by hash and architecture. What the operator bundles is among its development
# dependencies. File modes do not depend on the checkout: all users may read, none may write.
RUN npm ci --ignore-scripts --no-audit --no-fund \
  && npm run build -w apps/operator \
  && rm apps/operator/dist/*.map \
  && install -D node_modules/node-linux-*/bin/node /image/node \
  && install -m 0644 node_modules/node-linux-*/LICENSE /image/node-LICENSE \
  && chmod -R go=rX LICENSE apps/operator/package.json apps/operator/dist

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="ack-secret-manager" \
  org.opencontainers.image.description="Keeps Kubernetes Secrets equal to secrets in Alibaba Cloud KMS" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}"
COPY --from=build /image/node /usr/local/bin/node
COPY --from=build /image/node-LICENSE /usr/local/share/doc/node/LICENSE
COPY --from=build /src/LICENSE /app/LICENSE
COPY --from=build /src/apps/operator/package.json /app/package.json
COPY --from=build /src/apps/operator/dist /app/dist
# The same values as in apps/operator/bin/runtime.json. Half of the threads look names up, and a name that hangs takes one for ten seconds. The heap limit is a variable, because a flag could not be raised by a user.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 UV_THREADPOOL_SIZE=16 NODE_OPTIONS=--max-old-space-size=512
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=4", "/app/dist/start.js"]

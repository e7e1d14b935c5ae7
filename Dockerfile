# syntax=docker/dockerfile:1
# The command as an image. Its working directory holds history and reports; what is written there belongs to user 65532:
#   docker build -t mlflow-migrate .
#   docker run --rm -e POSTGRES_URI -e MONGODB_URI -v mlflow-migrate:/state mlflow-migrate --dry-run
# The function app is deployed as a package (azd up), and is no image.
ARG NODE=24

FROM node:${NODE}-bookworm-slim AS build
WORKDIR /source
# What is installed follows from these files alone, so a change of the sources leaves this layer as it is.
COPY package.json package-lock.json ./
COPY packages/dev-servers/package.json packages/dev-servers/
COPY packages/functions-host/package.json packages/functions-host/
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The image holds what npm would install, and nothing else.
RUN npm run --silent build \
  && npm pack --ignore-scripts --silent --pack-destination /tmp \
  && mkdir /package /state \
  && tar -xzf /tmp/mlflow-migrate-*.tgz -C /package --strip-components=1

# No shell and no package manager; its user nonroot is 65532.
FROM gcr.io/distroless/nodejs${NODE}-debian12:nonroot
LABEL org.opencontainers.image.title="mlflow-migrate" \
  org.opencontainers.image.description="Moves an MLflow tracking database from PostgreSQL to MongoDB or Cosmos DB" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /package /opt/mlflow-migrate
COPY --from=build --chown=65532:65532 /state /state
ENV NODE_ENV=production
USER 65532:65532
WORKDIR /state
VOLUME /state
# A migration's own host answers, or there is none: one that follows its source for days is told when it hangs.
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s \
  CMD ["/nodejs/bin/node", "/opt/mlflow-migrate/dist/command/healthMain.js"]
# node is the first process, so `docker stop` and Ctrl-C reach the command, which ends in order and can be resumed.
ENTRYPOINT ["/nodejs/bin/node", "/opt/mlflow-migrate/dist/cli.cjs"]
CMD ["--help"]

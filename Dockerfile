# syntax=docker/dockerfile:1

# `make image` builds the same binary into an image without a container engine;
# that is what releases publish.

# The builder runs on the build machine and compiles for the target.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src

COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download

COPY main.go ./
COPY api ./api
COPY controllers ./controllers
COPY internal ./internal

ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -buildvcs=false -trimpath -tags grpcnotrace \
      -ldflags "-s -w -X github.com/accessnotifier/accessnotifier/internal/cli.version=$VERSION" \
      -o /access-notifier .

FROM gcr.io/distroless/static:nonroot
COPY --from=build /access-notifier /access-notifier
USER 65532:65532
ENTRYPOINT ["/access-notifier"]

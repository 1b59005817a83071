# `make image` builds the same binary into an image without a container engine;
# that is what releases publish.

# The builder runs on the build machine and compiles for the target. Dependabot moves the
# digests.
FROM --platform=$BUILDPLATFORM golang:1.26@sha256:0f063af2d465d8dcae54cce04278ada488b96f77b42449c8d071e47d016cc65a AS build
WORKDIR /src

COPY go.mod go.sum LICENSE ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download

COPY main.go ./
COPY api ./api
COPY controllers ./controllers
COPY internal ./internal
COPY hack/image ./hack/image
COPY hack/licenses ./hack/licenses

ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -buildvcs=false -trimpath -tags grpcnotrace \
      -ldflags "-s -w -X github.com/accessnotifier/accessnotifier/internal/cli.version=$VERSION" \
      -o /access-notifier . && \
    go run -C hack/licenses . -tags grpcnotrace -output /licenses

FROM gcr.io/distroless/static:nonroot@sha256:f7f8f729987ad0fdf6b05eeeae94b26e6a0f613bdf46feea7fc40f7bd72953e6
COPY --from=build /access-notifier /access-notifier
COPY --from=build /licenses/operator/LICENSE /licenses/operator/NOTICES.txt /licenses/
USER 65532:65532
ENTRYPOINT ["/access-notifier"]

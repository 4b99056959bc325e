# Build: docker build -t handshark .
# Files: docker run --rm -v "$PWD:/captures:ro" handshark analyze /captures
# Other engines than Docker may need --cap-add NET_RAW: a program whose capability
# cannot be granted is not executed.
FROM golang:1.26-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpcap-dev libcap2-bin \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.release=${VERSION}" -o /out/handshark ./cmd/handshark \
 && setcap cap_net_raw=ep /out/handshark

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpcap0.8 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --no-create-home --shell /usr/sbin/nologin --uid 10001 handshark
COPY --from=build /out/handshark /usr/local/bin/handshark
# a number, for runAsNonRoot
USER 10001
ENTRYPOINT ["/usr/local/bin/handshark"]
CMD ["--help"]

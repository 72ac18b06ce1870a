# Gregaria alone: one static program, the authorities it trusts, and a place for results.
#
#   docker build -t gregaria .
#   docker run --rm -p 127.0.0.1:8089:8089 gregaria          # its log has the link to log in by
#   docker run --rm gregaria --headless -u 20 -t 1m -H https://staging.example get

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# The history comes along: it tells the program its version.
COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags=-s -o /out/gregaria ./cmd/gregaria \
 && mkdir /out/results

FROM scratch
LABEL org.opencontainers.image.title="Gregaria" \
      org.opencontainers.image.description="A load tester with a live page" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/results /results
COPY --from=build /out/gregaria /gregaria
USER 65532:65532
# Where --csv and its like write: docker run -v "$PWD/results:/results" …
WORKDIR /results
# Inside a container every address is the container's own; who can reach it must log in.
ENV GREGARIA_WEB_HOST=0.0.0.0 \
    GREGARIA_WEB_LOGIN=true
EXPOSE 8089
# It learns the port from the flags of what runs. Without a page it is healthy as long as it runs.
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/gregaria", "healthcheck"]
ENTRYPOINT ["/gregaria"]

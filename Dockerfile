# Images for those who have Docker. `make images` makes the same ones without it, and those are what the tests run.
#
#   docker build --target sidecar     --tag shipshape.dev/shipshape-sidecar:dev .
#   docker build --target operator    --tag shipshape.dev/shipshape-operator:dev .
#   docker build --target example-app --tag shipshape.dev/example-app:dev .
#
# --build-arg PROFILE=quick builds in a third of the time; the programs are somewhat larger and slower.

FROM rust:1.95.0-bookworm AS source
# The image's own toolchain: rust-toolchain.toml would fetch formatter and linter as well.
ENV RUSTUP_TOOLCHAIN=1.95.0
# Static programs in images that hold nothing else, as `make binaries` builds them. The explicit --target below keeps
# these flags away from build scripts and macros, which cannot be static.
ENV RUSTFLAGS='-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"'
ARG PROFILE=release
WORKDIR /source
COPY . .
RUN cargo fetch --locked

# Each program is built alone, so that none gets another's features.
FROM source AS build-sidecar
ENV PACKAGE=shipshape-sidecar
# How its code is used, as `make profile` recorded it: the compiler keeps together what runs together.
ENV RUSTFLAGS="$RUSTFLAGS -C profile-use=/source/sidecar/usage.profdata"
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && cargo build --locked --offline --profile "$PROFILE" --target "$host" --package "$PACKAGE" \
 && cp "target/$host/$PROFILE/$PACKAGE" /program

FROM source AS build-operator
ENV PACKAGE=shipshape-operator
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && cargo build --locked --offline --profile "$PROFILE" --target "$host" --package "$PACKAGE" \
 && cp "target/$host/$PROFILE/$PACKAGE" /program

FROM source AS build-example-app
ENV PACKAGE=shipshape-example-app
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && cargo build --locked --offline --profile "$PROFILE" --target "$host" --package "$PACKAGE" \
 && cp "target/$host/$PROFILE/$PACKAGE" /program

FROM scratch AS example-app
COPY --from=build-example-app /program /shipshape-example-app
USER 65532:65532
ENTRYPOINT ["/shipshape-example-app"]

# Pods name these paths: the sidecar's drain hook runs /shipshape-sidecar.
FROM scratch AS sidecar
COPY --from=build-sidecar /program /shipshape-sidecar
USER 65532:65532
ENTRYPOINT ["/shipshape-sidecar"]

FROM scratch AS operator
COPY --from=build-operator /program /shipshape-operator
USER 65532:65532
ENTRYPOINT ["/shipshape-operator"]

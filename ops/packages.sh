# shellcheck shell=bash disable=SC2034
# Every Debian 12 package the project asks for, stated once. Sourced by ops/common.sh.

packages_build=(
    build-essential cmake ninja-build ccache  # compiler and build; ccache makes the second build quick
    libboost1.81-dev                          # Asio and Beast: coroutines, HTTP
    libssl-dev                                # TLS, SHA-256, HMAC
    rapidjson-dev libpugixml-dev              # JSON, and XML of the AWS Query protocol
    prometheus-cpp-dev                        # metrics; brings civetweb and curl, which its CMake file looks for
    libpcre2-dev                              # patterns of AWS's service models: look-ahead, Unicode classes
    zlib1g-dev                                # logs of simulate that are gzipped; civetweb asks for it too
    libsqlite3-dev                            # the ledger
    libyaml-cpp-dev libcli11-dev              # fleet.yaml, command line
    libspdlog-dev libfmt-dev
)
packages_test=(
    libgtest-dev libgmock-dev librapidcheck-dev
    prometheus                                # for promtool, which checks /metrics; the service is not started
    python3 git                               # the repository's checks of itself
)
packages_bench=(libbenchmark-dev)
packages_ci=(
    clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev llvm-19  # sanitizers need the symbolizer of llvm-19
    python3-venv ca-certificates              # boto3 and moto for tests/interop
    strace                                    # makes fsync fail in tests/world
)
# Node.js of another source often brings its own npm, which Debian's package conflicts with: used only where npm is missing.
packages_npm=(nodejs npm)

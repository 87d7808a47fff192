# shellcheck shell=bash
# What the scripts of this folder share. Source it; it sets `root`, the top of the checkout.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=ops/packages.sh
source "$root/ops/packages.sh"

readonly memory_kib_min=$((1800 * 1024))  # 2 GB less what firmware and kernel keep; one compiler takes about 1 GB
readonly progress_seconds=15

say() { printf '%s\n' "$*" >&2; }
die() {
    say "${0##*/}: $*"
    exit 1
}

check_host() {
    local id='' version='' memory
    if [[ -r /etc/os-release ]]; then
        id=$(. /etc/os-release && echo "${ID:-}")
        version=$(. /etc/os-release && echo "${VERSION_ID:-}")
    fi
    [[ $id == debian && $version == 12 ]] ||
        die "this is ${id:-an unknown system} ${version}, and the package names are those of Debian 12; elsewhere install the libraries listed in ops/packages.sh and build with: cmake --preset release && cmake --build --preset release"
    memory=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)
    ((memory >= memory_kib_min)) ||
        die "this machine has $((memory / 1024)) MB of memory; the build needs 2 GB"
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

# install_missing WHY PACKAGE...: installs what is not there yet and says so; says nothing when all is there.
install_missing() {
    local why=$1 p
    shift
    local missing=()
    for p in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) == installed ]] || missing+=("$p")
    done
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || command -v sudo >/dev/null ||
        die "these packages are missing and installing them takes root or sudo: ${missing[*]}"
    say "installing for $why: ${missing[*]}"
    local log status=0
    log=$(mktemp)
    # Services that come along (prometheus) must not start on a machine that only wanted to build.
    local policy=/usr/sbin/policy-rc.d placed=0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        placed=1
    fi
    {
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
                install --no-install-recommends "${missing[@]}"
    } >"$log" 2>&1 </dev/null || status=$?
    if ((placed)); then as_root rm -f $policy; fi
    if ((status)); then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "apt could not install these packages; its last lines stand above"
    fi
    rm -f "$log"
}

# As many compilers as processors, but no more than memory carries.
build_jobs() {
    local by_memory
    by_memory=$(awk '/^MemAvailable:/ {print int($2 / 1000000)}' /proc/meminfo)
    local n
    n=$(nproc)
    ((by_memory < n)) && n=$by_memory
    ((n < 1)) && n=1
    echo "$n"
}

# Two builds in one folder would break each other: the second waits for the first.
lock_build() {
    mkdir -p "$root/.build"
    exec 9>"$root/.build/$1.lock"
    flock --nonblock 9 || {
        say "waiting for another build of $root/.build/$1"
        flock 9
    }
}

# build PRESET [cmake --build argument...]: one status line on a terminal, a line every 15 s elsewhere.
build() {
    local preset=$1
    shift
    local command=(cmake --build "$root/.build/$preset" --parallel "$(build_jobs)" "$@")
    lock_build "$preset"
    export NINJA_STATUS="[%f/%t %es] "
    if [[ -t 1 ]]; then
        "${command[@]}" || die "the build failed; the compiler's message stands above"
        exec 9>&-
        return
    fi
    local log=$root/.build/$preset/build.log pid shown=$SECONDS status=0
    "${command[@]}" >"$log" 2>&1 </dev/null &
    pid=$!
    # shellcheck disable=SC2064
    trap "kill $pid 2>/dev/null || true" EXIT
    while kill -0 "$pid" 2>/dev/null; do
        if ((SECONDS - shown >= progress_seconds)); then
            shown=$SECONDS
            say "building: $(tail -n 1 "$log" | cut -c 1-100)"
        fi
        sleep 0.2
    done
    wait "$pid" || status=$?
    trap - EXIT
    if ((status)); then
        tail -n 60 "$log" >&2
        die "the build failed; its last lines stand above, all of them in $log"
    fi
    exec 9>&-
}

# configure PRESET [cmake argument...]
configure() {
    local preset=$1 log
    shift
    mkdir -p "$root/.build/$preset"
    log=$root/.build/$preset/configure.log
    lock_build "$preset"
    (cd "$root" && cmake --preset "$preset" "$@") >"$log" 2>&1 </dev/null || {
        tail -n 40 "$log" >&2
        die "cmake could not configure the build; its last lines stand above"
    }
    exec 9>&-
}

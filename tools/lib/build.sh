# shellcheck shell=bash
# Finding the CUDA toolkit, configuring and building. Sourced after say.sh and wheels.sh.
VRP_BUILD="$VRP_ROOT/build"

# find_nvcc: sets VRP_NVCC and VRP_NVCC_VERSION, or leaves them empty.
find_nvcc() {
  local candidate
  VRP_NVCC=
  VRP_NVCC_VERSION=
  for candidate in "${CUDACXX:-}" "$(command -v nvcc)" "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc"; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      VRP_NVCC=$candidate
      VRP_NVCC_VERSION=$("$candidate" --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')
      return
    fi
  done
}

# choose_mode auto|cpu|cuda: sets VRP_MODE to cpu or cuda and says why. What was asked for once
# holds for later calls without an option, also from tools/demo and tools/check.
choose_mode() {
  local asked=$1 earlier=
  find_nvcc
  VRP_MODE=cpu
  if [ "$asked" = auto ]; then
    earlier=$(cat "$VRP_CACHE/mode" 2>/dev/null)
    case $earlier in cpu | cuda) asked=$earlier ;; esac
  fi
  case $asked in
    cpu) say "mode: CPU build, as asked for${earlier:+ earlier (tools/setup --cuda changes that)}" ;;
    cuda)
      [ -n "$VRP_NVCC" ] || fail 1 "--cuda: no nvcc on PATH, in CUDA_HOME or in /usr/local/cuda" \
        "Install the CUDA toolkit 13 or load its module, or make a CPU build with --cpu."
      [ "${VRP_NVCC_VERSION%%.*}" = 13 ] ||
        fail 1 "--cuda: $VRP_NVCC is release $VRP_NVCC_VERSION, expected 13 (libtorch is built with CUDA 13)"
      say "mode: CUDA build, as asked for${earlier:+ earlier (tools/setup --cpu changes that)}"
      VRP_MODE=cuda
      ;;
    auto)
      if [ -z "$VRP_NVCC" ]; then
        say "mode: CPU build (no CUDA toolkit found)"
      elif [ "${VRP_NVCC_VERSION%%.*}" != 13 ]; then
        say "mode: CPU build ($VRP_NVCC is release $VRP_NVCC_VERSION; the CUDA build needs 13)"
      else
        VRP_MODE=cuda
        say "mode: CUDA build for sm_80 and sm_90 ($VRP_NVCC, release $VRP_NVCC_VERSION)"
      fi
      ;;
  esac
  if [ "$1" != auto ]; then
    mkdir -p "$VRP_CACHE"
    printf '%s\n' "$1" >"$VRP_CACHE/mode"
  fi
}

# Compilers that include libtorch take about 2 GB each.
build_jobs() {
  local cores memory_gb
  cores=$(nproc 2>/dev/null || echo 1)
  memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || echo 2)
  local jobs=$((memory_gb / 2))
  [ "$jobs" -ge 1 ] || jobs=1
  [ "$jobs" -le "$cores" ] || jobs=$cores
  printf '%d' "$jobs"
}

configure_and_build() {
  local cmake="$VRP_VENV/bin/cmake" start=$SECONDS hash
  # ccache keeps its files at home; some batch users have none.
  [ -n "${CCACHE_DIR:-}" ] || [ -w "${HOME:-/nonexistent}" ] || export CCACHE_DIR="$VRP_CACHE/ccache"
  local -a options=(-S "$VRP_ROOT" -B "$VRP_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release)
  if [ "$VRP_MODE" = cuda ]; then
    options+=(-DVRP_CUDA=ON "-DCMAKE_CUDA_COMPILER=$VRP_NVCC" "-DCMAKE_CUDA_ARCHITECTURES=80;90")
  else
    options+=(-DVRP_CUDA=OFF)
  fi
  options+=("-DVRP_TORCH_ROOT=${VRP_TORCH_ROOT:-}" "-DTorch_DIR=${Torch_DIR:-}")
  hash=$(content_hash "${options[*]}" "$(g++ --version | head -1)" "$("$cmake" --version | head -1)")
  if [ "$(cat "$VRP_BUILD/.vrp-configured" 2>/dev/null)" != "$hash" ]; then
    say "build: configuring build/"
    logged "configure" "$cmake" --fresh "${options[@]}" || fail 1 "cmake failed (the lines above; all in $VRP_LOG)"
    printf '%s\n' "$hash" >"$VRP_BUILD/.vrp-configured"
  fi
  say "build: compiling what changed, $(build_jobs) jobs"
  logged "build" "$cmake" --build "$VRP_BUILD" --parallel "$(build_jobs)" ||
    fail 1 "the build failed (the lines above; all in $VRP_LOG)"
  say "build: build/bin is up to date ($(took "$start"))"
}

# shellcheck shell=bash
# The virtual environment .venv and its pinned wheels. Sourced after say.sh.
VRP_VENV="$VRP_ROOT/.venv"
VRP_REQUIREMENTS="$VRP_ROOT/tools/requirements"

# find_python: sets VRP_PYTHON3 to a Python that the pinned wheels exist for (3.11 to 3.14).
find_python() {
  [ -z "${VRP_PYTHON3:-}" ] || return 0
  local candidate
  for candidate in python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
    command -v "$candidate" >/dev/null || continue
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
      VRP_PYTHON3=$(command -v "$candidate")
      return 0
    fi
  done
  return 1
}

make_venv() {
  find_python || fail 1 "no suitable python3: found $(python3 --version 2>&1 || echo none), expected 3.11 to 3.14"
  if "$VRP_VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    return
  fi
  say "wheels: making .venv with $("$VRP_PYTHON3" --version 2>&1)"
  rm -rf "$VRP_VENV"
  logged "venv" "$VRP_PYTHON3" -m venv "$VRP_VENV" ||
    fail 1 "cannot make the virtual environment $VRP_VENV" "Debian: package python3-venv"
}

# wheels GROUP: installs requirements/GROUP.txt unless exactly that was done before. Every file is a
# whole closure, hence --no-deps: what is not listed is not installed.
wheels() {
  local file="$VRP_REQUIREMENTS/$1.txt" stamp="$VRP_VENV/.vrp/$1" start=$SECONDS hash
  hash=$(content_hash "$file" "$("$VRP_VENV/bin/python" --version 2>&1)")
  if [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then
    return
  fi
  say "wheels: installing $1 ($(grep -c '==' "$file") wheels)"
  logged "pip install $1" "$VRP_VENV/bin/python" -m pip install --disable-pip-version-check --no-input \
    --no-deps --requirement "$file" ||
    fail 1 "pip could not install $file (the lines above; all of it in $VRP_LOG)" \
      "wheels wanted: $(grep '==' "$file" | tr '\n' ' ')"
  mkdir -p "$VRP_VENV/.vrp"
  printf '%s\n' "$hash" >"$stamp"
  say "wheels: $1 done in $(took "$start")"
}

# torch_wheels cpu|cuda: libtorch from the wheel, unless Torch_DIR or VRP_TORCH_ROOT name another.
torch_wheels() {
  if [ -n "${Torch_DIR:-}${VRP_TORCH_ROOT:-}" ] && [ "${2:-}" != always ]; then
    say "wheels: using libtorch in ${VRP_TORCH_ROOT:-$Torch_DIR}"
  elif [ "$1" = cuda ]; then
    wheels torch-cuda
    own_nccl
  elif [ ! -f "$VRP_VENV/.vrp/torch-cuda" ]; then
    wheels torch-cpu
  fi
}

# own_nccl: wheels of other projects (XGBoost's, for one) put an NCCL for another CUDA at the same
# place; libtorch_cuda.so has to meet the one it was built with.
own_nccl() {
  local pin
  pin=$(grep '^nvidia-nccl-cu13==' "$VRP_REQUIREMENTS/torch-cuda.txt")
  if compgen -G "$VRP_VENV/lib/python3*/site-packages/nvidia_nccl_cu12*" >/dev/null; then
    say "wheels: putting $pin back in place of nvidia-nccl-cu12"
    # shellcheck disable=SC2015
    logged "pip uninstall" "$VRP_VENV/bin/python" -m pip uninstall --yes nvidia-nccl-cu12 &&
      logged "pip install" "$VRP_VENV/bin/python" -m pip install --disable-pip-version-check --no-input \
        --no-deps --force-reinstall "$pin" || fail 1 "pip could not install $pin (see $VRP_LOG)"
  fi
}

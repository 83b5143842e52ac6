# shellcheck shell=bash
# Checks besides the tests. Sourced after say.sh and wheels.sh.

check_includes() { "$VRP_VENV/bin/python" "$VRP_ROOT/tools/check_includes.py" "$VRP_ROOT"; }

# clang-format's layout differs between releases; the project's is that of release 14 (Debian 12).
check_format() {
  local tool version files wrong
  tool=$(command -v clang-format-14 || command -v clang-format) || {
    say "format: not checked, clang-format is not installed"
    return 0
  }
  version=$("$tool" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
  if [ "$version" != 14 ]; then
    say "format: not checked, clang-format is release $version and the project's layout is that of 14"
    return 0
  fi
  mapfile -t files < <(cd "$VRP_ROOT" && find kernels pipeline stages tests -type f \
    \( -name '*.cpp' -o -name '*.hpp' -o -name '*.cu' -o -name '*.cuh' \) | sort)
  if [ ${#files[@]} -eq 0 ]; then
    say "format: no C++ files in $VRP_ROOT"
    return 1
  fi
  wrong=$(cd "$VRP_ROOT" && "$tool" --dry-run -Werror "${files[@]}" 2>&1 | sed -n 's/^\([^:]*\):.*error: code should.*/\1/p' | sort -u)
  if [ -n "$wrong" ]; then
    say "format: not as .clang-format says; mend with: clang-format -i FILE"
    # shellcheck disable=SC2086
    printf '  %s\n' $wrong
    return 1
  fi
  say "format: ${#files[@]} files as .clang-format says"
}

# has_gpu: a CUDA build and a GPU to run it on.
has_gpu() {
  [ "$VRP_MODE" = cuda ] && command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU
}

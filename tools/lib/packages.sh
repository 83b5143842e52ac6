# shellcheck shell=bash
# Debian packages: which are missing, and installing them where that is allowed. Sourced after say.sh.
VRP_PACKAGE_LIST="$VRP_ROOT/tools/requirements/debian.txt"

# Folders in which a header may lie: the system's, those of cluster modules, those of CPATH.
include_folders() {
  local triple prefix
  triple=$( (command -v g++ >/dev/null && g++ -dumpmachine) || uname -m)
  printf '%s\n' /usr/include "/usr/include/$triple" /usr/local/include /usr/include/hdf5/serial
  # shellcheck disable=SC2086  # lists separated by : or ;
  local IFS=':;'
  for prefix in ${CMAKE_PREFIX_PATH:-} ${HDF5_ROOT:-} ${HDF5_DIR:-} ${MPI_HOME:-} ${BOOST_ROOT:-} \
    ${OPENSSL_ROOT_DIR:-}; do
    [ -n "$prefix" ] && printf '%s\n' "$prefix/include" "$prefix"
  done
  for prefix in ${CPATH:-} ${CPLUS_INCLUDE_PATH:-} ${C_INCLUDE_PATH:-}; do
    [ -n "$prefix" ] && printf '%s\n' "$prefix"
  done
  return 0
}

# Programs of cluster modules that are given by folder are looked for there too.
add_module_programs() {
  local prefix
  local IFS=':;'
  for prefix in ${MPI_HOME:-} ${HDF5_ROOT:-}; do
    [ -d "$prefix/bin" ] && PATH="$prefix/bin:$PATH"
  done
  export PATH
}

# probe SIGN: is this sign of a package there?
probe() {
  local folder
  case $1 in
    command:*) PATH="$PATH:/usr/sbin:/sbin" command -v "${1#command:}" >/dev/null ;;
    header:*)
      while IFS= read -r folder; do
        [ -f "$folder/${1#header:}" ] && return 0
      done <<<"$VRP_INCLUDE_FOLDERS"
      return 1
      ;;
    python:*) find_python && "$VRP_PYTHON3" -c "import ${1#python:}" >/dev/null 2>&1 ;;
    font:*)
      find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nowhere}/.fonts" -name "${1#font:}" 2>/dev/null |
        grep -q .
      ;;
    tex:*) command -v kpsewhich >/dev/null && kpsewhich "${1#tex:}" | grep -q . ;;
    *) fail 1 "$VRP_PACKAGE_LIST: unknown sign '$1', expected command:, header:, python:, font: or tex:" ;;
  esac
}

# missing_packages required|optional|test: names, one a line.
missing_packages() {
  local name signs kind sign found
  VRP_INCLUDE_FOLDERS=$(include_folders)
  while read -r name signs; do
    kind=required
    case " $signs " in
      *" optional "*) kind=optional ;;
      *" test "*) kind="test" ;;
    esac
    [ "$kind" = "$1" ] || continue
    found=no
    for sign in $signs; do
      case $sign in optional | test) continue ;; esac
      if probe "$sign"; then
        found=yes
        break
      fi
    done
    [ "$found" = yes ] || printf '%s\n' "$name"
  done < <(grep -v '^[[:space:]]*\(#\|$\)' "$VRP_PACKAGE_LIST")
}

# as_root COMMAND...: directly, or by sudo where that asks for no password; fails without either.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

# why_no_install: why packages cannot be installed here, "" when they can.
why_no_install() {
  if ! command -v apt-get >/dev/null; then
    printf 'there is no apt-get on this machine'
  elif ! as_root true; then
    printf 'installing packages needs root or a sudo without password'
  fi
}

# What is good to have: the optional packages, and those of tests when VRP_WITH_TESTS is yes.
wanted_packages() {
  missing_packages optional || return 1
  [ "${VRP_WITH_TESTS:-no}" != yes ] || missing_packages test
}

install_packages() {
  local required optional why start=$SECONDS
  add_module_programs
  required=$(missing_packages required) || exit 1
  optional=$(wanted_packages) || exit 1
  if [ -z "$required$optional" ]; then
    say "packages: all there"
    return
  fi
  why=$(why_no_install)
  if [ -z "$why" ]; then
    # shellcheck disable=SC2086  # one word per package
    set -- $required $optional
    say "packages: installing $*"
    if logged "apt-get update" as_root apt-get update -q &&
      logged "apt-get install" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@"; then
      say "packages: installed in $(took "$start")"
    else
      why="apt-get failed, see $VRP_LOG"
    fi
    hash -r
    required=$(missing_packages required)
    optional=$(wanted_packages)
  fi
  # shellcheck disable=SC2086
  if [ -n "$required" ]; then
    fail 1 "packages are missing and could not be installed: ${why:-installed, but not found afterwards}" \
      "missing (Debian names): $(printf '%s ' $required)" \
      "Install them, or load modules that bring the same (MPI_HOME, HDF5_ROOT, CMAKE_PREFIX_PATH are looked at)," \
      "then run tools/setup again."
  fi
  # shellcheck disable=SC2086
  [ -z "$optional" ] || say "packages: going on without $(printf '%s ' $optional)($why)"
}

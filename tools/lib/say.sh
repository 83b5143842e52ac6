# shellcheck shell=bash
# Plain lines for people: what is being done, what went wrong, what to do about it. Sourced.
# Every helper here expects VRP_ROOT, the repository's folder.

VRP_CACHE="$VRP_ROOT/.cache"
VRP_LOG="$VRP_CACHE/setup.log"

say() { printf '%s\n' "$*"; }

# fail CODE MESSAGE...: prints the lines and ends the program with that code.
fail() {
  local code=$1
  shift
  printf '%s: %s\n' "${VRP_PROGRAM:-vrp}" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit "$code"
}

# logged WHAT COMMAND...: runs COMMAND with its output in the log; shows the log's end when it fails.
logged() {
  local what=$1
  shift
  mkdir -p "$VRP_CACHE"
  printf '== %s: %s\n' "$what" "$*" >>"$VRP_LOG"
  local start
  start=$(wc -l <"$VRP_LOG")
  local code=0
  "$@" >>"$VRP_LOG" 2>&1 </dev/null || code=$?
  [ "$code" = 0 ] || tail -n "+$((start + 1))" "$VRP_LOG" | tail -n 40 >&2
  return "$code"
}

# took SECONDS_AT_START: "12 s" or "3 min 4 s"
took() {
  local seconds=$((SECONDS - $1))
  if [ "$seconds" -lt 60 ]; then
    printf '%d s' "$seconds"
  else
    printf '%d min %d s' $((seconds / 60)) $((seconds % 60))
  fi
}

# content_hash FILE_OR_TEXT...: one SHA-256 over the contents of files and over plain texts.
content_hash() {
  local part
  for part in "$@"; do
    if [ -f "$part" ]; then cat "$part"; else printf '%s\n' "$part"; fi
  done | sha256sum | cut -d' ' -f1
}

# hold_lock: a second set-up in this folder waits for the first.
hold_lock() {
  mkdir -p "$VRP_CACHE"
  command -v flock >/dev/null || return 0
  exec 9>"$VRP_CACHE/setup.lock"
  if ! flock --nonblock 9; then
    say "waiting for another tools/setup in this folder"
    flock 9
  fi
}

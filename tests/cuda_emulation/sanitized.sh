#!/bin/bash
# sanitized.sh SANITIZER TOOL TEST: a test of CUDA twins under NVIDIA's compute-sanitizer. Exits with 77
# where there is no device, with 9 where the tool finds something.
set -eu
code=0
"$3" --help > /dev/null || code=$?
if [ "$code" -ne 0 ]; then exit "$code"; fi
exec "$1" --tool "$2" --error-exitcode 9 "$3"

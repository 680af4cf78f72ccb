#!/bin/sh
# Makes the pictures of the README: scripts/pictures.sh BIN_FOLDER CALL_FOLDER [OUT_FOLDER]
set -eu
scripts=$(dirname "$0")
PYTHONPATH="$scripts" exec python3 "$scripts/overlay/pictures.py" "$@"

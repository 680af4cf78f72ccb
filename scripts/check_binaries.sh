#!/bin/sh
# usage: check_binaries.sh PROGRAM...
# Whether programs are built as they are to be installed: position-independent, with addresses bound at the start, and
# with no search path for libraries but their own folder.
set -eu

status=0
wrong() {
    echo "$1: $2; build it anew with 'make build'" >&2
    status=1
}
for program in "$@"; do
    [ -x "$program" ] || {
        echo "$program is not there; run 'make build' first, as the owner of the checkout" >&2
        status=1
        continue
    }
    dynamic=$(readelf -dW "$program")
    case $(readelf -hW "$program") in
        *"Type: "*DYN*) ;;
        *) wrong "$program" "it is no position-independent program" ;;
    esac
    case $dynamic in *BIND_NOW* | *"Flags: NOW"*) ;; *) wrong "$program" "its addresses are bound late (no BIND_NOW)" ;; esac
    case $(readelf -lW "$program") in
        *GNU_RELRO*) ;;
        *) wrong "$program" "its table of addresses stays writable (no RELRO)" ;;
    esac
    case $(readelf -sW --dyn-syms "$program") in
        *__stack_chk_fail*) ;;
        *) wrong "$program" "its C code has no stack protector" ;;
    esac
    paths=$(printf '%s\n' "$dynamic" | sed -n 's/.*(R\(UN\)\{0,1\}PATH).*\[\(.*\)\]/\2/p' | tr ':' '\n')
    for path in $paths; do
        # A folder of somebody else's could put its own library in the place of ours.
        [ "$path" = '$ORIGIN' ] || wrong "$program" "it looks for libraries in $path"
    done
done
exit $status

#!/bin/sh
# Runs the tests with a sanitizer: run.sh address|thread [SUITE ...]
set -eu
cd "$(dirname "$0")/../.."
kind=$1
shift
here=$(pwd)/scripts/sanitizers
filter=$(echo "$*" | tr ' ' '|')
# A build of its own: everything is instrumented, the programs that the tests start, too.
swift build --build-tests --sanitize="$kind" --scratch-path ".build-$kind" >&2
# Programs look for the demo's call beside the folder that they were built into.
ln -sfn ../.build/demo-call ".build-$kind/demo-call"
# What is found ends the test that found it. Backtraces by the sanitizer, which knows both stacks.
export SWIFT_BACKTRACE=enable=no
# NIO joins each of its threads once; where another thread gets the same number at that moment, the sanitizer takes it for
# the second time.
export ASAN_OPTIONS="halt_on_error=1:detect_leaks=1:detect_invalid_join=0:suppressions=$here/address.supp"
export LSAN_OPTIONS="suppressions=$here/leaks.supp:print_suppressions=0"
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:suppressions=$here/thread.supp"
swift test --skip-build --sanitize="$kind" --scratch-path ".build-$kind" ${filter:+--filter "$filter"}

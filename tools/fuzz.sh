#!/bin/bash
# Runs every fuzz target (or those named) under libFuzzer with the sanitizers, from the
# committed corpus on, each for FUZZ_SECONDS (60). What is new stays in build-fuzz/corpus;
# a crash ends it, and its input is named.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
if [ ! -f build-fuzz/build.ninja ]; then
	CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false >/dev/null
fi
if [ $# -eq 0 ]; then
	for t in tests/fuzz/corpus/*/; do
		set -- "$@" "$(basename "$t")"
	done
fi
for t in "$@"; do
	ninja -C build-fuzz "tests/fuzz/fuzz-$t" >/dev/null
	mkdir -p "build-fuzz/corpus/$t"
	echo "fuzzing $t for $seconds s"
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "build-fuzz/tests/fuzz/fuzz-$t" \
		-max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=3000 \
		-print_final_stats=1 -artifact_prefix="build-fuzz/$t-" \
		"build-fuzz/corpus/$t" "tests/fuzz/corpus/$t" >"build-fuzz/$t.log" 2>&1 || {
		tail -n 40 "build-fuzz/$t.log"
		echo "fuzzing $t failed"
		exit 1
	}
	grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "build-fuzz/$t.log"
done

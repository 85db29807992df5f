#!/bin/bash
# Runs every fuzz target (or those named) under libFuzzer with the sanitizers, from the
# committed corpus on, each for FUZZ_SECONDS (60), FUZZ_JOBS (one a processor) at a time.
# What is new stays in build-fuzz/corpus. A line of TAP for each target; a crash fails its
# own target, with the input named, and the others go on.
set -u
cd "$(dirname "$0")/.." || exit 2
seconds=${FUZZ_SECONDS:-60}
jobs=${FUZZ_JOBS:-$(nproc)}
# sanitizers' leak check at the end of a run counts as a crash
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

figure() { # of the last line that tells it
	sed -n "s/^stat::$1: *//p" "$log" | tail -n 1
}

if [ "${1:-}" = --one ]; then # runs itself so, several at a time
	t=$2
	log=build-fuzz/$t.log
	mkdir -p "build-fuzz/corpus/$t"
	# libFuzzer ends by itself; timeout is for when it does not
	timeout -k 10 $((seconds + 180)) "build-fuzz/tests/fuzz/fuzz-$t" \
		-max_total_time="$seconds" -max_len=8192 -timeout=30 -rss_limit_mb=3000 \
		-print_final_stats=1 -artifact_prefix="build-fuzz/$t-" \
		"build-fuzz/corpus/$t" "tests/fuzz/corpus/$t" >"$log" 2>&1
	status=$?
	if [ "$status" = 0 ]; then
		echo "ok - fuzzed $t: $(figure number_of_executed_units) executions," \
			"$(figure peak_rss_mb) MB at most"
	else
		echo "not ok - fuzzed $t: exit $status, $log"
		grep -E 'law broken|ERROR|SUMMARY|runtime error|Test unit written' "$log" |
			head -n 8 | sed 's/^/# /'
	fi >"build-fuzz/$t.result"
	cat "build-fuzz/$t.result"
	exit 0
fi

if [ ! -f build-fuzz/build.ninja ]; then
	mkdir -p build-fuzz
	CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false >build-fuzz/setup.log 2>&1 || {
		tail -n 20 build-fuzz/setup.log | sed 's/^/# /'
		rm -f build-fuzz/build.ninja
		echo "not ok - the fuzz targets: setup failed"
		echo "1..1"
		exit 1
	}
fi
if [ $# -eq 0 ]; then
	for t in tests/fuzz/corpus/*/; do
		set -- "$@" "$(basename "$t")"
	done
fi
if ! ninja -k 0 -C build-fuzz "${@/#/tests/fuzz/fuzz-}" >build-fuzz/build.log 2>&1; then
	grep -E 'error|FAILED' build-fuzz/build.log | head -n 20 | sed 's/^/# /'
	for t in "$@"; do # nothing old is run in the place of what does not build
		ninja -C build-fuzz "tests/fuzz/fuzz-$t" >/dev/null 2>&1 ||
			rm -f "build-fuzz/tests/fuzz/fuzz-$t"
	done
fi
rm -f build-fuzz/*.result
echo "# $# targets for $seconds s each, $jobs at a time"
printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" tools/fuzz.sh --one
failed=0
for t in "$@"; do
	if [ ! -s "build-fuzz/$t.result" ]; then
		echo "not ok - fuzzed $t: ended without a result"
		failed=1
	elif grep -q '^not ok' "build-fuzz/$t.result"; then
		failed=1
	fi
done
echo "1..$#"
exit $failed

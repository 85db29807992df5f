#!/bin/bash
# Everything that is tested: both compilers with warnings as errors, then every test
# (units, house, integration, replay of the fuzz corpora) under clang with the address
# and undefined-behaviour sanitizers. The last line is `N passed, N failed`, with
# `, N skipped` behind it where something was; what was skipped and why is listed above.
#
#   YORE_LONG=1   also what takes longer than minutes: every fuzz target for a minute, two
#                 hundred kills of everything that writes; it says how far it is
#   CHECK_JOBS=N  processes (default: one a processor)
set -u
cd "$(dirname "$0")/.." || exit 2
jobs=${CHECK_JOBS:-$(nproc)}
began=$SECONDS
if [ -n "${YORE_LONG:-}" ]; then export YORE_LONG; else unset YORE_LONG; fi
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}

give_up() {
	[ -z "${2:-}" ] || tail -n 40 "$2"
	echo "check: $1"
	echo "0 passed, 1 failed"
	exit 1
}

tools/install-packages.sh || give_up "the packages to build with could not be installed"
command -v meson >/dev/null || give_up "meson is missing: apt-get install meson"
mkdir -p build-check
rm -f build-check/*.tap # of an earlier run
tools/install-packages.sh test || # whoever needs them skips, and here it is said why
	tools/install-packages.sh lacking | sed 's/.*/ok - & # SKIP the package cannot be installed/
		$a '"1..$(tools/install-packages.sh lacking | wc -l)" >build-check/packages.tap

log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT

# compile NAME COMPILER [MESON OPTION...]: into build-check/NAME
compile() {
	local name=$1 cc=$2 dir=build-check/$1
	shift 2
	if [ ! -f "$dir/build.ninja" ]; then
		rm -rf "$dir"
		CC=$cc meson setup "$dir" "$@" >"$log" 2>&1 || give_up "$name: setup failed" "$log"
	fi
	ninja -j "$jobs" -C "$dir" >"$log" 2>&1 || give_up "$name: does not compile" "$log"
	if grep -q 'warning:' "$log"; then
		give_up "$name: warnings" "$log"
	fi
	echo "built with $cc ($name), $((SECONDS - began)) s"
}

compile gcc gcc -Dtests=false -Dbuildtype=release
if ! clang --version >/dev/null 2>&1; then
	echo "there is no clang: gcc's sanitizers are used, and what clang warns of is not seen"
	clang=gcc
fi
# lines are all that reports need of debug information, and whatever is reported ends the
# program: it takes a third less to compile. Linking a hundred programs takes lld a third.
if [ -z "${CC_LD:-}" ] && command -v ld.lld >/dev/null; then export CC_LD=lld; fi
compile sanitized "${clang:-clang}" -Dbuildtype=debugoptimized -Doptimization=1 \
	-Ddebug=false -Dc_args='-g1 -fno-sanitize-recover=all' \
	-Db_sanitize=address,undefined -Db_lundef=false

# ceilings of memory are measured without sanitizers, which need memory of their own
export YORE_PLAIN=$PWD/build-check/gcc/yore
logs=$PWD/build-check/sanitized/meson-logs
rm -f "$logs"/testlog.*
if [ -n "${YORE_LONG:-}" ]; then # each target for a minute, not only its corpus
	FUZZ_JOBS=$jobs tools/fuzz.sh 2>&1 | tee build-check/fuzzing.tap
	echo "fuzzed, $((SECONDS - began)) s"
	export YORE_PROGRESS=$PWD/build-check/progress
	: >"$YORE_PROGRESS"
	tail -f "$YORE_PROGRESS" &
	shown=$!
	trap 'kill "$shown" 2>/dev/null; rm -f "$log"' EXIT
fi

# half of them wait for clocks, sockets and disks
meson test -C build-check/sanitized --no-rebuild --num-processes "$((2 * jobs))" \
	--timeout-multiplier 3 >"$log" 2>&1
[ -s "$logs/testlog.json" ] || tail -n 20 "$log" # it did not even begin
[ -z "${shown:-}" ] || kill "$shown"
shopt -s nullglob
tools/count-tests.py build-check/*.tap "$logs/testlog.json" >"$log" 2>&1
status=$?
sed '$d' "$log"
echo "took $((SECONDS - began)) s; every line is in build-check/sanitized/meson-logs"
tail -n 1 "$log"
exit $status

#!/bin/bash
# Figures, one a line: name, value, unit, and the baseline's value with the difference.
#
#   bench/run.sh            all of it, a few minutes
#   bench/run.sh --keep     and make what was measured the baseline
#   YORE_BENCH_LONG=1       also 10 million packets
#   YORE_FLOOR=PROGRAM      a yardstick to be run in turn (see bench/ingest.py)
#
# The baseline (bench/baseline.tsv) says on which machine it was measured; compare with
# your own, not with ours.
set -u
cd "$(dirname "$0")/.." || exit 2
build=${YORE_BUILD:-build}
scratch=${YORE_BENCH_SCRATCH:-$build/bench-scratch}
mkdir -p "$scratch" bench/results || exit 2
now=$(mktemp) || exit 2
trap 'rm -f "$now"' EXIT

floor=()
[ -z "${YORE_FLOOR:-}" ] || floor=(--floor "$YORE_FLOOR")

measure() {
	python3 bench/ingest.py "$build" "$scratch" "${floor[@]}"
	[ -z "${YORE_BENCH_LONG:-}" ] ||
		python3 bench/ingest.py "$build" "$scratch" --millions 10 --rounds 1 "${floor[@]}"
	for part in bench/parts/*.sh; do
		[ -x "$part" ] && "$part" "$build" "$scratch"
	done
}

measure | tee "$now" | awk -F '\t' -v OFS='\t' '
	BEGIN {
		while ((getline line < "bench/baseline.tsv") > 0)
			if (line !~ /^#/ && split(line, f, "\t") >= 2)
				was[f[1]] = f[2]
	}
	{
		more = ""
		if (($1 in was) && was[$1] > 0)
			more = sprintf("baseline %s (%+.0f %%)", was[$1], 100 * ($2 / was[$1] - 1))
		print $0, more
		fflush()
	}'

if [ "${1:-}" = --keep ]; then
	{
		printf '# %s, %s processors; %s\n' "$(uname -m)" "$(nproc)" "$(date -u +%F)"
		cat "$now"
	} >bench/baseline.tsv
fi

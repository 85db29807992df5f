#!/usr/bin/env python3
"""Adds up what `meson test` left in its testlog.json files.

usage: count-tests.py LOG...

Every line of TAP counts; a test that speaks no TAP, or that died without a failed line,
counts once. Prints failures, what was skipped and why, a line a suite, and as the last
line `N passed, N failed, N skipped`. Exit status 1 when anything failed or nothing ran.
"""
import collections, json, re, sys

LINE = re.compile(r"^(not )?ok\b[ \t]*\d*[ \t]*-?[ \t]*(.*)$", re.M)
PLAN = re.compile(r"^1\.\.0\b.*?#\s*SKIP\w*\s*(.*)$", re.M | re.I)
SKIP = re.compile(r"#\s*SKIP\w*\s*(.*)$", re.I)

passed, failed, skipped, seconds = (collections.Counter() for _ in range(4))
failures, reasons = [], collections.Counter()

for path in sys.argv[1:]:
    with open(path) as f:
        tests = [json.loads(line) for line in f if line.strip()]
    for t in tests:
        suite, _, name = t["name"].partition(" / ")
        suite = suite.partition(":")[2] or suite
        name = f"{suite}/{name or t['name']}"
        seconds[suite] += t["duration"]
        out = t.get("stdout") or ""
        bad = 0
        whole = PLAN.search(out)
        lines = list(LINE.finditer(out))
        for m in lines:
            skip = SKIP.search(m.group(2))
            if m.group(1) and not re.search(r"#\s*TODO", m.group(2), re.I):
                bad += 1
                failures.append(f"{name}: {m.group(2)}")
            elif skip:
                skipped[suite] += 1
                reasons[f"{name}: {skip.group(1) or 'no reason given'}"] += 1
            else:
                passed[suite] += 1
        failed[suite] += bad
        good = t["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
        if not good and not bad:
            failed[suite] += 1
            last = [s for s in (t.get("stderr") or "").splitlines() if s.strip()]
            keep = [s for s in last if "ERROR" in s or "SUMMARY" in s or "runtime error" in s]
            failures.append(f"{name}: {t['result']} after {len(lines)} results"
                            + "".join("\n    " + s for s in (keep or last[-3:])[:4]))
        elif whole and not lines:
            skipped[suite] += 1
            reasons[f"{name}: {whole.group(1)}"] += 1
        elif good and not lines:
            passed[suite] += 1

for why, n in sorted(reasons.items()):
    print(f"skipped {n if n > 1 else ''}".rstrip() + f" {why}")
for what in failures:
    print(f"FAILED {what}")
print(f"{'suite':<14}{'passed':>9}{'failed':>8}{'skipped':>9}{'seconds':>9}")
for suite in sorted(seconds):
    print(f"{suite:<14}{passed[suite]:>9}{failed[suite]:>8}{skipped[suite]:>9}"
          f"{seconds[suite]:>9.1f}")
p, f, s = (sum(c.values()) for c in (passed, failed, skipped))
print(f"{p} passed, {f} failed" + (f", {s} skipped" if s else ""))
sys.exit(f > 0 or p == 0)

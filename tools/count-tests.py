#!/usr/bin/env python3
"""Adds up what `meson test` left in its testlog.json, and files of TAP.

usage: count-tests.py LOG...      testlog.json of a build, or NAME.tap (suite NAME)

Every line of TAP counts; a test that speaks no TAP, or that died without a failed line,
counts once, and so does one that never ran or ended before its plan. Prints failures,
what was skipped and why, a line a suite, and as the last line `N passed, N failed,
N skipped`. Exit status 1 when anything failed or nothing ran.
"""
import collections, json, os, re, sys

LINE = re.compile(r"^(not )?ok\b[ \t]*\d*[ \t]*-?[ \t]*(.*)$", re.M)
PLAN = re.compile(r"^1\.\.0\b.*?#\s*SKIP\w*\s*(.*)$", re.M | re.I)
SKIP = re.compile(r"#\s*SKIP\w*\s*(.*)$", re.I)
COUNT = re.compile(r"^1\.\.(\d+)", re.M)

passed, failed, skipped, seconds = (collections.Counter() for _ in range(4))
failures, reasons = [], collections.Counter()



def never_ran(path, tests):
    """What the build knows and the log does not."""
    known = os.path.join(os.path.dirname(path), "..", "meson-info", "intro-tests.json")
    if not os.path.exists(known):
        return
    ran = collections.Counter(t["name"].rpartition(" / ")[2] for t in tests)
    with open(known) as f:
        wanted = collections.Counter(t["name"] for t in json.load(f))
    for name in (wanted - ran).elements():
        yield {"name": name, "result": "never ran", "duration": 0}


def read(path):
    """Tests as `meson test` logs them."""
    if path.endswith(".tap"):
        with open(path, errors="replace") as f:
            name = os.path.basename(path)[:-len(".tap")]
            return [{"name": name, "stdout": f.read(), "result": "OK", "tap": True,
                     "duration": 0}]
    with open(path) as f:
        tests = [json.loads(line) for line in f if line.strip()]
    return tests + list(never_ran(path, tests))


def all_tests():
    for path in sys.argv[1:]:
        try:
            yield from read(path)
        except (OSError, ValueError) as e:
            yield {"name": os.path.basename(path), "result": f"no log ({e})", "duration": 0}


for t in all_tests():
    suite, _, name = t["name"].partition(" / ")
    suite = suite.partition(":")[2] or suite
    name = f"{suite}/{name}" if name else suite
    seconds[suite] += t["duration"]
    out = t.get("stdout") or ""
    bad = 0
    whole = PLAN.search(out)
    lines = list(LINE.finditer(out))
    plan = COUNT.search(out)
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
    if good and (lines or t.get("tap")) and (not plan or int(plan.group(1)) != len(lines)):
        good, t["result"] = False, "ended before its plan"
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

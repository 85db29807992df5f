#!/usr/bin/env python3
"""Every named step of a path that must survive a crash (io_point, base/io.h) is one at
which some test crashes or fails the program.

usage: points.t YORE SOURCE_ROOT
"""
import os, re, sys
sys.path.insert(0, os.path.dirname(__file__))
import house

root = sys.argv[2]


def text(path):
    with open(os.path.join(root, path), errors="replace") as f:
        return f.read()


# io_point("step"), and functions around it that are called by name: incoming_point, point
CALL = re.compile(r'\b\w*point\((?:\w+, )?"([^"]+)"')
WORD = re.compile(r"""["']([a-z]+[.\-][a-z]+|compaction)["']""")
ours = [p for p in house.files(root, ".c") if p.startswith("src/")]
steps = {s: p for p in ours for s in CALL.findall(text(p))}
tests = {p: text(p) for p in house.files(root, ".c", ".h", ".t", ".py")
         if p.startswith("tests/") and not p.startswith("tests/fuzz/")}
crashing = {p: t for p, t in tests.items()
            if "YORE_CRASH_AT" in t or "YORE_FAIL_AT" in t or "unit/store/importing.h" in t}
named = {w for t in crashing.values() for w in WORD.findall(t)}

house.ok(len(steps) >= 20, f"{len(steps)} steps have names")
missing = sorted(set(steps) - named)
house.ok(not missing, "each is exercised by a test", [f"{s} ({steps[s]}): by none" for s in missing])
house.done()

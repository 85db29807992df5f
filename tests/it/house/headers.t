#!/usr/bin/env python3
"""Every header of ours compiles alone, with every compiler there is, and guards itself.

usage: headers.t YORE SOURCE_ROOT
"""
import concurrent.futures, os, re, shutil, subprocess, sys
sys.path.insert(0, os.path.dirname(__file__))
import house

root = sys.argv[2]
with open(os.path.join(root, "meson.build")) as f:
    names = re.findall(r"'((?:lib|yaml-)[a-z0-9.\-]+|jansson|sqlite3|uuid)'", f.read())
flags = subprocess.run(["pkg-config", "--cflags", *names], capture_output=True,
                       text=True).stdout.split()
base = ["-std=gnu17", "-D_GNU_SOURCE", '-DYORE_VERSION="0"', "-Wall", "-Wextra", "-Werror",
        "-Wno-unused-parameter", "-Wno-unused-function", "-fsyntax-only", "-x", "c",
        "-I", os.path.join(root, "src"), *flags]
headers = house.files(root, ".h")
headers = [h for h in headers if h.startswith("src/")]


def alone(job):
    cc, header = job
    # twice, so that a missing guard shows
    text = f'#include "{header[4:]}"\n#include "{header[4:]}"\nextern int nothing;\n'
    r = subprocess.run([cc, *base, "-"], input=text, capture_output=True, text=True)
    return header, r.returncode == 0, r.stderr


for cc in ("gcc", "clang"):
    if not shutil.which(cc):
        house.skip(f"{cc}: headers alone", f"no {cc}")
        continue
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        bad = [(h, e) for h, good, e in pool.map(alone, [(cc, h) for h in headers]) if not good]
    house.ok(headers and not bad, f"{cc}: {len(headers)} headers compile alone",
             [f"{h}: {line}" for h, e in bad for line in e.splitlines()[:4]])

bad = []
for h in headers:
    with open(os.path.join(root, h)) as f:
        text = f.read()
    guard = "YORE_" + re.sub(r"[^A-Z0-9]", "_", h[4:].upper())
    if f"#ifndef {guard}\n#define {guard}\n" not in text:
        bad.append(f"{h}: the guard is not {guard}")
    if not text.startswith("/*"):
        bad.append(f"{h}: does not begin with what it is for")
house.ok(not bad, "headers say what they are for and are guarded by their path", bad)
house.done()

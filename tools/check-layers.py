#!/usr/bin/env python3
"""Holds the tree to tools/layers.txt, prints TAP.

usage: check-layers.py [SOURCE_ROOT]

A row `module: others` names what the files of src/module may include of ours (themselves
are always allowed); a module may only name modules of rows above it, so there is no
cycle. A row `!header: module` is a header of a third party and its home (few have two); a header
that ends in no `.h` stands for everything below that folder. System headers (C, POSIX,
Linux) are free; any other header in angle brackets needs a row.
"""
import os, re, sys

root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
SYSTEM = re.compile(r"^(arpa|linux|net|netinet|netpacket|sys)/|^(assert|complex|ctype|dirent"
                    r"|endian|errno|fcntl|fenv|float|getopt|glob|grp|ifaddrs|inttypes|iso646"
                    r"|langinfo|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched"
                    r"|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef"
                    r"|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog|termios|threads"
                    r"|time|uchar|unistd|wchar|wctype|immintrin|x86intrin)\.h$")
count = failed = 0


def ok(good, text, notes=()):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {text}")
    for n in notes:
        print(f"# {n}")


def rows(path):
    """-> {module: set of modules}, {header: module}, complaints"""
    layers, homes, bad = {}, {}, []
    with open(path) as f:
        for number, line in enumerate(f, 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            name, colon, rest = line.partition(":")
            if not colon:
                bad.append(f"{path}:{number}: no colon")
            elif name.startswith("!"):
                homes[name[1:].strip()] = rest.split()
            elif name in layers:
                bad.append(f"{path}:{number}: {name} stands twice")
            else:
                below = rest.split()
                bad += [f"{path}:{number}: {name} names {b}, which is not above it"
                        for b in below if b not in layers]
                layers[name] = set(below)
    bad += [f"{h}: its home {m} is no module" for h, mine in homes.items() for m in mine if m not in layers]
    return layers, homes, bad


def home_of(header, homes):
    for h, module in homes.items():
        if header == h or (not h.endswith(".h")
                           and header.startswith((h + "/", h + "-"))):
            return module
    return None


def judge(module, path, layers, homes):
    with open(path, errors="replace") as f:
        text = f.read()
    for m in INCLUDE.finditer(text):
        kind, header = m.groups()
        where = f"{os.path.relpath(path, root)}:{text.count(chr(10), 0, m.start(1)) + 1}"
        if kind == '"':
            other = header.split("/")[0]
            if header.endswith((".inc", ".pb-c.h")) or not os.path.exists(os.path.join(root, "src", header)):
                if "/" in header and not header.endswith(".pb-c.h"):
                    yield f"{where}: {header} does not exist under src/"
            elif other != module and other not in layers[module]:
                yield f"{where}: {module} may not include {header}"
        elif not SYSTEM.match(header):
            home = home_of(header, homes)
            if home is None:
                yield f"{where}: <{header}> has no row in tools/layers.txt"
            elif module not in home:
                yield f"{where}: <{header}> belongs to {' '.join(home)}, not to {module}"


layers, homes, bad = rows(os.path.join(root, "tools", "layers.txt"))
ok(not bad, "the layer file is in order", bad)
for module in sorted(os.listdir(os.path.join(root, "src"))):
    folder = os.path.join(root, "src", module)
    if not os.path.isdir(folder):
        continue
    if module not in layers:
        ok(False, f"{module} has no row in tools/layers.txt")
        continue
    notes = []
    for where, _, files in os.walk(folder):
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                notes += judge(module, os.path.join(where, name), layers, homes)
    ok(not notes, f"{module} includes what it may", notes)
print(f"1..{count}")
sys.exit(failed != 0)

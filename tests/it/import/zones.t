#!/usr/bin/env python3
"""Zones that are kept in another way than usual: sets as single records, names never collapsed.

usage: zones.t YORE SOURCE_ROOT
"""
import itertools, json, os, random, shutil, struct, subprocess, sys, tempfile
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import junk
from history import Yore, done, ok

yore = Yore(os.path.abspath(sys.argv[1]))
scratch = tempfile.mkdtemp(prefix="yore-zones-")
os.environ["XDG_CONFIG_HOME"] = scratch
BEGIN = 1430000000


def path(name):
    return os.path.join(scratch, name)


def addresses(name, some):
    """A response with several addresses."""
    return junk.frame(struct.pack('>6H', 1, 0x8400, 1, len(some), 0, 0) + junk.wire(name) + struct.pack('>HH', 1, 1) +
                      b''.join(b'\xc0\x0c' + struct.pack('>HHIH', 1, 1, 60, 4) + bytes((192, 0, 2, a)) for a in some))


def capture(name, frames):
    with open(path(name), 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, octets in enumerate(frames):
            f.write(struct.pack('<IIII', BEGIN + 20 * i, 0, len(octets), len(octets)) + octets)


def take(db, pcap, *args):
    r = yore.take(path(db), "--accept", "all", *args, path(pcap))
    ok(r.returncode == 0, f"{pcap} into {db}", r.stderr.splitlines())


def rows(db, *args):
    return yore.run("export", "--db", path(db), *args).stdout.splitlines()


# ---- a pool of twenty addresses that hands out four
dice = random.Random(7)
sets = [sorted(dice.sample(range(1, 21), 4)) for _ in range(3000)]
frames = []
for i, some in enumerate(sets):
    frames.append(addresses("www.pool.example", some))
    frames.append(addresses("fixed.example", [1, 2, 3]))
    if i % 3 == 0:
        frames.append(addresses("a.b.pool.example", some[:2]))
capture("pool.pcap", frames)
take("sets", "pool.pcap")
take("singles", "pool.pcap", "--single-records", "*.pool.example")
with open(path("config"), "w") as f:
    pass
os.makedirs(path("yore"))
with open(path("yore/yore.conf"), "w") as f:
    f.write("[local]\nsingle = other.example Pool.Example.\n")
conf = yore.run("config", "check")
ok(conf.returncode == 0, "the configuration may say it", conf.stderr.splitlines())
take("conf", "pool.pcap")
os.unlink(path("yore/yore.conf"))
different = len({tuple(x) for x in sets})
ok(len(rows("sets", "www.pool.example")) == different > 1500, f"usually {different} sets")
for db in ("singles", "conf"):
    ok(len(rows(db, "www.pool.example")) == 20 and len(rows(db, "a.b.pool.example")) <= 20, f"{db}: as many as addresses")
    ok(rows(db, "fixed.example") == rows("sets", "fixed.example"), f"{db}: other zones have their sets")
    ok(rows(db, "--view", "rr") == rows("sets", "--view", "rr"), f"{db}: single records are the same, counts and times too")
    ok(rows(db, "192.0.2.0/24") == rows("sets", "192.0.2.0/24"), f"{db}: and from the addresses")
owners = [x.split() for x in yore.run("db", "stat", "--db", path("sets"), "--owners", "2").stdout.splitlines()]
ok(owners[1][2] == "www.pool.example" and int(owners[1][0]) == different, "db stat --owners names it", owners)

# ---- lines of exports, too
with open(path("pool.ndjson"), "w") as f:
    for i, some in enumerate(sets[:200]):
        f.write(json.dumps({"rrname": "www.pool.example.", "rrtype": "A", "rdata": [f"192.0.2.{a}" for a in some],
                            "time_first": BEGIN, "time_last": BEGIN + i, "count": 1}) + "\n")
ok(yore.take(path("cof"), "--source", "x", "--single-records", "pool.example", path("pool.ndjson")).returncode == 0, "an export")
got = [json.loads(x)["rdata"] for x in rows("cof", "www.pool.example")]
ok(got and all(isinstance(x, str) or len(x) == 1 for x in got), "its sets as well", got[:3])

# ---- names of customers, each seen once
frames = []
for i in range(3000):
    frames.append(junk.answer(f"customer{i:05}.cdn.example", 1, b'\xc0\0\2\x63'))
    frames.append(junk.answer(f"x{i:05}.flood.example", 1, b'\xc0\0\2\x64'))
capture("names.pcap", frames)
take("usual", "names.pcap")
take("kept", "names.pcap", "--keep-names", "cdn.example")
take("above", "names.pcap", "--keep-names", "example")
usual = rows("usual", "*.cdn.example")
ok(len(usual) < 20 and sum(json.loads(x)["count"] for x in usual) == 3000, "usually they become one row, all counted")
for db in ("kept", "above"):
    got = rows(db, "*.cdn.example")
    ok(len(got) == 3000 and all("customer" in x for x in got), f"{db}: every name stays", len(got))
ok(len(rows("kept", "*.flood.example")) < 20, "the flood beside it is collapsed")
ok(len(rows("above", "*.flood.example")) == 3000, "unless it lies in what is kept, too")

# ---- what makes no sense
for args in (["--single-records", "192.0.2.1"], ["--keep-names", "a..b"], ["--keep-names", "."]):
    r = yore.take(path("none"), *args, path("names.pcap"))
    ok(r.returncode == 2 and r.stderr.count("\n") == 1 and args[0] in r.stderr, f"{' '.join(args)}: 2", r.stderr)
ok(not os.path.exists(path("none")), "and nothing was made")
shutil.rmtree(scratch, ignore_errors=True)
done()

#!/usr/bin/env python3
"""Live capture under load: a capture of resolver traffic sent over a veth pair. Nothing
is dropped, and what is kept equals the import of the same capture, field by field but for
the times, with one thread and with several.

usage: rate.t YORE SOURCE_ROOT SENDER CAPTURE_MAKER

The rate is moderate, so that it can be kept on a machine that does other things;
$YORE_RATE is another one, 0 the most there is (see bench/parts/live.sh).
"""
import collections, json, os, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import wires
from sensor import Sensor
from tap import done, ok

yore, _, sender, make_capture = (os.path.abspath(a) for a in sys.argv[1:5])
wires.enter(lambda why: print(f"1..0 # SKIP {why}"))
with open(yore, "rb") as f:
    slow = 4 if b"__asan_init" in f.read() else 1
RATE = int(os.environ.get("YORE_RATE", 100000 // slow))
PACKETS = int(os.environ.get("YORE_RATE_PACKETS", 200000 // slow))


def rows(db):
    """The history and what stands beside it, without times, as a multiset."""
    out = collections.Counter()
    for shelf in ([], ["--negative"], ["--suspicious"]):
        command = ["export", "--db", db, "--view", "rrset", "--json"] if not shelf else \
            ["query", "*.", "--db", db, "--json", "--limit", "0", *shelf]
        r = subprocess.run([yore, *command], capture_output=True, text=True, timeout=300)
        if shelf and r.returncode not in (0, 1, 4):
            out[("failed", r.stderr)] += 1
        for line in r.stdout.splitlines():
            o = json.loads(line)
            key = {k: v for k, v in o.items() if not k.startswith("time_")}
            out[(*shelf, json.dumps(key, sort_keys=True))] += 1
    return out


def difference(got, want):
    return f"missing {list((want - got).items())[:3]} extra {list((got - want).items())[:3]}"


wires.pair()
with tempfile.TemporaryDirectory() as scratch:
    path = os.path.join(scratch, "traffic.pcap")
    subprocess.run([make_capture, "-n", str(PACKETS), "-u", str(PACKETS // 5), path],
                   check=True, timeout=120)
    r = subprocess.run([yore, "import", "-q", "--db", os.path.join(scratch, "file"), path],
                       capture_output=True, text=True, timeout=300)
    want = rows(os.path.join(scratch, "file"))
    ok(r.returncode == 0 and len(want) > PACKETS // 8, "the capture is imported", r.stderr)
    ok(any(k[0] == "--negative" for k in want) and any(k[0] == "--suspicious" for k in want),
       "with negative answers and evidence in it")

    for threads, more in ((1, []), (2, []), (4, []), (2, ["-i", "v0"])):
        what = f"{threads} thread{'s' if threads > 1 else ''}" \
            + (", both ends watched" if more else "")
        db = os.path.join(scratch, what)
        s = Sensor(yore, db, "-i", "v1", *more, "--threads", str(threads), "--ring", "128M",
                   "--memory", "256M", "--commit", "2s")
        ok(s.ready(), f"{what}: begins", s.errors())
        before = wires.arrived()
        sent, rate, _ = wires.send(sender, path, RATE)
        time.sleep(0.5)
        c = s.counters()
        code = s.end()
        lost = sum(n for k, n in c.items() if k.startswith(("live.dropped", "live.interface")))
        print(f"# {what}: {sent} packets at {rate} packets/s, {c.get('live.frames v1', 0)} "
              f"passed the filter, {lost} dropped")
        ok(sent == wires.arrived() - before == PACKETS and lost == 0,
           f"{what}: all of them passed by, and nothing is dropped", c, sent)
        ok(c.get("net.frames") == sum(n for k, n in c.items() if k.startswith("live.frames")),
           f"{what}: each frame was decoded once", c)
        got = rows(db)
        ok(code == 0 and got == want,
           f"{what}: every record arrives; the history is that of the import",
           code, s.errors(), difference(got, want))
        s.close()

    r = subprocess.run([yore, "sense", "-i", "v1", "--threads", "17", "--db", scratch + "/no"],
                       capture_output=True, text=True, timeout=20)
    ok(r.returncode == 2 and "--threads: at most 16" in r.stderr, "too many threads", r.stderr)
    # the threads end with the interface, too
    db = os.path.join(scratch, "gone")
    s = Sensor(yore, db, "-i", "v1", "--threads", "3")
    s.ready()
    wires.send(sender, path, RATE)
    time.sleep(0.3)
    wires.ip("link", "del", "v0")
    try:
        code = s.p.wait(20)
    except subprocess.TimeoutExpired:
        code = "hung"
    ok(code not in (0, "hung") and "has gone" in s.errors() and rows(db) == want,
       "an interface that vanishes: said, and what came before is kept", code, s.errors())
    s.close()
done()

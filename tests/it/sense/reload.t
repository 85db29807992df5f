#!/usr/bin/env python3
"""SIGHUP reads [local] single and keep again: zones kept record by record, names that are
never collapsed, from then on; and a configuration with a mistake in it changes nothing.

usage: reload.t YORE SOURCE_ROOT
"""
import itertools, os, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets, wires
from sensor import Sensor, environment, kept
from tap import done, ok

yore = os.path.abspath(sys.argv[1])
NAMES, SETS, START = 1500, 20, 1400000000


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def capture(path, turn):
    """Many names below two zones, each seen once, and a pool that hands out threes of six."""
    c = packets.Capture()
    for i in range(NAMES):
        for zone in "cdn", "flood":
            c.transaction(f"{turn}x{i:05}.{zone}.test", packets.WRAPS["plain"], [bytes([192, 0, 2, 7])])
    for some in itertools.combinations(range(1, 7), 3):
        c.transaction(f"{turn}.pool.test", packets.WRAPS["plain"], [bytes([198, 51, 100, a]) for a in some])
    c.write(path, START + ord(turn))
    return len(c.frames)


def tally(db, turn):
    """What was kept of one turn: names of each zone, and the pool's sets by their size."""
    names, sets = {"cdn": 0, "flood": 0}, set()
    for (owner, _, rdata) in kept(yore, db):
        for zone in names:
            names[zone] += owner.startswith(turn + "x") and owner.endswith(f".{zone}.test")
        if owner == f"{turn}.pool.test":
            sets.add((rdata if isinstance(rdata, tuple) else (rdata,)))
    return names["cdn"], names["flood"], sorted(len(s) for s in sets)


def waits(db, turn):
    """Until the pool of this turn, which comes last, is there."""
    for _ in range(150):
        got = tally(db, turn)
        if got[2]:
            return got
        time.sleep(0.2)
    return got


BEFORE = lambda got: got[0] < 50 and got[1] < 50 and got[2] == [3] * SETS
AFTER = lambda got: got[0] == NAMES and got[1] < 50 and got[2] == [1] * 6
CONF = "[local]\nkeep = cdn.test\nsingle = pool.test\n"
WRONG = "[local]\nkeep = flood.test 192.0.2.1\nsingle =\n"


def follower(scratch):
    inbox, db, conf = (os.path.join(scratch, n) for n in ("in", "followed", "conf"))
    os.mkdir(inbox)
    write(conf, "[local]\n")
    capture(os.path.join(inbox, "a.pcap"), "a")
    err = os.path.join(scratch, "stderr")
    with open(err, "w") as out:
        p = subprocess.Popen([yore, "import", "--db", db, "--follow", "--every", "1s", inbox],
                             env=environment(), stderr=out)
    said = lambda: open(err).read()

    def hup(word):
        at = len(said())
        p.send_signal(signal.SIGHUP)
        for _ in range(100):
            if word in said()[at:]:
                return True
            time.sleep(0.1)
    try:
        got = waits(db, "a")
        ok(BEFORE(got), "follow: before, floods are collapsed and sets are sets", got, said())
        write(conf, CONF)
        hup("reloaded")
        capture(os.path.join(inbox, "b.pcap"), "b")
        got = waits(db, "b")
        ok(AFTER(got), "follow: after SIGHUP, as the configuration says now", got, said())
        write(conf, WRONG)
        ok(hup("reloaded") and "[local] keep" in said(), "follow: a mistake is said", said())
        capture(os.path.join(inbox, "c.pcap"), "c")
        got = waits(db, "c")
        ok(AFTER(got), "and what was said before it holds", got)
    finally:
        p.send_signal(signal.SIGTERM)
        ok(p.wait(30) == 0, "it ends in order", said())


def sensor(scratch, what, options):
    db, conf = os.path.join(scratch, what), os.path.join(scratch, "conf")
    write(conf, "[local]\n")
    s = Sensor(yore, db, "-i", "v1", "--commit", "3600s", *options)
    ok(s.ready(), f"{what}: begins", s.errors())

    def turn(letter):
        path = os.path.join(scratch, letter + ".pcap")
        frames = capture(path, letter)
        before = s.counters().get("live.frames v1", 0)
        subprocess.run(["tcpreplay", "-q", "--pps=20000", "-i", "v0", path], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if s.counters().get("live.frames v1", 0) - before >= frames:
                break

    turn("a")
    ok(s.reload(), "SIGHUP commits", s.errors())
    got = waits(db, "a")
    ok(BEFORE(got), f"{what}: before, floods are collapsed and sets are sets", got, s.errors())
    write(conf, CONF)
    s.reload()
    turn("b")
    write(conf, WRONG)
    ok(s.reload() and "[local] keep" in s.errors(), f"{what}: a mistake is said", s.errors())
    got = waits(db, "b")
    ok(AFTER(got), f"{what}: after SIGHUP, as the configuration says now", got, s.errors())
    turn("c")
    ok(s.end() == 0, "it ends in order", s.errors())
    got = waits(db, "c")
    ok(AFTER(got), "and a mistake changed nothing", got)
    s.close()


def main():
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["YORE_CONF"] = os.path.join(scratch, "conf")
        follower(scratch)
        if shutil.which("tcpreplay") is None:
            ok(True, "sense # SKIP tcpreplay is missing")
        else:
            wires.pair()
            sensor(scratch, "sense", [])
            sensor(scratch, "three threads", ["--threads", "3"])
    done()


wires.enter(lambda why: print(f"1..0 # SKIP {why}"))
main()

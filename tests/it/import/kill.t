#!/usr/bin/env python3
"""kill -9 at any moment, imports beside each other, and the ceiling of memory.

usage: kill.t YORE SOURCE_ROOT CAPTURE    (CAPTURE: bench/capture.c)

An import is killed again and again, at times that move over its whole length; then one
complete run: the database must equal that of one undisturbed run. 12 kills; $YORE_LONG:
200 of a larger capture.
"""
import os, random, shutil, signal, subprocess, sys, tempfile, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from history import Yore, done, ok
from rounds import LONG, rounds

yore = Yore(sys.argv[1])
make_capture = sys.argv[3]
scratch = tempfile.mkdtemp(prefix="yore-kill-")


def db(name):
    return os.path.join(scratch, name)


def capture(name, packets, *args):
    path = db(name)
    subprocess.run([make_capture, "-n", str(packets), "-u", str(packets // 5), *args, path],
                   check=True, timeout=120)
    return path


def start(database, *args):
    return subprocess.Popen([yore.program, "import", "-q", "--db", database, *args],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(p):
    _, err = p.communicate(timeout=600)
    return p.returncode, err


# Small windows, so that there are several commits to be killed between.
SMALL = ("--memory", "64M")


def undisturbed(path):
    began = time.monotonic()
    code, err = finish(start(db("once"), *SMALL, path))
    ok(code == 0, "one undisturbed run", err.splitlines())
    return yore.rows(db("once")), time.monotonic() - began


def kills(path, want, length):
    """Four in a row on one database, since each leaves less to be done."""
    dice, killed, wrong, groups = random.Random(1), 0, [], 0
    for group in rounds(ok, "import, four kills each", 3, 50, 1200):
        groups += 1
        d = db(f"killed-{group}")
        for _ in range(4):
            p = start(d, *SMALL, path)
            time.sleep(length * (0.05 + 0.5 * dice.random()))
            if p.poll() is None:
                p.send_signal(signal.SIGKILL)
                killed += 1
            finish(p)
        code, err = finish(start(d, *SMALL, path))
        got = yore.rows(d)
        if code != 0 or got != want:
            wrong.append(f"group {group}: exit {code}, {len(got)} and {len(want)} lines {err}")
        code, err = finish(start(d, *SMALL, path))
        if code != 0 or yore.rows(d) != want:
            wrong.append(f"group {group}: changed by one run more {err}")
        r = yore.run("db", "verify", "--db", d)
        if r.returncode != 0:
            wrong.append(f"group {group}: not sound: {r.stdout} {r.stderr}")
        shutil.rmtree(d)
    ok(killed > groups, f"killed {killed} times of {4 * groups}")
    ok(not wrong, "then one complete run: the same history every time", wrong)


def asked_beside(path, want):
    """Asking needs no lock and never sees half a segment."""
    d = db("asked")
    p = start(d, *SMALL, path)
    answers, wrong, most = 0, [], 0
    while p.poll() is None:
        r = yore.run("export", "--db", d, "--view", "month", "--json")
        n = len(r.stdout.splitlines())
        if r.returncode not in (0, 1, 4) and "no database" not in r.stderr:
            wrong.append(f"exit {r.returncode}: {r.stderr[:200]}")
        if n < most:
            wrong.append(f"{n} lines after {most}")
        most, answers = max(most, n), answers + 1
    finish(p)
    ok(not wrong, f"asked {answers} times beside an import", wrong[:5])
    ok(yore.rows(d) == want, "which was not disturbed")


def beside(path, want):
    d = db("beside")
    both = [start(d, *SMALL, path) for _ in range(3)]
    results = [finish(p) for p in both]
    ok(all(code == 0 for code, _ in results), "three imports of one file at a time",
       [f"{c} {e}" for c, e in results])
    ok(yore.rows(d) == want, "add it once")
    other = capture("other.pcap", 40000, "-s", "9", "-t", "1430000000")
    d = db("two")
    both = [start(d, *SMALL, f) for f in (path, other)]
    results = [finish(p) for p in both]
    ok(all(code == 0 for code, _ in results), "imports of two files at a time",
       [f"{c} {e}" for c, e in results])
    alone = db("alone")
    for f in (path, other):
        finish(start(alone, *SMALL, f))
    ok(yore.rows(d) == yore.rows(alone), "are as one after the other")


def ceiling():
    """Nothing but new names: every row a new one, far more than the windows hold."""
    packets = 3000000 if LONG else 400000
    path = db("wide.pcap")
    subprocess.run([make_capture, "-n", str(packets), "-u", str(packets * 4), path],
                   check=True, timeout=300)
    with open(yore.program, "rb") as f:
        sanitized = b"__asan_init" in f.read()
    own = yore.program
    if sanitized and os.environ.get("YORE_PLAIN"):
        yore.program, sanitized = os.environ["YORE_PLAIN"], False
    p = start(db("wide"), *SMALL, path)
    yore.program = own
    peak = 0
    while p.poll() is None:
        try:
            with open(f"/proc/{p.pid}/status") as f:
                for line in f:
                    if line.startswith("VmHWM"):
                        peak = max(peak, int(line.split()[1]))
        except OSError:
            pass
        time.sleep(0.02)
    code, err = finish(p)
    ok(code == 0, "a capture of nothing but new names", err.splitlines())
    if sanitized:
        ok(True, "the ceiling of memory # SKIP sanitizers need memory of their own, and "
           "$YORE_PLAIN names no other program")
    else:
        ok(0 < peak < 96 * 1024, f"peak {peak // 1024} MiB with --memory 64M "
           "(and 32 MiB for code and stacks)")


small = capture("capture.pcap", 300000 if LONG else 120000)
want, length = undisturbed(small)
ok(len(want) > 10000, f"{len(want)} lines to compare")
kills(small, want, length)
beside(small, want)
asked_beside(small, want)
ceiling()
shutil.rmtree(scratch, ignore_errors=True)
done()

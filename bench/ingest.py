#!/usr/bin/env python3
"""What a capture costs on its way into the history. One figure a line: name, value, unit.

usage: ingest.py BUILD SCRATCH [--millions N] [--rounds N] [--floor PROGRAM] [CAPTURE...]

Without a CAPTURE one of N million packets is made (2 by default). With --floor a
yardstick (`PROGRAM match CAPTURE`, printing "cpu ns/pkt X") is run in turn with ours.
"""
import argparse, json, os, re, shutil, subprocess, sys, time

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("scratch")
parser.add_argument("--millions", type=float, default=2)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--floor")
parser.add_argument("captures", nargs="*")
o = parser.parse_intermixed_args()


def figure(name, value, unit):
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    print(f"{name}\t{text}\t{unit}", flush=True)


def program(name):
    return os.path.join(o.build, name)


def made():
    path = os.path.join(o.scratch, f"capture-{o.millions:g}.pcap")
    n = int(o.millions * 1000000)
    if not os.path.exists(path):
        subprocess.run([program("bench/bench-capture"), "-n", str(n), "-u", str(n // 5), path],
                       check=True)
    return path


def usage_of(args):
    """Wall and CPU seconds, peak MiB."""
    began = time.monotonic()
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    if status:
        sys.exit(f"{args[0]}: failed ({status})")
    return (time.monotonic() - began, usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024)


def stages(tag, path):
    """The yardstick and ours by turns, the least of each."""
    best, floor = {}, None
    for _ in range(o.rounds):
        r = subprocess.run([program("bench/bench-stages"), path], check=True,
                           capture_output=True, text=True)
        for line in r.stdout.splitlines():
            name, value, unit = line.split("\t")
            if name not in best or float(value) < float(best[name][0]):
                best[name] = (value, unit)
        if o.floor:
            r = subprocess.run([o.floor, "match", path], check=True, capture_output=True,
                               text=True)
            ns = float(re.search(r"cpu ns/pkt ([0-9.]+)", r.stdout).group(1))
            floor = ns if floor is None else min(floor, ns)
    for name, (value, unit) in best.items():
        figure(f"{tag}.{name}", value, unit)
    if floor:
        figure(f"{tag}.floor", floor, "ns/packet")
        figure(f"{tag}.to-floor", float(best["chain.gather"][0]) / floor, "times")


def imported(tag, path):
    db = os.path.join(o.scratch, "db")
    best = None
    for _ in range(o.rounds):
        shutil.rmtree(db, ignore_errors=True)
        u = usage_of([program("yore"), "import", "-q", "--db", db, path])
        best = u if best is None or u[0] < best[0] else best
    figure(f"{tag}.import.wall", best[0], "s")
    figure(f"{tag}.import.cpu", best[1], "s")
    figure(f"{tag}.import.peak", best[2], "MiB")
    u = usage_of([program("yore"), "import", "-q", "--db", db, path])
    figure(f"{tag}.import-again.cpu", u[1], "s")
    u = usage_of([program("yore"), "db", "compact", "--db", db])
    figure(f"{tag}.compact.cpu", u[1], "s")
    sizes(tag, db)
    shutil.rmtree(db, ignore_errors=True)


def sizes(tag, db):
    r = subprocess.run([program("yore"), "db", "stat", "--json", "--db", db], check=True,
                       capture_output=True, text=True)
    shelves = [json.loads(line) for line in r.stdout.splitlines()]
    rows = next(s for s in shelves if s["shelf"].startswith("y"))  # a capture of one year
    for s in shelves:
        figure(f"{tag}.shelf.{s['shelf']}", s["octets"], "octets")
    for table in ("rrsets", "rdata", "names", "servers"):
        if rows.get(table):
            figure(f"{tag}.table.{table}", rows[table + "_octets"] / rows[table],
                   "octets/row")
    r = subprocess.run(f"'{program('yore')}' export --db '{db}' --view rr --json | wc -l",
                       shell=True, check=True, capture_output=True, text=True)
    figure(f"{tag}.records", int(r.stdout), "RRs")
    figure(f"{tag}.octets", rows["octets"] / max(1, int(r.stdout)), "octets/RR, all tables")


os.makedirs(o.scratch, exist_ok=True)
for path in o.captures or [made()]:
    tag = os.path.basename(path).split(".pcap")[0]
    stages(tag, path)
    imported(tag, path)

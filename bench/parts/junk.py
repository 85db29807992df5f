#!/usr/bin/env python3
"""Floods beside ordinary traffic: rows and octets with and without collapsing.

usage: junk.py BUILD SCRATCH
"""
import json, os, shutil, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/it/import"))
import junk

build, scratch = sys.argv[1:3]
yore = os.path.join(build, "yore")
ordinary, mixed = (os.path.join(scratch, x) for x in ("junk-ordinary.pcap", "junk-mixed.pcap"))
subprocess.run([os.path.join(build, "bench/bench-capture"), "-n", "200000", "-u", "40000", ordinary], check=True)
junk.mix(ordinary, mixed, 100000)


def put(name, value, unit):
    print(f"{name}\t{value}\t{unit}", flush=True)


for name, pcap, args in (("ordinary", ordinary, ()), ("collapsed", mixed, ()), ("kept", mixed, ("--no-collapse",))):
    db = os.path.join(scratch, "junk-db")
    shutil.rmtree(db, ignore_errors=True)
    began = time.monotonic()
    subprocess.run([yore, "import", "-q", "--db", db, "--accept", "all", *args, pcap], check=True)
    took = time.monotonic() - began
    subprocess.run([yore, "db", "compact", "--db", db], check=True)
    stat = [json.loads(x) for x in
            subprocess.run([yore, "db", "stat", "--json", "--db", db], stdout=subprocess.PIPE).stdout.splitlines()]
    put(f"junk_{name}_rows", sum(x["rrsets"] + x["rdata"] + x["names"] for x in stat),
        "rows" + ("" if name == "ordinary" else ", 300,000 names of floods beside the same traffic"))
    put(f"junk_{name}_octets", sum(x["octets"] for x in stat) >> 10, "KiB")
    put(f"junk_{name}_time", f"{took:.1f}", "s")
    shutil.rmtree(db)
os.unlink(ordinary)
os.unlink(mixed)

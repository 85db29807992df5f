#!/usr/bin/env python3
"""Live capture: a veth pair in a network namespace, our own sender (tests/it/sense/send.c)
as fast as it goes, `yore sense` at the other end.

usage: live.py BUILD SCRATCH        figures: name, value, unit

Sender and kernel have one core, the sensor what is left: run it on a machine that does
nothing else. Two million packets of resolver traffic (bench/capture.c), sent
$YORE_LIVE_TIMES times (3) in a row. Whatever is not 0 in live_dropped is a loss.
"""
import os, re, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../tests/it/sense"))
import shutil
import wires
from sensor import Sensor

build, scratch = (os.path.abspath(a) for a in sys.argv[1:3])
wires.enter(lambda why: print(f"# live: {why}", file=sys.stderr))
TIMES = int(os.environ.get("YORE_LIVE_TIMES", "3"))
sender = os.path.join(build, "tests/it/sense/send")
capture = os.path.join(scratch, "capture-2.pcap") # as bench/ingest.py makes it
if not os.path.exists(capture):
    subprocess.run([os.path.join(build, "bench/bench-capture"), "-n", "2000000", "-u",
                    "400000", capture], check=True)


def put(name, value, unit):
    print(f"{name}\t{value}\t{unit}", flush=True)


def cpu_s(pid):
    """Of the process, whatever its threads; what the kernel does for it in interrupts
    falls on the sender."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) // 1024


def one(threads):
    tag = f"live_{threads}"
    db = os.path.join(scratch, "live-db")
    shutil.rmtree(db, ignore_errors=True)
    s = Sensor(os.path.join(build, "yore"), db, "-i", "v1", "--threads", str(threads))
    if not s.ready():
        sys.exit(f"live: {s.errors()}")
    before, cpu = wires.arrived(), cpu_s(s.p.pid)
    sent, rate, sender_cpu = wires.send(sender, capture, times=TIMES, seconds=300)
    seen, frames = -1, 0
    while frames != seen: # what waits in the ring
        seen = frames
        time.sleep(0.5)
        c = s.counters()
        frames = c.get("live.frames v1", 0)
    used, peak = cpu_s(s.p.pid) - cpu, peak_mib(s.p.pid)
    lost = c.get("live.dropped v1", 0)
    code = s.end()
    s.close()
    shutil.rmtree(db, ignore_errors=True)
    put(f"{tag}_sent", rate, "packets/s")
    put(f"{tag}_packets", wires.arrived() - before, f"packets of {sent} passed the wire")
    put(f"{tag}_dropped", lost, f"packets of {frames + lost} that may be DNS")
    put(f"{tag}_sender_cpu", f"{sender_cpu / sent * 1e6:.2f}",
        "us a packet, the kernel's way into the ring with it")
    put(f"{tag}_sensor_cpu", f"{used / frames * 1e6:.2f}", "us a frame, committing with it")
    put(f"{tag}_peak", peak, "MiB, the ring of 64 with it")
    if code != 0:
        sys.exit(f"live: ended with {code}")


wires.pair()
put("live_wire_alone", wires.send(sender, capture, times=1)[1], "packets/s, nobody looking")
for n in (1, 2):
    one(n)

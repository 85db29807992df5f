#!/usr/bin/env python3
"""Floods over a veth pair: half-open TCP streams, fragments that never become whole,
answers nobody asked for. The memory ceiling holds, good traffic between them arrives, and
what was dropped is counted.

usage: hostile.t YORE SOURCE_ROOT
"""
import os, re, shutil, struct, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets
from sensor import Sensor, kept

yore = os.path.abspath(sys.argv[1])
if "INSIDE_NETNS" not in os.environ:
    if not shutil.which("tcpreplay") or not shutil.which("ip"):
        print("1..0 # SKIP tcpreplay or iproute2 is missing")
        sys.exit(0)
    how = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    if subprocess.run(how + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("1..0 # SKIP network namespaces are not allowed here")
        sys.exit(0)
    os.environ["INSIDE_NETNS"] = "1"
    os.execvp(how[0], how + [sys.executable, *sys.argv])

count = failed = 0


def ok(good, text, *notes):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {text}", flush=True)
    for n in notes if not good else ():
        print("# " + str(n).replace("\n", "\n# "))


for words in (["link", "add", "v0", "type", "veth", "peer", "name", "v1"],
              ["link", "set", "v0", "up"], ["link", "set", "v1", "up"]):
    subprocess.run(["ip", *words], check=True)

EACH = int(os.environ.get("HOSTILE_EACH", "100000"))
GOOD = 200


def source(i):
    return f"100.{64 + (i >> 16 & 63)}.{i >> 8 & 255}.{i & 255}"


def floods():
    """name -> one hostile packet"""
    half = lambda i: packets.ether(packets.ip4(
        source(i), "192.0.2.53", 6,
        packets.tcp(1024 + i % 60000, 53, i, 1, 0x18, b"\0\xff" + bytes(40))))
    fragment = lambda i: packets.ether(packets.ip4(
        source(i), "192.0.2.54", 17, bytes(256), i & 0xffff, True, (i % 50) * 256))
    forged = lambda i: packets.ether(packets.ip4(
        "192.0.2.53", "10.0.0.1", 17,
        packets.udp(53, 1024, packets.response(i & 0xffff, "www.victim.test", [bytes(4)]))))
    asked = lambda i: packets.ether(packets.ip4(
        source(i), "192.0.2.53", 17,
        packets.udp(1024 + i % 60000, 53, packets.query(i & 0xffff, f"q{i}.flood.test"))))
    return {"half-open TCP streams": half, "fragments of nothing": fragment,
            "forged answers": forged, "questions without answers": asked}


with tempfile.TemporaryDirectory() as scratch:
    c = packets.Capture()
    makers = list(floods().values())
    step = EACH // GOOD
    for g in range(GOOD):
        for i in range(g * step, g * step + step):
            c.frames += [make(i) for make in makers]
        c.transaction(f"good{g}.test", packets.WRAPS["plain"])
    path = os.path.join(scratch, "flood.pcap")
    c.write(path)
    db = os.path.join(scratch, "db")
    s = Sensor(yore, db, "-i", "v1", "--memory", "128M", "--ring", "64M")
    ok(s.ready(), "begins", s.errors())

    def memory(what):
        with open(f"/proc/{s.p.pid}/status") as f:
            return int(re.search(what + r":\s+(\d+)", f.read()).group(1)) // 1024

    before = memory("VmHWM")
    r = subprocess.run(["tcpreplay", "-q", "--preload-pcap", "--pps=60000", "-i", "v0", path],
                       capture_output=True, text=True, timeout=200)
    time.sleep(1)
    counters = s.counters()
    most = memory("VmHWM")
    print(f"# {len(c.frames)} packets; {before} MiB at the start, {most} MiB at the most")
    if memory("VmSize") < 1 << 24: # a sanitizer's shadow is larger than that
        ok(most < 64 + 128 + 48, "memory: ring, ceiling, and the program itself", most, before)
    code = s.end()
    ok(code == 0, "ends in order", code, s.errors())
    got = {k[0]: n for k, n in kept(yore, db).items()}
    want = {f"good{g}.test": 1 for g in range(GOOD)}
    ok(got == want, "every good answer arrived, and no forged one",
       [k for k in want if k not in got][:5], [k for k in got if k not in want][:5])
    ok(counters.get("live.dropped v1", 0) == 0, "the ring never overflowed", counters)
    ok(counters.get("observe.unmatched", 0) == EACH // GOOD * GOOD, "forged answers are counted",
       counters)
    ok(counters.get("net.tcp_full", 0) + counters.get("net.frag_full", 0) > 0,
       "so is what the tables had to drop", counters)
    s.close()
print(f"1..{count}")
sys.exit(failed != 0)

#!/usr/bin/env python3
"""yore coverage: stretches, gaps, losses, exit status.

usage: coverage.t YORE SOURCE_ROOT
"""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets

yore = os.path.abspath(sys.argv[1])
count = failed = 0
DAY = 86400
START = 1400025600 # 2014-05-14T00:00:00Z


def ok(good, text, *notes):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {text}", flush=True)
    for n in notes if not good else ():
        print("# " + str(n).replace("\n", "\n# "))


def capture(path, start, seconds, damage=False):
    """A transaction a minute; one of the answers nobody asked for, one is cut short."""
    c = packets.Capture()
    for i in range(seconds // 60 + 1):
        c.transaction(f"n{i}.test", packets.WRAPS["plain"])
    if damage:
        c.add(packets.ether(packets.ip4("192.0.2.53", "10.9.9.9", 17, packets.udp(
            53, 999, packets.response(7, "stray.test", [bytes(4)])))))
    with open(path, "wb") as f:
        f.write(packets.struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i, frame in enumerate(c.frames):
            f.write(packets.struct.pack("<4I", start + i // 2 * 60, i % 2 * 1000, len(frame),
                                        len(frame)) + frame)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    db = os.path.join(scratch, "db")

    def run(*words):
        r = subprocess.run([yore, "coverage", "--db", db, *words], capture_output=True,
                           text=True, timeout=60)
        return r.returncode, r.stdout

    # a sensor for the first hour and the last but one; another capture in between
    capture("a.pcap", START, 3600)
    capture("b.pcap", START + 3 * 3600, 3600, damage=True)
    capture("c.pcap", START + 2 * 3600, 1800)
    for path in ("a.pcap", "b.pcap"):
        subprocess.run([yore, "import", "-q", "--db", db, "--sensor", "edge", path], check=True)
    subprocess.run([yore, "import", "-q", "--db", db, "c.pcap"], check=True)

    code, out = run("-j", "--from", str(START), "--to", str(START + 4 * 3600 - 1))
    got = {o.get("sensor", o.get("input")): o for o in map(json.loads, out.splitlines())}
    edge = got.get("edge", {})
    ok(code == 3, "a time that was partly watched: exit status 3", code, out)
    ok(set(got) == {"edge", os.path.join(scratch, "c.pcap")}, "the sensor, and the capture "
       "without one by its path", out)
    ok(edge.get("permyriad") == 5000, "the sensor watched half of it", edge)
    ok(edge.get("stretches") == [[START, START + 3600], [START + 3 * 3600, START + 4 * 3600 + 60]],
       "from when to when", edge)
    ok(edge.get("losses", {}).get("observe.unmatched") == 1, "what it lost, by reason", edge)
    code, out = run("--from", str(START), "--to", str(START + 4 * 3600 - 1))
    ok(out.startswith("watched 62.5") and "sensor edge" in out and "1 h 59 min" in out
       and "lost            1  observe.unmatched" in out, "the same for people", out)
    code, out = run("--from", str(START + 600), "--to", str(START + 1200))
    ok(code == 0 and out.startswith("watched wholly (1 sensor: edge)")
       and "unmatched" not in out, "wholly watched: 0, and only the losses of that time", code,
       out)
    code, out = run("--from", "2013-01-01", "--to", "2013-12-31")
    ok(code == 4 and out.startswith("not watched"), "not watched: 4", code, out)
    code, out = run()
    ok(code == 0, "without a time: whether anybody ever watched", code, out)
    code, out = run("--from", "yesterdy")
    ok(code == 2, "a time that is none: 2", code, out)

    # a capture over New Year lies on two shelves: its losses count once
    year = 1420070400 # 2015-01-01
    capture("d.pcap", year - 1800, 3600, damage=True)
    subprocess.run([yore, "import", "-q", "--db", db, "--sensor", "eve", "d.pcap"], check=True)
    code, out = run("-j", "--from", str(year - 1800), "--to", str(year + 1800))
    eve = json.loads(out.splitlines()[0])
    ok(eve["permyriad"] == 10000 and eve["losses"].get("observe.unmatched") == 1
       and len(eve["stretches"]) == 1, "over New Year: one stretch, losses once", out)
print(f"1..{count}")
sys.exit(failed != 0)

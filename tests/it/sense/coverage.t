#!/usr/bin/env python3
"""yore coverage: stretches, gaps, losses, exit status.

usage: coverage.t YORE SOURCE_ROOT
"""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets
from tap import done, ok

yore = os.path.abspath(sys.argv[1])
DAY = 86400
START = 1400025600 # 2014-05-14T00:00:00Z


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

    # of whom is asked below: a resolver that is seen to ask on, one that is configured,
    # one that nobody watches, and what cannot be read
    def asked(c, client, server, name, flags=0x8180):
        c.serial += 1
        question = packets.struct.pack(">6H", c.serial, flags & 0x100, 1, 0, 0, 0) \
            + packets.wire_name(name) + packets.struct.pack(">2H", 1, 1)
        answer = packets.response(c.serial, name, [bytes([203, 0, 113, 1])])
        answer = answer[:2] + packets.struct.pack(">H", flags) + answer[4:]
        for src, dst, ports, payload in ((client, server, (1024 + c.serial, 53), question),
                                         (server, client, (53, 1024 + c.serial), answer)):
            c.add(packets.ether(packets.ip4(src, dst, 17, packets.udp(*ports, payload))))

    c = packets.Capture()
    c.serial = 0
    asked(c, "10.0.0.1", "192.0.2.53", "a.test")
    asked(c, "192.0.2.53", "198.51.100.1", "a.test", 0x8400)
    for i in range(5):
        asked(c, f"10.0.0.{i}", "192.0.2.53", f"b{i}.test")
    asked(c, "192.0.2.53", "192.0.2.54", "d.test") # forwarded: no client asked
    asked(c, "10.0.0.1", "192.0.2.54", "c.test")
    asked(c, "10.0.0.1", "9.9.9.9", "e.test")
    asked(c, "10.0.0.1", "9.9.9.9", "dns.google")
    asked(c, "10.0.0.1", "192.0.2.53", "x.cloudflare-dns.com")
    syn, data = (packets.tcp(4000, 853, 1, 0, flags, b"x" * (flags == 16)) for flags in (2, 16))
    quic, short = (packets.udp(4000, 853, b"\xc3" + bytes(n)) for n in (1199, 100))
    for protocol, payload in ((6, syn), (6, data), (17, quic), (17, short)):
        c.add(packets.ether(packets.ip4("10.0.0.1", "9.9.9.9", protocol, payload)))
    c.write("below.pcap", START)
    subprocess.run([yore, "import", "-q", "--db", db, "--sensor", "inside", "below.pcap"],
                   check=True)
    os.environ["YORE_LOCAL_RESOLVERS"] = "192.0.2.54"
    when = ("--from", str(START), "--to", str(START + 1))
    got = {o.get("sensor"): o for o in map(json.loads, run("-j", *when)[1].splitlines())}
    below = got["inside"].get("below", {})
    want = {"192.0.2.53": (True, 7), "192.0.2.54": (True, 1), "9.9.9.9": (False, 2)}
    ok({s["server"]: (s["watched"], s["answers"]) for s in below.get("servers", [])} == want,
       "below: answers by server; watched is what asks on, and what is configured", below)
    ok((below.get("answers"), below.get("watched"), below.get("dot"), below.get("doq"))
       == (10, 8, 1, 1), "sums, and connections of encrypted DNS", below)
    ok(below.get("doh_names") == {"dns.google": 1, "cloudflare-dns.com": 1},
       "names of DNS over HTTPS", below)
    ok("losses" in got["inside"] and not any("below" in k for k in got["inside"]["losses"]),
       "none of it is a loss", got["inside"])
    code, out = run(*when)
    ok("below: 10 answers, 80.00 % of watched resolvers" in out
       and "past            2  9.9.9.9" in out
       and "past            1  connections, DNS over TLS" in out
       and "hint            2  questions, DNS over HTTPS: " in out, "the same for people", out)
    ok(max(map(len, out.splitlines())) <= 80, "in 80 columns", out)
    found = subprocess.run(["grep", "-rlaE", r"10\.0\.0\.[0-9]", db], capture_output=True,
                           text=True).stdout
    ok(found == "", "no client stands anywhere in the database", found)
    # the same file, grown: what was told is not told again
    with open("below.pcap", "rb") as f:
        whole = f.read()
    with open("grown.pcap", "wb") as f:
        f.write(whole)
    asked(c, "10.0.0.1", "9.9.9.9", "later.test")
    c.write("grown.pcap", START)
    subprocess.run([yore, "import", "-q", "--db", db, "--sensor", "inside", "--again",
                    "grown.pcap"], check=True)
    got = {o.get("sensor"): o for o in map(json.loads, run("-j", *when)[1].splitlines())}
    ok(got["inside"]["below"]["answers"] == 11, "a file that grows is counted once", got)
done()

#!/usr/bin/env python3
"""A flood of evidence is bounded by the day, by reason and by zone, over restarts too; it is
counted, and evidence of another reason still finds room.

usage: evidence.t YORE SOURCE_ROOT
"""
import json, os, struct, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets
from tap import done, ok

yore = os.path.abspath(sys.argv[1])
DAY, START = 86400, 1400025600
A_DAY, A_ZONE = 5000, 500


def flood(path, names, start, server="198.51.100.7", more=()):
    """Answers that nobody asked for."""
    c = packets.Capture()
    for i, name in enumerate(names):
        where = server(i) if callable(server) else server
        c.add(packets.ether(packets.ip4(where, "10.9.9.9", 17, packets.udp(
            53, 999, packets.response(i & 0xffff, name, [bytes([203, 0, 113, 7])])))))
    c.frames += more
    c.write(path, start)


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)

    def run(*words):
        return subprocess.run([yore, *words], capture_output=True, text=True, timeout=120)

    def rows(db, *words):
        out = run("query", "--db", db, "--suspicious", "-j", *words).stdout
        return len(out.splitlines())

    def take(db, path):
        return run("import", "--db", db, "--sensor", "edge", "--again", path).stdout

    flood("a.pcap", [f"n.z{i}.test" for i in range(A_DAY + 1000)], START)
    told = take("db", "a.pcap")
    ok(rows("db", "*.test") == A_DAY, "a day has room for so many of one reason",
       rows("db", "*.test"))
    ok(" 1000  suspicious RRsets not kept" in told, "the rest is counted", told)
    flood("b.pcap", [f"m.y{i}.test" for i in range(1000)], START + 3600)
    told = take("db", "b.pcap")
    ok(rows("db", "*.test") == A_DAY and " 1000  suspicious RRsets not kept" in told,
       "a new process has no more room", told, rows("db", "*.test"))
    flood("c.pcap", [f"n.z{i}.test" for i in range(10)], START + 7200)
    told = take("db", "c.pcap")
    ok("not kept" not in told and '"count":2' in run(
        "query", "--db", "db", "--suspicious", "-j", "n.z3.test").stdout,
       "what has a row already is counted on", told)
    cover = json.loads(run("coverage", "--db", "db", "-j").stdout.splitlines()[0])
    ok(cover["losses"].get("gather.suspicious_left_out") == 2000, "coverage tells of it",
       cover)

    # another reason on the same day, another day
    question = packets.ether(packets.ip4("10.9.9.9", "192.0.2.53", 17, packets.udp(
        999, 53, packets.query(7, "inside.example"))))
    answer = packets.ether(packets.ip4("192.0.2.53", "10.9.9.9", 17, packets.udp(
        53, 999, packets.response(7, "inside.example", [bytes([10, 0, 0, 1])]))))
    flood("d.pcap", [], START + 9000, more=[question, answer])
    take("db", "d.pcap")
    ok(rows("db", "inside.example", "--source", "below.private") == 1,
       "evidence of another reason still has room")
    flood("e.pcap", [f"n.x{i}.test" for i in range(100)], START + DAY)
    take("db", "e.pcap")
    ok(rows("db", "*.test", "--source", "below.unmatched") == A_DAY + 100,
       "and so has the next day", rows("db", "*.test"))

    # one zone; many servers
    flood("f.pcap", [f"n{i}.one.test" for i in range(A_ZONE + 50)], START)
    told = take("zone", "f.pcap")
    ok(rows("zone", "*.one.test") <= A_ZONE and "not kept" in told,
       "a zone has room for a tenth of that", told, rows("zone", "*.one.test"))
    flood("g.pcap", ["same.test"] * (A_ZONE + 50), START,
          lambda i: f"198.51.{i >> 8}.{i & 255}")
    take("servers", "g.pcap")
    said = run("query", "--db", "servers", "--suspicious", "same.test").stderr
    ok(f"{A_ZONE - 20} lines more" in said, "as have the servers behind it", said[-200:])
done()

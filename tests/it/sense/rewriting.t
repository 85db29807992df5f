#!/usr/bin/env python3
"""What the site's own resolvers put in the place of the world's answers is evidence, not
history: by configuration, by signs in the message, by a denial seen above.

usage: rewriting.t YORE SOURCE_ROOT
"""
import json, os, socket, struct, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets
from tap import done, ok

yore = os.path.abspath(sys.argv[1])
CLIENT, RESOLVER, WORLD = "10.0.0.7", "192.0.2.53", "198.51.100.53"
qid = 0


def rr(name, kind, rdata, ttl=60):
    return packets.wire_name(name) + struct.pack(">2HIH", kind, 1, ttl, len(rdata)) + rdata


def a(text):
    return socket.inet_aton(text)


def message(flags, name, answer=(), authority=(), additional=()):
    head = struct.pack(">6H", qid, flags, 1, len(answer), len(authority), len(additional))
    return head + packets.wire_name(name) + struct.pack(">2H", 1, 1) \
        + b"".join([*answer, *authority, *additional])


def exchange(frames, client, server, flags, name, **sections):
    global qid
    qid += 1
    asked = struct.pack(">6H", qid, flags & 0x0100, 1, 0, 0, 0) + packets.wire_name(name) \
        + struct.pack(">2H", 1, 1)
    frames.append(packets.ether(packets.ip4(client, server, 17, packets.udp(
        1024 + qid, 53, asked))))
    frames.append(packets.ether(packets.ip4(server, client, 17, packets.udp(
        53, 1024 + qid, message(flags, name, **sections)))))


BELOW, ABOVE, NX = 0x8180, 0x8400, 3
SOA = packets.wire_name("ns.test") * 2 + struct.pack(">5I", 1, 3600, 600, 86400, 60)
BLOCKED = b"\0" + struct.pack(">2HIH", 41, 1232, 0, 6) + struct.pack(">3H", 15, 2, 15)

c = packets.Capture()
f = c.frames
exchange(f, CLIENT, RESOLVER, BELOW, "honest.test", answer=[rr("honest.test", 1, a("203.0.113.5"))])
exchange(f, CLIENT, RESOLVER, BELOW, "c2.test", answer=[rr("c2.test", 1, a("192.0.2.10"))])
exchange(f, CLIENT, RESOLVER, BELOW, "led.test", answer=[
    rr("led.test", 5, packets.wire_name("www.garden.test")),
    rr("www.garden.test", 1, a("203.0.113.80"))])
exchange(f, CLIENT, RESOLVER, BELOW | NX, "zoned.test", additional=[rr("rpz.site", 6, SOA)])
exchange(f, CLIENT, RESOLVER, BELOW | NX, "blocked.test", additional=[BLOCKED])
exchange(f, CLIENT, RESOLVER, BELOW | NX, "gone.test", authority=[rr("test", 6, SOA)])
exchange(f, RESOLVER, WORLD, ABOVE | NX, "typo.test", authority=[rr("test", 6, SOA)])
exchange(f, CLIENT, RESOLVER, BELOW, "typo.test", answer=[rr("typo.test", 1, a("203.0.113.99"))])

lies = packets.Capture()  # an answer that nobody asked for
exchange(lies.frames, CLIENT, RESOLVER, BELOW, "forged.test", answer=[rr("forged.test", 1, a("203.0.113.66"))])
del lies.frames[0]

with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    c.write("a.pcap")
    lies.write("lies.pcap")
    with open("yore.conf", "w") as conf:
        conf.write("[local]\nrewrite = 192.0.2.0/28 garden.test\n")
    with open("list", "w") as watched:
        watched.write("c2.test\nblocked.test\n203.0.113.99\n")
    os.environ["YORE_CONF"] = os.path.join(scratch, "yore.conf")

    def run(*words):
        return subprocess.run([yore, *words], capture_output=True, text=True, timeout=60)

    def names(db, *words):
        r = run("query", "--db", db, "-j", *words)
        return sorted(((o := json.loads(line))["rrname"].rstrip("."), o["rrtype"])
                      for line in r.stdout.splitlines())

    r = run("import", "--db", "db", "--watch", "list", "a.pcap")
    ok(r.returncode == 0 and "put there itself" in r.stdout, "imported, and counted",
       r.stdout, r.stderr)
    ok(names("db", "*.test") == [("honest.test", "A"), ("test", "SOA"), ("test", "SOA"),
                                 ("www.garden.test", "A")],
       "the history has what the world said, and the garden's own name",
       names("db", "*.test"))
    ok(names("db", "--negative", "*.test") == [("gone.test", "A"), ("typo.test", "A")],
       "only the world's denials are negative answers", names("db", "--negative", "*.test"))
    got = names("db", "--suspicious", "--source", "below.rewritten", "*.test")
    ok(got == [("blocked.test", "A"), ("c2.test", "A"), ("led.test", "CNAME"),
               ("zoned.test", "A")], "what the resolver put there is evidence", got)
    got = names("db", "--suspicious", "--source", "below.redirected", "*.test")
    ok(got == [("typo.test", "A")], "and what it led elsewhere", got)
    r = run("query", "--db", "db", "--suspicious", "c2.test", "--format", "text")
    ok("below.rewritten" in r.stdout and "said by 192.0.2.53" in r.stderr,
       "with the reason and the server", r.stdout, r.stderr)
    r = run("query", "--db", "db", "--suspicious", "blocked.test", "--format", "text")
    ok("below.rewritten" in r.stdout and "blocked.test" in r.stdout, "a blocked name, too",
       r.stdout, r.stderr)
    r = run("query", "--db", "db", "c2.test")
    ok("1 record was not believed: --suspicious shows it" in r.stderr,
       "who asks the history is told of it", r.stderr)
    with open("db/watch/alerts.ndjson") as journal:
        alerts = [json.loads(line) for line in journal]
    ok(sorted((x["indicator"], x["outcome"]) for x in alerts)
       == [("203.0.113.99", "rewritten"), ("blocked.test", "rewritten"),
           ("c2.test", "rewritten")], "alerts match them, as what they are", alerts)

    with open("forged", "w") as watched:
        watched.write("*.forged.test\n203.0.113.66\n")
    for db, words in (("dbf", ["--watch", "forged"]), ("dbg", [])):
        run("import", "--db", db, *words, "lies.pcap")
    run("watch", "--db", "dbg", "forged")
    for db, when in (("dbf", "as it comes"), ("dbg", "hunted for later")):
        with open(db + "/watch/alerts.ndjson") as journal:
            alerts = [json.loads(line) for line in journal]
        ok(sorted((x["indicator"], x["outcome"]) for x in alerts)
           == [("*.forged.test", "unbelieved"), ("203.0.113.66", "unbelieved")],
           "what is not believed alerts, too, " + when, alerts)

    with open("report.txt", "w") as report:
        report.write("c2[.]test\nzoned[.]test\nhonest[.]test\ntypo[.]test\n")
    r = run("investigate", "--db", "db", "--from", "2014-05-01", "--to", "2014-05-31",
            "--case", "case", "report.txt")
    ok("SKIP 2: 2 our own rewriting" in r.stdout
       and "zoned.test: first asked here: 2014-05-13T16:53:20Z (a client asked, our own "
       "resolver rewrote it)" in r.stdout, "an investigation knows it, and who asked first",
       r.stdout, r.stderr)
    os.environ["YORE_LOCAL_REWRITE"] = "203.0.113.5"
    r = run("investigate", "--replay", "case")
    ok(r.returncode == 0 and "the same to the last byte" in r.stderr,
       "replayed it says the same, whatever the configuration is now", r.stdout, r.stderr)
    del os.environ["YORE_LOCAL_REWRITE"]
    r = run("import", "--db", "db2", "--rewrite", "203.0.113.5", "a.pcap")
    got = names("db2", "--suspicious", "--source", "below.rewritten", "honest.test")
    ok(r.returncode == 0 and got == [("honest.test", "A")], "--rewrite does the same", got)
    r = run("import", "--db", "db3", "--rewrite", "203.0.113.500", "a.pcap")
    ok(r.returncode == 2 and "203.0.113.500" in r.stderr, "a slip is refused", r.stderr)
    with open("passivedns.log", "w") as log:
        for name, address in (("c2.test", "192.0.2.10"), ("honest.test", "203.0.113.5"),
                              ("inner.example", "10.0.0.1"), ("left.test", "203.0.113.6")):
            log.write(f"1400000000.000000||10.0.0.1||192.0.2.53||IN||{name}.||A||{address}"
                      "||60||3\n")
    with open("skipped", "w") as skip:
        skip.write("left.test\n")
    r = run("import", "--db", "logs", "--skip", "skipped", "passivedns.log")
    got = names("logs", "*.test"), names("logs", "--suspicious", "*.test"), \
        names("logs", "*.example"), names("logs", "--suspicious", "*.example")
    ok(got == ([("honest.test", "A")], [("c2.test", "A")], [("inner.example", "A")],
               [("inner.example", "A")]), "lines of logs, too, and lists leave them out", got)
    ok("1  RRsets left out by a list" in r.stdout
       and "1  RRsets that a resolver put there itself" in r.stdout, "both counted", r.stdout)
    with open("yore.conf", "w") as conf:
        conf.write("[local]\nrewrite = 192.0.2.0/280\n")
    r = run("import", "--db", "db3", "a.pcap")
    ok(r.returncode == 2 and "[local] rewrite: '192.0.2.0/280'" in r.stderr,
       "in the configuration, too", r.stderr)
done()

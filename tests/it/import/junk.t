#!/usr/bin/env python3
"""Floods beside ordinary traffic: they shrink to a few rows, and nothing of the rest goes.

usage: junk.t YORE SOURCE_ROOT CAPTURE    (CAPTURE: bench/capture.c)
"""
import json, os, shutil, subprocess, sys, tempfile, urllib.request
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
import junk
from described import Described
from history import Yore, done, ok

yore = Yore(os.path.abspath(sys.argv[1]))
scratch = tempfile.mkdtemp(prefix="yore-junk-")
described = Described(sys.argv[2])
FLOOD = 4000
ZONES = ("flood.example", "tunnel.example", "carrier.example", "storm.example")


def path(name):
    return os.path.join(scratch, name)


def take(db, pcap, *args):
    r = yore.take(path(db), "--accept", "all", *args, path(pcap))
    ok(r.returncode == 0, f"{pcap} into {db}", r.stderr.splitlines())
    return r.stdout


def rows(db, *args):
    out = []
    for line in yore.run("export", "--db", path(db), "--view", "month", *args).stdout.splitlines():
        o = json.loads(line)
        out.append((o["rrname"].rstrip("."), o["rrtype"], json.dumps(o["rdata"]), o["month"],
                    o["count"], o["time_first"], o["time_last"], o["source"]))
    return out


def below(rows_, zone):
    return [r for r in rows_ if r[0] == zone or r[0].endswith("." + zone)]


def others(rows_):
    return sorted(r for r in rows_ if not any(below([r], z) for z in ZONES))


subprocess.run([sys.argv[3], "-n", "30000", "-u", "6000", path("ordinary.pcap")], check=True, timeout=120)
junk.mix(path("ordinary.pcap"), path("mixed.pcap"), FLOOD)
take("ordinary", "ordinary.pcap")
said = take("mixed", "mixed.pcap")
ok("collapsed" in said, "the import says that it collapsed names", said.splitlines())
take("whole", "mixed.pcap", "--no-collapse")
want = others(rows("ordinary"))
mixed, whole = rows("mixed"), rows("whole")
ok(len(want) > 5000 and others(mixed) == want, f"all {len(want)} rows of the ordinary traffic are there, as without floods")
ok(others(whole) == want, "and with --no-collapse")
ok(len(below(whole, "flood.example")) >= FLOOD and len(below(whole, "tunnel.example")) >= FLOOD,
   "with it every name is there")
for zone in ZONES[:3]:
    got = below(mixed, zone)
    ok(len(got) < 100, f"{zone}: {FLOOD} names are {len(got)} rows")
    ok(sum(r[4] for r in got) == FLOOD, "all counted", got[:3])
    ok(any(r[0].startswith("_wildcard_.") for r in got) and
       sum(not r[0].startswith("_wildcard_.") for r in got) >= 8, "some samples beside the row that has them")
gone, all_gone = rows("mixed", "--negative"), rows("whole", "--negative")
storm = below(gone, "storm.example")
ok(len(storm) < 100 and sum(r[4] for r in storm) == FLOOD,
   f"storm.example: {FLOOD} names that do not exist are {len(storm)} rows, all counted")
ok(others(gone) == others(all_gone), "other negative answers are all there")
r = yore.run("query", "--db", path("mixed"), "never-sampled.flood.example")
ok(r.returncode == 4 and "collapsed" in r.stderr and "_wildcard_.flood.example" in r.stderr,
   "who asks for one of them is told", r.stderr.splitlines())
r = yore.run("query", "--db", path("mixed"), "-t", "AAAA", "never-sampled.flood.example")
ok(r.returncode in (1, 4) and "collapsed" not in r.stderr, "not of a type that no such name had", r.stderr.splitlines())
r = yore.run("query", "--db", path("mixed"), "never.elsewhere.example")
ok("collapsed" not in r.stderr, "nor beside the zone", r.stderr.splitlines())

for term, why in (("198.18.9.9", "an address that one of them had"), ("198.18.9.0/28", "a range of such"),
                  ("/^never-sampled/", "a pattern"), ("never-sampled.*", "a beginning"),
                  ("/never.*\\.carrier\\.example$/", "a pattern that names the zone")):
    r = yore.run("query", "--db", path("mixed"), term)
    ok(r.returncode == 4 and "collapsed" in r.stderr and "_wildcard_." in r.stderr, f"who asks for {why} is told",
       r.stderr.splitlines())
for term, why in (("2001:db8::99", "an address of another kind"), ("/never.*\\.elsewhere\\.example$/", "another zone"),
                  ("-t TXT 198.18.9.9", "a type that holds no address")):
    r = yore.run("query", "--db", path("mixed"), *term.split())
    ok(r.returncode in (1, 4) and "collapsed" not in r.stderr, f"not who asks for {why}", r.stderr.splitlines())
r = yore.run("query", "--db", path("whole"), "--json", "198.18.9.9")
ok(r.returncode == 0 and '"198.18.9.9"' in r.stdout, "with --no-collapse the address is there", r.stderr.splitlines())
server = subprocess.Popen([sys.argv[1], "serve", "--db", path("mixed"), "--listen", "127.0.0.1:0"],
                          stderr=subprocess.PIPE, text=True)
try:
    place = server.stderr.readline().split()[2]

    def fetch(what, body=None):
        with urllib.request.urlopen(place + what, data=body, timeout=20) as reply:
            kind, text = reply.headers["Content-Type"].split(";")[0], reply.read().decode()
        found = described.answer("post" if body else "get", what, 200, kind, text)
        ok(not found, f"{what}: as the API is described", found)
        return [json.loads(x) for x in text.splitlines()]
    one, owner = "never-sampled.flood.example", "_wildcard_.flood.example"
    end = fetch("/api/v1/records?term=" + one)[-1]["end"]
    ok((end.get("collapsed"), end["status"]) == (owner, "unwatched"), "HTTP: so is who asks there", end)
    end = fetch("/api/v1/records?term=" + owner)[-1]["end"]
    ok("collapsed" not in end and end["status"] == "found", "and not who asks for the row itself", end)
    lines = fetch("/api/v1/records", f"{one}\nnever.elsewhere.example\n".encode())
    ok((lines[0].get("collapsed"), lines[0]["status"]) == (owner, "unwatched") and "collapsed" not in lines[1],
       "a list", lines)
    ok(fetch("/api/v1/summary?term=" + one)[0].get("collapsed") == owner, "a summary")
    for what in "lookup/rrset/name/", "summarize/rrset/name/":
        last = fetch(f"/dnsdb/v2/{what}{one}")[-1]
        ok(last["cond"] == "succeeded" and owner in last.get("msg", ""), f"DNSDB's stream has it as a message: {what}", last)
    ok(fetch("/dnsdb/v2/lookup/rrset/name/" + owner)[-1] == {"cond": "succeeded"}, "and nothing where something was found")
finally:
    server.terminate()
    server.wait(20)
r = yore.run("query", "--db", path("mixed"), "--json", "_wildcard_.flood.example")
ok('"192.0.2.99"' in r.stdout, "and finds what they had in common", r.stdout.splitlines())
ok(yore.run("db", "verify", "--db", path("mixed")).returncode == 0, "the database is sound")
shutil.rmtree(scratch, ignore_errors=True)
done()

#!/usr/bin/env python3
"""Without --who-asked no client is anywhere in a database; with it, in its own place only."""
import os, shutil, sys, tempfile
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from traffic import *
import search

yore, dump = Yore(sys.argv[1]), sys.argv[3]
tmp = tempfile.mkdtemp(prefix="yore-nothing-")
T0 = 1435708800
# octets that nothing else will have by chance
CLIENTS = ["10.137.219.173", "172.29.187.243", "2001:db8:5ca1:ab1e:c0de:1234:5678:9abc"]

c = Capture()
for n in range(400):
    client = CLIENTS[n % 3]
    at = T0 + n * 3600
    c.ask(at, client, f"n{n % 50}.shop.example.com", addrs=[f"198.51.100.{n % 9 + 1}"])
    c.ask(at + 1, client, f"gone{n % 7}.example.net", rcode=3)
    c.ask(at + 2, client, "empty.example.org", qtype=28)
    c.ask(at + 3, client, "silent.example.org", answered=False)
    c.ask(at + 4, client, "rebind.example.com", addrs=["192.168.77.1"])  # suspicious
    c.ask(at + 5, client, "watched.example.com", addrs=["203.0.113.66"])
# an answer that nobody asked for, and two different answers to one question
c.packet(T0 + 50, "192.0.2.53", 53, CLIENTS[0], 4444,
         b"\1\2\x81\x80\0\1\0\1\0\0\0\0" + wire("forged.example") + b"\0\1\0\1"
         b"\xc0\x0c\0\1\0\1\0\0\1\0\0\4\xcb\0\x71\x07")
for a in ("203.0.113.7", "203.0.113.8"):
    c.id -= 1
    c.port -= 7
    c.ask(T0 + 60, CLIENTS[1], "two.example", addrs=[a])
c.frames.sort(key=lambda f: f[0])
cap = os.path.join(tmp, "a.pcap")
c.write(cap)
watch = os.path.join(tmp, "list")
with open(watch, "w") as f:
    f.write("watched.example.com\n*.example.net\n203.0.113.66\n")


def everything_on(db, *more):
    r = yore.take(db, "--watch", watch, "--sensor", "edge", *more, cap)
    ok(r.returncode == 0, "imported with alerts " + " ".join(more), [r.stdout, r.stderr])
    yore.run("query", "--db", db, "watched.example.com")
    yore.run("query", "--db", db, "--suspicious", "/./")
    yore.run("coverage", "--db", db)


off = os.path.join(tmp, "off")
everything_on(off)
for shelf in ("y2015", "negative", "suspicious"):
    ok(os.path.isdir(os.path.join(off, shelf)), f"there is a shelf {shelf}")
journal = [os.path.join(d, f) for d, _, fs in os.walk(off) for f in fs if "alert" in f]
ok(journal and os.path.getsize(journal[0]) > 0, "and there were alerts", [journal])
where = search.found(off, dump, CLIENTS)
ok(where == [], "off: no client in any octet of any file, nor behind its compression", where)
yore.run("db", "compact", "--db", off)
where = search.found(off, dump, CLIENTS)
ok(where == [], "and neither when it is compacted", where)

on = os.path.join(tmp, "on")
everything_on(on, "--who-asked", LONG)
private = lambda w: w.split(os.sep)[0].startswith("who") or w.startswith("rows of who-")
where = search.found(on, dump, CLIENTS, private)
ok(where == [], "on: nowhere but on its own shelves", where)
inside = search.found(on, dump, CLIENTS, lambda w: not private(w))
ok(all(any(f"{a} as octets" in x for x in inside) for a in CLIENTS),
   "where they are (the search can find)", inside)

back, out = os.path.join(tmp, "back"), os.path.join(tmp, "out.ndjson")
yore.run("db", "backup", "--db", on, back)
where = search.found(back, dump, CLIENTS)
ok(where == [], "not in a backup", where)
for args in (["--json"], ["--csv"], ["--negative", "--json"], ["--suspicious", "--json"]):
    r = subprocess.run([yore.program, "export", "--db", on, *args], capture_output=True)
    hits = [f for a in CLIENTS for f, what in search.forms(a).items() if what in r.stdout]
    ok(hits == [] and r.stdout, "not in export " + " ".join(args), hits)

r = yore.run("db", "erase", "--db", on, *CLIENTS)
where = search.found(on, dump, CLIENTS, lambda w: w == "suppressed")
ok(r.returncode == 0 and where == [], "erased they are nowhere (but on the list of what "
   "must not come back)", [r.stdout, r.stderr, *where])
yore.take(on, "--who-asked", LONG, "--again", "--sensor", "edge2", cap)
where = search.found(on, dump, CLIENTS, lambda w: w == "suppressed")
ok(where == [], "and do not come back", where)

shutil.rmtree(tmp)
done()

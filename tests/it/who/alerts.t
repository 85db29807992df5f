#!/usr/bin/env python3
"""Alerts where who asked is kept: one for each indicator, client and day."""
import json, os, shutil, sys, tempfile, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from traffic import *

yore = Yore(sys.argv[1])
tmp = tempfile.mkdtemp(prefix="yore-whoalert-")
db, watch = os.path.join(tmp, "db"), os.path.join(tmp, "list")
TODAY = int(time.time()) // DAY * DAY
T0 = TODAY - 20 * DAY
with open(watch, "w") as f:
    f.write("*.c2.example\n203.0.113.66\n")


def alerts(of="who"):
    p = os.path.join(db, of, "alerts.ndjson")
    return [json.loads(x) for x in open(p)] if os.path.exists(p) else []


def take(c, name, *more, retention="90d"):
    p = os.path.join(tmp, name)
    c.write(p)
    r = yore.take(db, "--who-asked", "--who-retention", retention, "--watch", watch, *more, p)
    if r.returncode:
        print("#", r.stderr)


c = Capture()
c.ask(T0 + 10, "10.1.0.1", "dead.c2.example", rcode=3)
c.ask(T0 + 20, "10.1.0.1", "dead.c2.example", rcode=3)
c.ask(T0 + 30, "10.1.0.2", "silent.c2.example", answered=False)
c.ask(T0 + 40, "10.1.0.3", "innocent.example", addrs=["203.0.113.66", "203.0.113.67"])
c.ask(T0 + 50, "10.1.0.4", "innocent.example", addrs=["203.0.113.1"])
take(c, "a.pcap")
got = sorted((a["client"], a["indicator"], a["rrname"], a["outcome"]) for a in alerts())
ok(got == [("10.1.0.1", "*.c2.example", "dead.c2.example", "nxdomain"),
           ("10.1.0.2", "*.c2.example", "silent.c2.example", "unanswered"),
           ("10.1.0.3", "203.0.113.66", "innocent.example", "answered")],
   "each client once, NXDOMAIN and unanswered too, and who was sent to the address", got)
ok(all("client" not in a for a in alerts("watch")) and len(alerts("watch")) == 2,
   "alerts of the history name no client", alerts("watch"))
c = Capture()
c.ask(T0 + 3600, "10.1.0.1", "dead.c2.example", rcode=3)
c.ask(T0 + 3700, "10.1.0.9", "dead.c2.example", rcode=3)
c.ask(T0 + DAY, "10.1.0.1", "dead.c2.example", rcode=3)
take(c, "b.pcap")
new = [(a["client"], a["last"][:10]) for a in alerts()[3:]]
day = lambda t: time.strftime("%Y-%m-%d", time.gmtime(t))
ok(sorted(new) == sorted([("10.1.0.9", day(T0)), ("10.1.0.1", day(T0 + DAY))]),
   "a second victim of a known record alerts, the first one again only on another day", new)
n = len(alerts())
take(c, "b.pcap")
ok(len(alerts()) == n, "the same capture again alerts nobody")
with open(watch, "a") as f:
    f.write("innocent.example\n")
take(c, "b.pcap")
late = [(a["client"], a["indicator"], a["retro"]) for a in alerts()[n:]]
ok(sorted(late) == [("10.1.0.3", "innocent.example", True), ("10.1.0.4", "innocent.example", True)],
   "an indicator that comes later is hunted through who asked", late)

# as long as who asked, and no longer
fresh = Capture()
fresh.ask(TODAY - 100, "10.1.0.7", "new.c2.example", rcode=3)
take(fresh, "c.pcap", retention="5d")
left = [a["client"] for a in alerts()]
ok(left == ["10.1.0.7"], "alerts of clients go when their time is over", left)
r = yore.run("db", "erase", "--db", db, "10.1.0.7")
ok(alerts() == [], "and are erased with their client", [r.stderr])
shutil.rmtree(tmp)
done()

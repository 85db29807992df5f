#!/usr/bin/env python3
"""yore investigate --who-asked: the first question of the site's own clients."""
import json, os, shutil, sys, tempfile
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from traffic import *

yore = Yore(sys.argv[1])
tmp = tempfile.mkdtemp(prefix="yore-whoinv-")
db, case = os.path.join(tmp, "db"), os.path.join(tmp, "case")
T0 = 1435708800
c = Capture()
c.ask(T0 + 10, "10.1.0.1", "update.badactor.com", rcode=3)
c.ask(T0 + 4000, "10.1.0.2", "badactor.com", addrs=["198.51.100.66"])
c.ask(T0 + 5000, "10.1.0.3", "shop.example.org", addrs=["198.51.100.66"])
cap, report = os.path.join(tmp, "a.pcap"), os.path.join(tmp, "report.txt")
c.write(cap)
with open(report, "w") as f:
    f.write("C2: badactor[.]com, silent-actor[.]net and 198.51.100.66\n")
yore.take(db, "--who-asked", LONG, cap)


def investigate(*more):
    return yore.run("investigate", "--db", db, "--from", "2015-07-01", "--to", "2015-07-31",
                    "--case", case, *more, report)


r = investigate("--who-asked")
ok(r.returncode == 2 and "--reason" in r.stderr and not os.path.exists(case), "a reason is needed",
   [r.stderr])
r = investigate("--who-asked", "--reason", "case 14")
lines = r.stdout[r.stdout.find("Who asked first"):].splitlines()
ok(lines[0] == "Who asked first (known from 2015-07-01T00:00:10Z on)", "where the record begins", [r.stdout, r.stderr])
ok("  2015-07-01T00:00:10Z 10.1.0.1 for update.badactor.com A: NXDOMAIN; 2 clients" in lines,
   "the earliest question below a name, and how many clients", lines)
ok(any(l.startswith("  2015-07-01T01:06:40Z 10.1.0.2 for badactor.com A: NOERROR; 2 clients") for l in lines),
   "who was sent to an address first", lines)
ok("  nobody asked for 1 of 3 indicators" in lines, "and what nobody asked for", lines)
audit = [json.loads(x) for x in open(os.path.join(db, "who", "audit"))]
ok(audit[-1]["command"] == "investigate" and audit[-1]["reason"] == "case 14"
   and audit[-1]["rows"] == 3, "it is in the log", audit[-1:])
leaks = []
for d, _, files in os.walk(case):
    for f in files:
        if b"10.1.0." in open(os.path.join(d, f), "rb").read():
            leaks.append(f)
ok(leaks == [] and os.path.exists(os.path.join(case, "report.html")),
   "the case, which is handed over, names no client", leaks)
r = investigate()
ok("Who asked" not in r.stdout and "10.1.0" not in r.stdout, "without it nothing of it is shown")
shutil.rmtree(tmp)
done()

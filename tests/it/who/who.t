#!/usr/bin/env python3
"""Who asked: kept on request only, for as long as was stated, asked with a reason."""
import json, os, shutil, stat, sys, tempfile, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from traffic import *

yore = Yore(sys.argv[1])
tmp = tempfile.mkdtemp(prefix="yore-who-")
db = os.path.join(tmp, "db")
T0 = 1435708800  # 2015-07-01

# ---- what is recorded ----
c = Capture()
c.ask(T0 + 10, "10.1.0.1", "www.Bad.example", addrs=["198.51.100.7", "198.51.100.8"])
c.ask(T0 + 500, "10.1.0.1", "www.bad.example", addrs=["198.51.100.9", "198.51.100.7"])
c.ask(T0 + 600, "10.1.0.2", "www.bad.example", alias="edge.cdn.example", addrs=["203.0.113.5"])
c.ask(T0 + 700, "10.1.0.2", "dead.c2.example", rcode=3)
c.ask(T0 + 710, "10.1.0.2", "dead.c2.example", rcode=3)
c.ask(T0 + 800, "2001:db8:1::7", "dead.c2.example", qtype=28, rcode=3)
c.ask(T0 + 900, "10.1.0.3", "silent.example", answered=False)
c.ask(T0 + 901, "10.1.0.3", "twice.example", addrs=["203.0.113.9"], again=2)
c.ask(T0 + 902, "10.1.0.3", "pool.example", addrs=[f"203.0.113.{n}" for n in range(20, 40)])
c.ask(T0 + 903, "10.1.0.4", "broken.example", rcode=2)
c.ask(T0 + 904, "192.0.2.100", "above.example", rd=False, ra=False, addrs=["203.0.113.1"])
c.ask(T0 + 905, "10.1.0.4", "authority.example", rd=True, ra=False, addrs=["203.0.113.1"])
c.ask(T0 + DAY + 5, "10.1.0.1", "www.bad.example", addrs=["198.51.100.7"])
c.ask(T0 + 40 * DAY, "10.1.0.1", "www.bad.example", addrs=["198.51.100.7"])
c.ask(T0 + 40 * DAY + 1, "10.1.0.5", "last.example", answered=False)
cap = os.path.join(tmp, "a.pcap")
c.write(cap)

r = yore.take(db, "--who-asked", cap)
ok(r.returncode == 2 and "--who-retention" in r.stderr and not os.path.exists(db),
   "without a retention it is refused, and nothing was made", [r.stderr])
r = yore.take(db, "--who-retention", "180d", cap)
ok(r.returncode == 2, "a retention alone means nothing", [r.stderr])
r = yore.take(db, "--who-asked", "--who-retention", "1h", cap)
ok(r.returncode == 2 and "a day" in r.stderr, "less than a day is refused", [r.stderr])
r = yore.take(db, "--who-asked", LONG, "--to", "http://127.0.0.1:1", cap)
ok(r.returncode == 2 and "--to" in r.stderr, "it is not for sending", [r.stderr])

r = yore.take(db, "--who-asked", LONG, cap)
ok(r.returncode == 0, "imported", [r.stdout, r.stderr])
everything = [
    "2015-07-01 10 500 2 10.1.0.1 www.bad.example A NOERROR 198.51.100.7,198.51.100.8,198.51.100.9",
    "2015-07-02 5 5 1 10.1.0.1 www.bad.example A NOERROR 198.51.100.7",
    "2015-07-01 600 600 1 10.1.0.2 www.bad.example A NOERROR 203.0.113.5",
    "2015-08-10 0 0 1 10.1.0.1 www.bad.example A NOERROR 198.51.100.7"]
status, rows, err = yore.who(db, "www.bad.example")
ok(status == 0 and sorted(rows) == sorted(everything), "by name", [rows, err])
status, rows, err = yore.who(db, "*.c2.example")
ok(rows == ["2015-07-01 700 710 2 10.1.0.2 dead.c2.example A NXDOMAIN",
            "2015-07-01 800 800 1 2001:db8:1::7 dead.c2.example AAAA NXDOMAIN"],
   "by zone, NXDOMAIN of both families", [rows, err])
status, rows, err = yore.who(db, "--client", "10.1.0.3")
ok(sorted(rows) == sorted([
    "2015-07-01 900 900 1 10.1.0.3 silent.example A no-answer",
    "2015-07-01 901 901 1 10.1.0.3 twice.example A NOERROR 203.0.113.9",
    "2015-07-01 902 902 1 10.1.0.3 pool.example A NOERROR "
    + ",".join(f"203.0.113.{n}" for n in range(20, 28)) + "+"]),
   "by client: unanswered, asked again once, many addresses with a mark", [rows, err])
status, rows, err = yore.who(db, "--client", "10.1.0.0/30", "*.c2.example")
ok(rows == ["2015-07-01 700 710 2 10.1.0.2 dead.c2.example A NXDOMAIN"],
   "by client and name", [rows, err])
status, rows, err = yore.who(db, "--client", "10.1.0.4/31")
ok(sorted(rows) == ["2015-07-01 903 903 1 10.1.0.4 broken.example A SERVFAIL",
                    "2015-08-10 1 1 1 10.1.0.5 last.example A no-answer"],
   "a failure, and what was open at the end of the file", [rows, err])
status, rows, err = yore.who(db, "198.51.100.8")
ok(rows == everything[:1], "who was sent to an address", [rows, err])
status, rows, err = yore.who(db, "/^dead\\./", "tw?ce.*", "silent.example")
ok(len(rows) == 4, "patterns", [rows, err])
for name in ("above.example", "authority.example"):
    status, rows, err = yore.who(db, name)
    ok(rows == [] and status in (1, 4), f"not asked below a resolver: {name}", [rows, err])
status, rows, err = yore.who(db, "nobody.example")
ok(status == 1 and "known from 2015-07-01T00:00:10Z on" in err and "20000 days" in err,
   "nothing found says where the record begins", [status, err])
status, rows, err = yore.who(db, "nobody.example", "--from", "2014-01-01", "--to", "2014-02-01")
ok(status == 4, "outside of what was watched it is another answer", [status, err])
status, rows, err = yore.who(db, "www.bad.example", "--from", "2015-08-01")
ok(len(rows) == 1 and rows[0].startswith("2015-08-10"), "a fence", [rows, err])
status, rows, err = yore.who(db, "www.bad.example", "-t", "AAAA")
ok(rows == [], "a type", [rows, err])

terms = os.path.join(tmp, "terms")
with open(terms, "w") as f:
    f.write("# list\n*.bad[.]example\nhxxp://dead.c2.example/x\nabsent.example\n198.51.100.9\n")
status, rows, err = yore.who(db, "-f", terms)
ok(status == 0 and len(rows) == 6, "a list: zone, name, absent, address; each row once", [rows])

# ---- the right to ask ----
def bare(*args):
    return yore.run("query", "--db", db, "--who-asked", *args)
r = bare("www.bad.example")
ok(r.returncode == 2 and "--reason" in r.stderr and r.stdout == "", "no reason, no answer",
   [r.stderr])
r = bare("--reason", "  ", "www.bad.example")
ok(r.returncode == 2 and r.stdout == "", "an empty one is none")
r = yore.run("query", "--db", db, "--client", "10.1.0.1", "www.bad.example")
ok(r.returncode == 2, "--client belongs to --who-asked", [r.stderr])
audit = [json.loads(x) for x in open(os.path.join(db, "who", "audit"))]
ok(audit[0]["terms"] == ["www.bad.example"] and audit[0]["reason"] == "test"
   and "rows" not in audit[0] and audit[1]["rows"] == 4 and audit[0]["by"].startswith("uid "),
   "every question is in the log before its answer, and then the number of rows", audit[:2])
before = len(audit)
bare("--reason", "case 12", "--client", "10.1.0.1", "--from", "2015-07-01")
audit = [json.loads(x) for x in open(os.path.join(db, "who", "audit"))]
ok(len(audit) == before + 2 and audit[-1]["client"] == "10.1.0.1"
   and audit[-1]["from"] == "2015-07-01" and audit[-1]["reason"] == "case 12", "with all of it",
   audit[-1:])
modes = {n: stat.S_IMODE(os.stat(os.path.join(db, n)).st_mode)
         for n in os.listdir(db) if n.startswith("who")}
ok(modes == {"who": 0o700, "who-2015-07": 0o700, "who-2015-08": 0o700}
   and stat.S_IMODE(os.stat(os.path.join(db, "who", "audit")).st_mode) == 0o600,
   "folders are their owner's", [modes])

# ---- nothing of it elsewhere ----
r = yore.run("query", "--db", db, "dead.c2.example")
ok("10.1.0" not in r.stdout, "ordinary questions do not show clients")
r = yore.run("export", "--db", db, "--json")
ok("10.1.0" not in r.stdout, "neither does an export")
bk = os.path.join(tmp, "backup")
r = yore.run("db", "backup", "--db", db, bk)
ok(r.returncode == 0 and not [n for n in os.listdir(bk) if n.startswith("who")],
   "nor is it in a backup", [r.stderr])
r = yore.run("db", "backup", "--db", db, "--who-asked", bk + "2")
ok(r.returncode == 0 and "who-2015-07" in os.listdir(bk + "2")
   and yore.who(bk + "2", "www.bad.example")[1] != []
   and stat.S_IMODE(os.stat(os.path.join(bk + "2", "who-2015-07")).st_mode) == 0o700,
   "unless it is asked for", [r.stderr])
r = yore.run("db", "stat", "--db", db)
ok(r.returncode == 0 and "10.1.0" not in r.stdout, "figures name nobody", [r.stdout])
r = yore.run("db", "verify", "--db", db)
ok(r.returncode == 0, "verify reads it back", [r.stdout, r.stderr])
a, b = [yore.run("coverage", "--db", d, "--json").stdout for d in (db, bk)]
ok(a == b, "coverage is of the history", [a, b])

# ---- adding nothing twice ----
def all_rows(d):
    return sorted(yore.who(d, "/./")[1])
whole = all_rows(db)
r = yore.take(db, "--who-asked", LONG, cap)
ok(all_rows(db) == whole and len(whole) == 11, "the same capture again adds nothing", [whole])
grown = os.path.join(tmp, "grown")
half = os.path.join(tmp, "half.pcap")
cut = next(i for i, (at, p) in enumerate(c.frames) if b"\6broken" in p) + 1  # between the two
for n in (cut, cut + 3, len(c.frames)):
    c.write(half, last=n)
    yore.take(grown, "--who-asked", LONG, half)
told = all_rows(grown)
ok([x for x in told if "broken" in x] == ["2015-07-01 903 903 1 10.1.0.4 broken.example A no-answer"]
   and [x for x in told if "broken" not in x] == [x for x in whole if "broken" not in x],
   "a capture that grows tells of each question once", [told])
later = os.path.join(tmp, "later")
yore.take(later, cap)
ok(not [n for n in os.listdir(later) if n.startswith("who")], "off: nothing is made")
r = yore.run("query", "--db", later, "--who-asked", "--reason", "x", "www.bad.example")
ok(r.returncode == 4 and "not kept here" in r.stderr, "and the answer says so", [r.stderr])
yore.take(later, "--who-asked", LONG, cap)
ok(all_rows(later) == whole, "switched on later it takes what the history has already", [all_rows(later), whole])

# ---- files as others write them ----
folder, fol = os.path.join(tmp, "in"), os.path.join(tmp, "follow")
os.mkdir(folder)
parts = [0, 3, cut, cut + 4, len(c.frames)]  # questions and answers in different files
p = subprocess.Popen([yore.program, "import", "--db", fol, "--follow", "--every", "1s", "-q",
                      "--who-asked", LONG, folder], stderr=subprocess.PIPE, text=True)
for n, (a, b) in enumerate(zip(parts, parts[1:])):
    c.write(os.path.join(tmp, "part"), first=a, last=b)
    os.rename(os.path.join(tmp, "part"), os.path.join(folder, f"{n}.pcap"))
    end = time.time() + 20
    while time.time() < end:
        out = yore.run("coverage", "--db", fol, "--json").stdout
        if f"{n}.pcap" in out:
            break
        time.sleep(0.2)
p.terminate()
said = p.communicate(timeout=60)[1]
told = all_rows(fol)
# who is not answered is told a minute later, of the file before last no more
ok([x for x in whole if "no-answer" not in x] == [x for x in told if "no-answer" not in x]
   and set(told) <= set(whole), "rotated files as they come: every answered question once",
   [said, set(whole) ^ set(told)])

# ---- forwarders ----
f = Capture()
for n in range(30):
    f.ask(T0 + n, "10.2.0.1", f"n{n}.many.example", addrs=["203.0.113.1"])
    f.ask(T0 + n, "10.2.0.2", "same.many.example", addrs=["203.0.113.1"])
fcap, fdb = os.path.join(tmp, "f.pcap"), os.path.join(tmp, "fdb")
f.write(fcap)
yore.take(fdb, "--who-asked", LONG, fcap)
rows = yore.who(fdb, "n7.many.example", "same.many.example", "--forwarder", "30")[1]
ok([("forwarder" in x, x.split()[4]) for x in rows]
   == [(True, "10.2.0.1"), (False, "10.2.0.2")], "who asked for many names forwards", rows)
rows = yore.who(fdb, "n7.many.example", "--forwarder", "31")[1]
ok("forwarder" not in rows[0], "and the threshold is what was stated", rows)

# ---- formats ----
r = bare("--reason", "x", "--text", "www.bad.example")
ok(r.stdout.splitlines()[0].split()[:4] == ["day", "first", "last", "count"]
   and "2015-07-01 00:00 00:08     2 10.1.0.1        NOERROR  www.bad.example A" in r.stdout,
   "a table", [r.stdout])
r = bare("--reason", "x", "--csv", "dead.c2.example")
ok(r.stdout.splitlines()[0].startswith("day,time_first") and
   '2015-07-01,"2015-07-01 00:11:40","2015-07-01 00:11:50",2,"10.1.0.2",,"dead.c2.example","A","NXDOMAIN",""'
   in r.stdout, "CSV", [r.stdout])
r = bare("--reason", "x", "--dnsdb", "dead.c2.example")
ok(r.returncode == 2, "no other format", [r.stderr])

# ---- what servers say themselves (dnstap) ----
corpus = os.environ.get("YORE_CORPUS", os.path.join(sys.argv[2], "..", "shared", "corpus"))
for name, asked in (("lab-dnsdist", 130), ("lab-unbound", 272)):
    tap = next((t for t in (os.path.join(corpus, "dnstap", name + e)
                            for e in (".fstrm", ".fstrm.gz")) if os.path.exists(t)), None)
    if tap is None:
        ok(True, f"{name} # SKIP no corpus")
        continue
    tdb = os.path.join(tmp, name)
    yore.take(tdb, "--who-asked", LONG, tap)
    rows = yore.who(tdb, "/./")[1]
    ok(sum(int(r.split()[3]) for r in rows) == asked,
       f"{name}: CLIENT_QUERY and CLIENT_RESPONSE of a question count once", rows[:5])

shutil.rmtree(tmp)
done()

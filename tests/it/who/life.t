#!/usr/bin/env python3
"""Retention, erasing, pseudonyms: what is gone is gone from the disk."""
import os, re, shutil, stat, sys, tempfile, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from traffic import *
import search

yore, dump = Yore(sys.argv[1]), sys.argv[3]
tmp = tempfile.mkdtemp(prefix="yore-wholife-")
NOW = int(time.time())
TODAY = NOW // DAY * DAY
OLD, MID, NEW = "10.137.219.173", "172.29.187.243", "10.201.233.77"


def shelves(db):
    return sorted(n for n in os.listdir(db) if n.startswith("who-"))


# ---- retention ----
db = os.path.join(tmp, "db")
c = Capture()
c.ask(TODAY - 200 * DAY, OLD, "old.example", rcode=3)
for back in range(75, 40, -1):
    c.ask(TODAY - back * DAY + 60, MID, f"day{back}.example", rcode=3)
c.ask(TODAY - 60, NEW, "new.example", rcode=3)
cap = os.path.join(tmp, "a.pcap")
c.write(cap)
r = yore.take(db, "--who-asked", "--who-retention", "100d", cap)
ok(r.returncode == 0 and "older than the retention" in r.stdout,
   "what is too old when it comes is not kept, and counted", [r.stdout, r.stderr])
ok(search.found(db, dump, [OLD]) == [], "nor is it on the disk")
status, rows, err = yore.who(db, "/./")
ok(len(rows) == 36, "the rest is", [rows, err])
begin = int([w for w in err.split() if w.startswith("20")][0][8:10])
ok("kept for 100 days" in err, "the answer says for how long", [err])

# a shorter retention, stated by the next import: what is older goes at once
other = Capture()
other.ask(TODAY - 30, NEW, "other.example", rcode=3)
cap2 = os.path.join(tmp, "b.pcap")
other.write(cap2)
r = yore.take(db, "--who-asked", "--who-retention", "60d", cap2)
status, rows, err = yore.who(db, "/./")
kept = sorted(r.split()[5] for r in rows)
# a row is as old as the first second of its day: day 60 began more than 60 days ago
want = sorted([f"day{b}.example" for b in range(59, 40, -1)] + ["new.example", "other.example"])
ok(kept == want, "rows from before are gone, to the day", [set(kept) ^ set(want)])
raw = b"".join(o for w, o in search.octets_of(db, dump) if w.startswith(("who-", "rows of who")))
gone = [b for b in range(75, 59, -1) if f"day{b}".encode() in raw]
ok(gone == [], "from the disk, too", gone)
cut = time.gmtime(TODAY - 60 * DAY)
ok(all(s >= f"who-{cut.tm_year}-{cut.tm_mon:02d}" for s in shelves(db)),
   "whole months are gone as folders", [shelves(db)])
yore.take(db, "--who-asked", "--who-retention", "60d", cap)
ok(len(yore.who(db, "/./")[1]) == len(want), "importing the same capture again brings none back")

r = yore.take(db, "--who-asked", "--who-retention", "2d", cap2)
ok(search.found(db, dump, [MID]) == [] and len(yore.who(db, "/./")[1]) == 2,
   "a client whose rows were all too old is nowhere in the database",
   search.found(db, dump, [MID]))
# an import that keeps nothing of it expires all the same
with open(os.path.join(db, "who", "retention"), "w") as f:
    f.write("1\n")
r = yore.run("db", "expire", "--db", db, "-n", "--before", "2015")
ok(r.returncode == 0 and re.search(r"^who-\S+: .*would go$", r.stdout, re.M) and "0 shelves would go" in r.stdout
   and search.found(db, dump, [NEW]) != [],
   "--dry-run of years says what goes with them of who asked, and leaves it", [r.stdout, r.stderr])
r = yore.run("db", "expire", "--db", db, "--who-asked")
ok(r.returncode == 0 and search.found(db, dump, [NEW]) == [] and "gone" in r.stdout,
   "yore db expire --who-asked goes by what was stated", [r.stdout, r.stderr])
r = yore.run("db", "expire", "--db", db, "--who-asked", "--before", "2015")
ok(r.returncode == 2, "and takes no time of its own", [r.stderr])

# ---- erasing ----
db = os.path.join(tmp, "erase")
c = Capture()
for n in range(5):
    c.ask(TODAY - 100 - n, OLD, f"a{n}.shop.example", addrs=["203.0.113.9"])
    c.ask(TODAY - 90 - n, NEW, f"a{n}.shop.example", addrs=["203.0.113.10"])
    c.ask(TODAY - 80 - n, NEW, "dead.c2.example", rcode=3)
c.write(cap)
yore.take(db, "--who-asked", "--who-retention", "30d", cap)
r = yore.run("db", "erase", "--db", db, OLD)
ok(search.found(db, dump, [OLD], lambda w: w == "suppressed") == [] and
   len(yore.who(db, "/./")[1]) == 6, "a client is erased, others stay", [r.stdout, r.stderr])
yore.run("db", "erase", "--db", db, "203.0.113.10")
ok(len(yore.who(db, "*.shop.example")[1]) == 0, "an address that was handed out")
yore.run("db", "erase", "--db", db, "*.c2.example")
raw = b"".join(o for w, o in search.octets_of(db, dump) if "who-" in w)
ok(yore.who(db, "/./")[1] == [] and b"dead" not in raw, "a zone")

# ---- pseudonyms ----
db, keys = os.path.join(tmp, "pseudo"), os.path.join(tmp, "keys")
c = Capture()
MONTHS = [TODAY - 70 * DAY, TODAY - 35 * DAY, TODAY - 100]
for at in MONTHS:
    c.ask(at, OLD, "dead.c2.example", rcode=3)
    c.ask(at + 1, NEW, "www.shop.example", addrs=["203.0.113.9"])
c.write(cap)
r = yore.take(db, "--who-asked", "--who-retention", "200d", "--who-pseudonyms", keys, cap)
names = sorted(os.listdir(keys))
ok(r.returncode == 0 and len(names) == 3 and all(n.endswith(".key") for n in names)
   and stat.S_IMODE(os.stat(keys).st_mode) == 0o700
   and {stat.S_IMODE(os.stat(os.path.join(keys, n)).st_mode) for n in names} == {0o600},
   "a key a month, its owner's alone", [names, r.stderr])
ok(search.found(db, dump, [OLD, NEW]) == [], "no address is in the database",
   search.found(db, dump, [OLD, NEW]))
rows = yore.who(db, "dead.c2.example")[1]
names_of = {x.split()[4] for x in rows}
ok(len(rows) == 3 and len(names_of) == 3 and all(n[0] == "~" for n in names_of),
   "by name: another pseudonym each month", rows)
status, rows, err = yore.who(db, "--client", OLD)
ok(rows == [] and status == 3 and "pseudonyms" in err, "without the keys an address finds nothing, "
   "and that is said", [status, err])
status, rows, err = yore.who(db, "--client", OLD, "--who-pseudonyms", keys)
ok(status == 0 and len(rows) == 3 and all("dead.c2" in x for x in rows),
   "with them it finds its own", [rows, err])
status, rows, err = yore.who(db, "--client", f"{OLD}/30", "--who-pseudonyms", keys)
ok(len(rows) == 3, "a small prefix, too", [rows, err])
status, rows, err = yore.who(db, "--client", f"{OLD}/16", "--who-pseudonyms", keys)
ok(status not in (0, 1) and "256" in err, "a large one is refused", [status, err])
one = sorted(names_of)[0]
status, rows, err = yore.who(db, "--client", one)
ok(len(rows) == 1 and one in rows[0], "a pseudonym is asked by its text", [rows, err])
r = yore.run("query", "--db", db, "--who-asked", "--reason", "x", "--client", OLD,
             "--who-pseudonyms", keys, "--json")
ok(f'"client_address":"{OLD}"' in r.stdout, "and who holds the keys reads the address",
   [r.stdout])
os.chmod(os.path.join(keys, names[0]), 0o644)
status, rows, err = yore.who(db, "--client", OLD, "--who-pseudonyms", keys)
ok(status not in (0, 1) and "others" in err, "a key that others can read is refused", [err])
os.unlink(os.path.join(keys, names[0]))
status, rows, err = yore.who(db, "--client", OLD, "--who-pseudonyms", keys)
ok(len(rows) == 2 and status == 3, "a key erased: that month is anonymous, the rest is found",
   [status, rows, err])
r = yore.run("db", "erase", "--db", db, "--who-pseudonyms", keys, OLD)
ok(r.returncode == 0 and len(yore.who(db, "dead.c2.example")[1]) == 1,
   "erasing an address finds it behind its pseudonyms, for months whose key is there",
   [r.stdout, r.stderr])

shutil.rmtree(tmp)
done()

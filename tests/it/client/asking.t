#!/usr/bin/env python3
"""What leaves and what does not, what is kept, lists of terms, going on from findings.

usage: asking.t YORE SOURCE_ROOT
"""
import glob, gzip, hashlib, json, os, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fakes
from session import Session, done, ok, yore

s = Session()

# ---- nothing leaves that should not ----
HOME = ["printer", "db.corp", "nas.local", "x.internal", "host.branch", "10.1.2.3",
        "192.168.0.0/16", "fd00::1", "3.2.1.10.in-addr.arpa", "own.example.org",
        "deep.own.example.org", "203.0.113.5", "/secret/", "*.168.192.in-addr.arpa"]
s.configure("[local]\nzones = own.example.org 203.0.113.0/24\n")
s.fake.forget()
for term in HOME:
    r = s.query(term, "--with", "circl,dnsdb,lab")
    ok(r.returncode == 3 and r.stderr.count("not asked") == 3, f"{term} stays at home", r.text)
ok(not s.fake.paths(), "and the providers have heard nothing", s.fake.paths())
ok(not s.asked(), "nor does the log of what left say so", s.asked())
r = s.query("own.example.org", "10.1.2.3", "--with", "ours")
ok(r.returncode == 0 and len(s.fake.paths()) == 2, "our own server may be told", r.text)
ok(not s.asked(), "which is no departure", s.asked())
s.fake.forget()
r = s.query("www.example.com", "--with", "circl", "--tlp", "red")
ok(r.returncode == 3 and "TLP:red" in r.stderr and not s.fake.paths(), "TLP:RED stays", r.text)
r = s.query("www.example.com", "--with", "circl", "--set", "provider circl.tlp=green")
ok(r.returncode == 3 and "not marked" in r.stderr and not s.fake.paths(),
   "unmarked counts as amber", r.text)
r = s.query("www.example.com", "--with", "circl", "--set", "provider circl.tlp=green", "--tlp",
            "TLP:GREEN")
ok(r.returncode == 0 and len(s.fake.paths()) == 1, "green may go to one with that ceiling",
   r.text)
r = s.query("www.example.com", "--with", "circl", "--tlp", "mauve")
ok(r.returncode == 2, "no such colour", r.text)
head = s.fake.asked[-1][2]
ok(head.get("dribble-disable-active-query") == "1", "circl is told not to look it up", head)
r = s.query("www.example.com", "--with", "circl", "--live")
ok("dribble-disable-active-query" not in s.fake.asked[-1][2], "--live allows it")
with open(os.path.join(s.home, "live.conf"), "w") as f:
    f.write(f"[mapping looker]\nlookup = always\nurl = {s.fake.url}/cof\n"
            "name = GET {url}/{name}\nowner = rrname\ntype = rrtype\nrdata = rdata\n"
            f"[provider looker]\nca-file = {s.pem[0]}\n")
s.fake.forget()
r = s.query("www.example.com", "--with", "looker", "--config", f"{s.home}/live.conf")
ok(r.returncode == 3 and "live look-up" in r.stderr and not s.fake.paths(),
   "a provider that looks names up is not asked", r.text)
r = s.query("www.example.com", "--with", "looker", "--config", f"{s.home}/live.conf", "--live")
ok(len(s.fake.paths()) == 1, "unless --live says so", r.text)

# ---- --dry-run ----
s.fake.forget()
r = s.run("query", "www.example.com", "printer", "--with", "circl,dnsdb,cn360,virustotal",
          "--dry-run")
ok(r.returncode in (0, 3) and not s.fake.paths(), "--dry-run sends nothing", r.text)
for want in (f"circl: GET {s.fake.url}/circl/www.example.com\n",
             "dribble-disable-active-query: 1",
             f"dnsdb: GET {s.fake.url}/dnsdb/v2/lookup/rrset/name/www.example.com?swclient=yore",
             f"cn360: GET {s.fake.url}/cn360/api/rrset/keyword/www.example.com/count/10000/",
             "# circl: printer: not asked"):
    ok(want in r.stdout, f"it prints: {want.strip()}", r.stdout)
ok(not any(secret in r.stdout + r.stderr for secret in (fakes.KEY, fakes.PASSWORD, "k3y")),
   "without keys", r.text)

r = s.run("query", "www.example.com", "--with", "dnsdb", "--dry-run", "--most", "7", "-t", "A",
          "--from", "2015-07-01", "--to", "2015-07-31")
ok("/www.example.com/A?" in r.stdout and "&limit=7&time_last_after=1435708800&"
   "time_first_before=1438387199" in r.stdout, "type, time and --most are told to those that can",
   r.text)

for more in (["--keep"], ["--dry-run"], ["--recurse", "1"], ["--tlp", "red"], ["--live"],
             ["--resume", "x"], ["--most", "3"], ["--max-age", "1d"]):
    for what in ("query", "timeline"):
        r = s.run(what, "www.example.com", *more)
        ok(r.returncode == 2 and f"{more[0]} goes with --with" in r.stderr,
           f"{what} {more[0]} without --with", r.text)

# ---- the log of what left ----
s.fake.forget()
before = len(s.asked())
s.query("www.example.com", "--with", "virustotal,dnsdb")
log = s.asked()[before:]
ok({a["provider"] for a in log} == {"virustotal", "dnsdb"} and
   all(a["term"] == "www.example.com" and a["tlp"] == "amber" for a in log),
   "every request is written down", log)
os.mkdir(os.path.join(s.home, "full"))
s.fake.forget()
r = s.query("www.example.com", "--with", "circl", "--set", f"local.log={s.home}/full")
ok(r.returncode > 4 and not s.fake.paths(), "what cannot be written down does not leave", r.text)

# ---- kept ----
db = ["--db", s.db]
r = s.query("www.example.com", "--with", "circl,mnemonic", "--keep", *db)
ok(r.returncode == 0 and len(r.rows) == 6, "--keep answers, and makes the database", r.text)
first = sorted(json.dumps(x, sort_keys=True) for x in r.rows)
s.fake.forget()
r = s.query("www.example.com", *db)
again = sorted(json.dumps(x, sort_keys=True) for x in r.rows)
ok(again == first and not s.fake.paths(), "they are in the history", r.text)
for _ in range(2):
    r = s.query("www.example.com", "--with", "circl,mnemonic", "--keep", *db)
again = sorted(json.dumps(x, sort_keys=True) for x in r.rows)
ok(again == first, "asking again changes no count", first, again)
r = s.query("192.0.2.10", *db)
ok(any(x["source"] == "circl" for x in r.rows), "found by rdata as well", r.text)
files = glob.glob(os.path.join(s.db, "raw.replies", "circl", "*", "*.gz"))
ok(files and all(os.stat(f).st_mode & 0o77 == 0 for f in files), "raw replies are kept, private",
   files)
with gzip.open(files[0]) as f:
    meta, body = f.read().split(b"\n", 1)
meta = json.loads(meta)
ok(hashlib.sha256(body).hexdigest() == meta["sha256"] and b'"rrname"' in body and
   meta["term"] == "www.example.com" and meta["asked"] > 1e9, "with hash, time and request", meta)
ok(fakes.PASSWORD not in json.dumps(meta), "and without keys")
s.fake.forget()
r = s.query("www.example.com", "--with", "circl", "--keep", "--max-age", "1h", *db)
ok(r.returncode == 0 and not s.fake.paths() and "as answered 20" in r.stderr,
   "an answer so young is not asked for again, and shown as such", r.text)
r = s.query("www.example.com", "--with", "circl", "--max-age", "1h", *db)
n = len(s.fake.paths())
r = s.query("www.example.com", "--with", "circl", "--max-age", "1h", *db)
ok(n == 1 and len(s.fake.paths()) == 1 and len(r.rows) == 6, "also without --keep", r.text,
   s.fake.paths())
r = s.query("a.status-429.example.com", "--with", "circl", "--max-age", "1h")
s.fake.forget()
r = s.query("a.status-429.example.com", "--with", "circl", "--max-age", "1h")
ok(len(s.fake.paths()) == 1, "a failure is not kept as an answer", r.text)
r = s.query("www.example.com", "--with", "dnsdb", "--from", "2020-01-01")
ok(r.returncode in (1, 4) and not r.rows, "fences hold for answers as well", r.text)
r = s.query("www.example.com", "--with", "dnsdb", "--limit", "1", "--sort", "-count")
ok(len(r.rows) == 1 and r.rows[0]["count"] == 17, "sorting and limits too", r.text)
with open(os.path.join(s.home, "s.log"), "w") as f:
    f.write('{"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.10","count":3,'
            '"time_first":1435708800,"time_last":1435708900}\n')

# ---- what was kept goes nowhere by itself, what is marked less so ----
marked = os.path.join(s.home, "marked.db")
with open(os.path.join(s.home, "own.log"), "w") as f:
    f.write('{"rrname":"own.example.com","rrtype":"A","rdata":["192.0.2.9"],"count":1,'
            '"time_first":1435708800,"time_last":1435708900}\n')
s.run("import", "-q", "--db", marked, "--source", "partner", f.name)
r = s.query("a.marked.example.com", "--with", "mnemonic,circl", "--keep", "--db", marked)
of = {(x["source"], x["rdata"][0]) for x in r.rows}
ok(("mnemonic.tlp-red", "192.0.2.11") in of and ("mnemonic", "192.0.2.10") in of and
   ("mnemonic", "192.0.2.11") not in of,
   "a record that its provider marked TLP:RED is known by its source", r.text)
exported = lambda *more: (lambda r: ({json.loads(x).get("source") for x in r.stdout.splitlines()
                                      if "rrname" in x}, r))(s.run("export", "--db", marked, *more))
got, r = exported()
ok(got == {"partner"} and "6 that providers answered stay" in r.stderr,
   "export leaves out what providers answered, and says so", r.text)
got, r = exported("--answers")
ok(got == {"partner", "mnemonic", "circl"} and "1 that their provider marked" in r.stderr,
   "--answers gives it, but not what is marked red", r.text)
got, r = exported("--source", "mnemonic.tlp-red")
ok(got == {"mnemonic.tlp-red"}, "which must be named", r.text)
with open(os.path.join(s.home, "policy"), "w") as f:
    f.write("tlp = green\n")
got, r = exported("--answers", "--share", f.name)
ok(not got and "a.marked" not in r.stdout, "and shares nothing of it", r.text)

# ---- months apart ----
months = os.path.join(s.home, "months.db")
with_months = ["a.months.example.com", "--with", "dnsdb", "--db", months]
march, june = (1425168000, 1425513600, 3), (1433894400, 1434067200, 4)
of = lambda r: [(x["time_first"], x["time_last"], x["count"]) for x in r.rows]
r = s.query(*with_months[:3])
ok(of(r) == [(march[0], june[1], 7)] and "aggr=" not in s.fake.paths()[-1],
   "DNSDB is asked for the whole of a record", r.text)
for _ in range(2):
    r = s.query(*with_months, "--keep", "--view", "month")
    ok("aggr=f" in s.fake.paths()[-1] and sorted(of(r)) == [march, june],
       "and for each month where months are shown, which are kept as they were said", r.text)
r = s.query("a.months.example.com", "--db", months)
ok(of(r) == [(march[0], june[1], 4)],
   "together the widest time and the greatest count: nothing is added up", r.text)
r = s.query(*with_months, "--keep")
ok(of(r) == [(march[0], june[1], 7)], "nor with the whole record beside them", r.text)
r = s.run("timeline", *with_months[:3], "--colour", "never")
ok(r.returncode == 0 and "aggr=f" in s.fake.paths()[-1] and "==-" in r.stdout and
   "-==" in r.stdout, "timeline --with asks for months, and shows the gap", r.text)
r = s.run("timeline", "www.example.com", "--with", "circl,dnsdb", "--colour", "never")
ok(r.returncode == 0 and "(circl)" in r.stdout and "(dnsdb)" in r.stdout and
   "circl: found, 3 records" in r.stderr, "timeline with several, each with its source", r.text)
r = s.run("timeline", "printer", "--with", "circl")
ok(r.returncode == 3 and "not asked" in r.stderr, "timeline: what does not leave", r.text)
s.fake.forget()
r = s.run("timeline", "www.example.com", "--with", "dnsdb", "--dry-run")
ok(not s.fake.paths() and "aggr=f" in r.stdout, "timeline --dry-run", r.text)
r = s.run("timeline", "www.example.com", "--with", "nobody")
ok(r.returncode == 2, "timeline: no such provider", r.text)

report = os.path.join(s.home, "report.txt")
with open(report, "w") as f:
    f.write("seen: a.months.example.com\n")
for day, verdict in (("2015-03-03", "HUNT"), ("2015-04-10", "SKIP"), ("2015-06-11", "HUNT")):
    r = s.run("investigate", report, "--from", day, "--to", day, "--with", "dnsdb", "--case", "none")
    ok(r.returncode in (0, 4) and ("HUNT\n" in r.stdout) == (verdict == "HUNT"),
       f"investigate asks for months: {day} is {verdict}, without a history of our own", r.text)

# ---- lists ----
terms = os.path.join(s.home, "terms")
with open(terms, "w") as f:
    f.write("\n".join([f"h{i}.example.com" for i in range(60)] + ["printer"]))
resume = os.path.join(s.home, "resume")
s.fake.forget()
r = s.query("-f", terms, "--with", "circl,dnsdb", "--resume", resume)
ok(r.returncode == 3 and len(s.fake.paths()) == 120, "a list, every term with every provider",
   r.text[-2000:], len(s.fake.paths()))
with open(resume) as f:
    lines = [json.loads(x) for x in f]
ok(len(lines) == 122 and sum(x["outcome"] == "found" for x in lines) == 120 and
   sum(x["outcome"] == "not asked" for x in lines) == 2, "a status for each in the resume file")
s.fake.forget()
r = s.query("-f", terms, "--with", "circl,dnsdb", "--resume", resume)
ok(not s.fake.paths(), "which are not asked once more", s.fake.paths()[:3])
began = time.time()
with open(terms) as f:
    r = s.query("-f", "-", "--with", "circl", input=f.read())
took = time.time() - began
ok(r.returncode == 3 and len(s.fake.paths()) == 60 and len(r.rows) == 180,
   "a list by a pipe", r.text[-1500:])
ok(took < 10, f"with no pause between an answer and the next question: {took:.1f} s")
with open(terms, "w") as f:
    f.write("\n".join([f"h{i}.example.com" for i in range(10)] + ["x.status-429.example.com"] +
                      [f"g{i}.example.com" for i in range(30)]))
os.unlink(resume)
s.fake.forget()
r = s.query("-f", terms, "--with", "circl", "--resume", resume)
n = len(s.fake.paths())
with open(resume) as f:
    lines = [json.loads(x) for x in f]
ok("incomplete\t0\tx.status-429.example.com\n" in r.stderr and "found\t3\th0." in r.stderr,
   "the list's own status lines say so as well", r.stderr)
late = [x for x in lines if x["outcome"] == "not asked"]
ok(r.returncode == 3 and n < 20 and len(lines) == 41 and len(late) == 41 - n and
   all("quota before" in x["text"] for x in late),
   "after the quota is used up nobody is asked on, and each term says so", n, lines[-3:])
with open(terms, "w") as f:
    f.write("\n".join(f"h{i}.example.com" for i in range(10)) + "\n" +
            "\n".join(f"g{i}.example.com" for i in range(30)))
s.fake.forget()
r = s.query("-f", terms, "--with", "circl", "--resume", resume)
ok(r.returncode == 0 and len(s.fake.paths()) == len(late), "the next run asks those only",
   len(s.fake.paths()), len(late), r.text[-500:])

# three hundred terms: a script knows what became of each, and what was never asked
moods = {"empty": "not found", "status-500": "failed", "limited": "truncated",
         "truncated": "truncated", "bad-json": "failed"}
want = {}
for i in range(300):
    mood = list(moods)[i // 7 % 5] if i % 7 == 3 else None
    want[f"t{i}.{mood}.example.com" if mood else f"t{i}.example.com"] = moods.get(mood, "found")
with open(terms, "w") as f:
    f.write("# a report\n\n" + "\n".join(want) + "\nnas.local\n")
os.unlink(resume)
s.fake.forget()
statuses = os.path.join(s.home, "statuses")
r = s.query("-f", terms, "--with", "circl", "--resume", resume, "--status", statuses,
            "--set", "provider circl.timeout=5s", timeout=120)
lines = lambda: [json.loads(x) for x in open(resume)]
got = {x["term"]: x["outcome"] for x in lines()}
ok(got == dict(want, **{"nas.local": "not asked"}), "300 terms: what became of each",
   {k: (v, want.get(k)) for k, v in got.items() if want.get(k) != v}, r.text[-600:])
asked_for = {p.rsplit("/", 1)[1] for p in s.fake.paths()}
ok(asked_for == set(want) and r.returncode == 3, "what is said to be asked was, and only that")
with open(statuses) as f:
    table = {x.split("\t")[2].strip(): x.split("\t")[0] for x in f}
ok(len(table) == 301 and all((table[k] == "incomplete") == (v not in ("found", "not found"))
                             for k, v in want.items()) and table["nas.local"] == "incomplete",
   "and the list's own statuses agree", {k: table.get(k) for k in list(want)[:20]})
# killed in the middle: what has no line is asked the next time, what has one is not
os.unlink(resume)
with open(terms, "w") as f:
    f.write("\n".join(f"k{i}.example.com" for i in range(300)))
s.fake.forget()
p = subprocess.Popen([yore, "query", "-f", terms, "--with", "circl", "--resume", resume, "--json",
                      "--set", "provider circl.parallel=2"], env=s.env,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
end = time.time() + 30
while len(s.fake.paths()) < 60 and time.time() < end:
    time.sleep(0.005)
p.kill()
p.wait()
first = {p.rsplit("/", 1)[1] for p in s.fake.paths()}
known = {x["term"] for x in lines() if x["outcome"] == "found"}
ok(known <= first and len(first - known) <= 4 and len(known) < 300,
   "killed: what the file says was asked was asked", len(known), len(first))
s.fake.forget()
r = s.query("-f", terms, "--with", "circl", "--resume", resume, timeout=120)
second = {p.rsplit("/", 1)[1] for p in s.fake.paths()}
ok(not second & known and len(second | known) == 300 and r.returncode == 0,
   "and the next run asks the rest, only", len(second), len(known), r.text[-300:])

began = time.time()
s.fake.forget()
r = s.query("a.example.com", "b.example.com", "c.example.com", "--with", "circl", "--set",
            "provider circl.gap=1s")
ok(len(s.fake.paths()) == 3 and time.time() - began >= 2, "a pause between two requests",
   time.time() - began, r.text)

# ---- going on ----
s.fake.forget()
r = s.query("www.example.com", "--with", "circl", "--recurse", "1")
asked = sorted(p.rsplit("/", 1)[1] for p in s.fake.paths())
ok(asked == ["192.0.2.10", "192.0.2.11", "ns1.example.com", "www.example.com"],
   "--recurse 1: what was found is asked, once", asked)
ok(any(x["rrname"] == "c2.example.net" for x in r.rows), "and shown", r.text)
s.fake.forget()
r = s.query("www.example.com", "--with", "circl", "--recurse", "3")
paths = s.fake.paths()
ok(len(paths) == len(set(paths)) and any("c2.example.net" in p for p in paths),
   "--recurse 3: nothing twice", paths)
s.fake.forget()
r = s.query("198.51.100.99", "--with", "circl", "--recurse", "2")
ok(len(s.fake.paths()) == 1 and "shared" in r.stderr, "it stops at shared hosting", r.text,
   s.fake.paths()[:4])
s.fake.forget()
r = s.query("198.51.100.99", "--with", "circl", "--recurse", "1", "--set",
            "local.shared-above=100")
ok(len(s.fake.paths()) == 81, "where that begins can be said", len(s.fake.paths()))
done()

#!/usr/bin/env python3
"""The report.html of a case, opened from its folder in a real browser: what it shows, and
that it says nothing to anybody.

usage: browser.t YORE SOURCE_ROOT
"""
import csv, json, os, shutil, subprocess, sys, tempfile
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "query"))
sys.path.insert(0, os.path.join(here, "..", "server"))
from asking import done, ok, same
from webdriver import Browser, missing

if missing():
    print(f"1..0 # SKIP {missing()}")
    sys.exit(0)
yore = os.path.abspath(sys.argv[1])
tmp = tempfile.mkdtemp(prefix="yore-report-")
case = os.path.join(tmp, "case")
history = os.path.join(os.path.dirname(yore), "tests", "it", "investigate", "history")
lines = ["watch edge 2015-01-01 2015-12-31",
         "state target-op.com A archive 2015-07-02 2015-07-19 55 198.51.100.91",
         "seen six-op.com AAAA below 2015-07-02 2015-07-19 1 300 2001:db8:1:2:3:4:5:6",
         "seen <img/src=x>.evil-op.com A below 2015-07-02 2015-07-19 1 300 198.51.100.93"]
lines += [f"seen {n}-op.com A below 2015-07-02 2015-07-19 1 300 198.51.100.9{i}" for i, n in ((1, "target"), (2, "busy"))]
lines += [f"seen shop{i}.com A below 2015-03-02 2015-11-19 1 300 198.51.100.92" for i in range(20)]
subprocess.run([history, os.path.join(tmp, "db")], input="\n".join(lines) + "\n", text=True, check=True, timeout=60)
with open(os.path.join(tmp, "report.txt"), "w") as f:
    f.write("target-op[.]com busy-op[.]com\nsix-op[.]com evil-op[.]com absent-op[.]com\n198.51.100.91\n")
made = subprocess.run([yore, "investigate", "--db", "db", "--wide", "archive", "--from", "2015-06-15", "--to", "2015-08-01",
                       "--case", "case", "report.txt"], cwd=tmp, capture_output=True, text=True, timeout=60)
ok(made.returncode == 0, "a case", made.stdout, made.stderr)
ok("2001:db8:1:2:3:4:5:6 SEEN" in made.stdout, "a long address does not run into what follows", made.stdout)
with open(os.path.join(case, "addresses.csv"), newline="") as f:
    wanted = {(r["verdict"], r["name"] or "-", r["address"], r["whose"]) for r in csv.DictReader(f)}

b = Browser(1280, 900)
try:
    b.go("about:blank") # the browser's own first page asks for things
    b.requests()
    b.go("file://" + os.path.join(case, "report.html"))
    ok(b.until("return document.readyState === 'complete'"), "it is shown")
    same(b.run("return document.querySelector('h1').textContent"), "Investigation of report.txt", "its heading")
    rows = b.run("""return [...document.querySelector('table').querySelectorAll('tr.line')]
        .map(r => [...r.cells].map(c => c.textContent))""")
    # names are defanged, so that nobody follows them by mistake
    got = {(r[0], r[1].replace("[.]", "."), r[2].replace("[.]", ".").replace("[:]", ":"), r[4]) for r in rows}
    same(sorted(got), sorted(w for w in wanted if w[0] != "SKIP"),
         "the first table has a row for each address of addresses.csv with something to do")
    same(b.run("return [...document.querySelectorAll('.tile')].map(t => t.textContent)"),
         [f"{sum(1 for w in wanted if w[0] == v)}{v}" for v in ("HUNT", "VICTIMS", "REVIEW", "SKIP")], "and the sums fit")
    heads = b.run("return [...document.querySelectorAll('h3')].map(h => h.textContent)")
    same(heads, ["target-op[.]com", "busy-op[.]com", "six-op[.]com", "evil-op[.]com", "absent-op[.]com",
                 "198.51.100[.]91"], "a part for each indicator")
    same(b.run("return document.querySelectorAll('img, script, iframe, link, object, a[href^=http]').length"), 0,
         "no name became markup, nothing can be fetched or followed")
    ok(b.run("""return [...document.querySelectorAll('td.bar svg')].length > 4 &&
        [...document.querySelectorAll('td.bar svg')].every(s => s.getBoundingClientRect().width > 50)"""), "bars of time are drawn")
    ok(b.run("return document.documentElement.scrollWidth <= innerWidth"), "nothing stands out at the side")
    b.run("for (const d of document.querySelectorAll('details')) d.open = true")
    ok("name target-op.com" in b.run("return document.body.innerText"), "the questions are there")
    with open(os.environ.get("YORE_PICTURE", os.path.join(tmp, "picture.png")), "wb") as f:
        f.write(b.picture())
    ok(os.path.getsize(f.name) > 20000, "it can be seen")
    b.resize(420, 900)
    ok(b.run("return document.documentElement.scrollWidth <= innerWidth + 1"), "nor on a telephone",
       b.run("return [document.documentElement.scrollWidth, innerWidth]"))
    same(b.complaints(), [], "the console has no complaint")
    same([u for u in b.requests() if not u.startswith("file://" + case + "/report.html")], [],
         "and nothing was asked for but the file")
finally:
    b.close()
    shutil.rmtree(tmp, ignore_errors=True)
done()

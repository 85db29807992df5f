#!/usr/bin/env python3
"""Importing captures of our own making, as a person would.

usage: import.t YORE SOURCE_ROOT
"""
import os, shutil, subprocess, sys, tempfile
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from history import Yore, differences, done, expected, ok

yore = Yore(sys.argv[1])
data = os.path.join(sys.argv[2], "tests", "data")
scratch = tempfile.mkdtemp(prefix="yore-import-")


def capture(name):
    return os.path.join(data, name)


def db(name):
    return os.path.join(scratch, name)


def same(database, want, text):
    got = yore.sets(database)
    return ok(got == want, text, differences(got, want))


def made_again():
    """What is committed is what make.py makes."""
    again = os.path.join(scratch, "data")
    os.mkdir(again)
    subprocess.run([sys.executable, capture("make.py"), again], check=True, timeout=60)
    for name in sorted(os.listdir(again)):
        with open(os.path.join(again, name), "rb") as a, open(capture(name), "rb") as b:
            ok(a.read() == b.read(), f"{name} is what make.py makes")


def forms():
    for name in ("resolver.pcap", "resolver.pcapng", "resolver.pcap.gz"):
        r = yore.take(db(name), capture(name))
        ok(r.returncode == 0, f"{name} is imported", r.stderr.splitlines())
        same(db(name), expected(data, "resolver"), f"{name}: what was expected, no other")
    with open(capture("resolver.pcap.gz"), "rb") as f:
        r = yore.take(db("stdin"), "-", stdin=f)
    ok(r.returncode == 0, "standard input is imported", r.stderr.splitlines())
    same(db("stdin"), expected(data, "resolver"), "the same from standard input")


def summary():
    r = yore.take(db("summary"), capture("resolver.pcap"))
    for text in ("responses without a matching query", "outside the bailiwick",
                 "second, different responses", "server not known yet"):
        ok(text in r.stdout, f"the summary counts: {text}", r.stdout.splitlines())


def again():
    d = db("again")
    yore.take(d, capture("resolver.pcap"))
    before = yore.rows(d)
    for name in ("resolver.pcap", "resolver.pcapng", "resolver.pcap.gz"):
        r = yore.take(d, capture(name))
        ok(r.returncode == 0 and "imported before" in r.stdout, f"again as {name}",
           r.stdout.splitlines())
        ok(yore.rows(d) == before, "changes nothing")


def older():
    d = db("older")
    yore.take(d, capture("resolver.pcap"))
    yore.take(d, capture("older.pcap"))
    same(d, expected(data, "both"), "an older file moves first-seen back")
    d = db("younger")
    yore.take(d, capture("older.pcap"), capture("resolver.pcap"))
    same(d, expected(data, "both"), "both in one call give the same")


def rotated():
    d = db("rotated")
    r = yore.take(d, capture("rotated-2.pcap"), capture("rotated-1.pcap"))
    ok(r.returncode == 0, "two files in the wrong order", r.stderr.splitlines())
    same(d, expected(data, "resolver"), "are one stream in the right one")


def filters():
    d = db("off")
    yore.take(d, "--bailiwick", "off", capture("resolver.pcap"))
    lines = [x for x in yore.sets(d) if x.startswith("www.example.org.\tA\t203.0.113.66")]
    ok(len(lines) == 1 and lines[0].split("\t")[3:6] == ["-", "above", "2"],
       "--bailiwick off keeps what a server had no say about", lines)
    d = db("all")
    yore.take(d, "--accept", "all", capture("resolver.pcap"))
    lines = [x for x in yore.sets(d) if x.startswith("www.example.org.\tA\t203.0.113.66")]
    ok(len(lines) == 1 and lines[0].split("\t")[5] == "2",
       "--accept all takes the answers nobody asked for", lines)
    d = db("below")
    yore.take(d, "--vantage", "below", capture("resolver.pcap"))
    ok(all(x.split("\t")[4] == "below" for x in yore.sets(d)), "the vantage can be forced")


def negative():
    d = db("negative")
    yore.take(d, capture("resolver.pcap"))
    got = yore.sets(d, "--negative")
    want = ["\t".join(["nothing.example.com.", "A", "\\# 0.", "example.com.",
                       "above.nxdomain", "1", "1433210401", "1433210401"])]
    want = [x.replace("\\# 0.", "\\# 0") for x in want]
    ok(got == want, "a name that does not exist is kept beside the history", got)
    got = yore.sets(d, "--negative", "*.example.com")
    ok(got == want, "and is found by its zone", got)
    ok(not any("nxdomain" in x for x in yore.sets(d)), "and is no part of the history")
    before = yore.sets(d, "--negative")
    yore.take(d, capture("resolver.pcap"))
    ok(yore.sets(d, "--negative") == before, "again adds nothing")
    mode = os.stat(os.path.join(d, "negative")).st_mode & 0o777
    ok(mode == 0o700, f"its folder is private ({mode:o})")


def suspicious():
    d = db("suspicious")
    yore.take(d, capture("resolver.pcap"))
    got = [x.split("\t") for x in yore.sets(d, "--suspicious")]
    want = {("com.", "above.outside", "1"), ("www.example.org.", "above.outside", "2"),
            ("www.example.org.", "above.unmatched", "2"),
            ("twice.example.org.", "above.conflicting", "1")}
    ok({(g[0], g[4], g[5]) for g in got} == want, "lies are kept as evidence, by reason",
       [str(g) for g in got])
    ok(len(yore.sets(d, "--suspicious", "203.0.113.66")) == 2, "found by address as well")
    before = yore.sets(d, "--suspicious")
    yore.take(d, capture("resolver.pcap"))
    ok(yore.sets(d, "--suspicious") == before, "again adds nothing")
    r = yore.run("query", "--db", d, "--suspicious", "www.example.org", "--json")
    ok("said by 203.0.113.66 of www.example.org.: 2 times" in r.stderr and
       "said by 203.0.113.5 of www.example.org.: 2 times" in r.stderr,
       "and which servers said it", r.stderr.splitlines())
    r = yore.run("query", "--db", d, "www.example.org", "--json")
    ok(r.returncode == 1 and "--suspicious" in r.stderr,
       "an empty answer says that there is evidence", [str(r.returncode), r.stderr])


def door():
    d, rules = db("door"), db("rules")
    with open(rules, "w") as f:
        f.write("# what we do not keep\n*.example.com\ntype NS\nclient 10.0.1.0/24\n")
    r = yore.take(d, "--skip", rules, "--no-negative", "--no-suspicious",
                  capture("resolver.pcap"))
    want = [x for x in expected(data, "resolver")
            if not x.split("\t")[0].endswith("example.com.") and x.split("\t")[1] != "NS"
            and x.split("\t")[4] != "below"]
    same(d, want, "--skip leaves out a zone, a type, clients")
    ok("left out by a list" in r.stdout, "and counts them", r.stdout.splitlines())
    ok(not yore.sets(d, "--negative") and not yore.sets(d, "--suspicious"),
       "no negative answers, no evidence, when they are switched off")
    d = db("only")
    with open(rules, "w") as f:
        f.write("zone example.org\n")
    yore.take(d, "--only", rules, capture("resolver.pcap"))
    want = [x for x in expected(data, "resolver")
            if x.split("\t")[0].endswith("example.org.")]
    same(d, want, "--only takes one zone, its bailiwick learnt from what is left out")
    with open(rules, "a") as f:
        f.write("colour red\n")
    r = yore.take(db("door-bad"), "--skip", rules, capture("resolver.pcap"))
    ok(r.returncode != 0 and "line 2" in r.stderr, "a list with a mistake is told",
       r.stderr.splitlines())


def cut_and_bad():
    whole = open(capture("resolver.pcap"), "rb").read()
    cut = db("cut.pcap")
    with open(cut, "wb") as f:
        f.write(whole[: len(whole) // 2])
    d = db("cut")
    r = yore.take(d, cut)
    ok(r.returncode not in (0, 1, 2) and r.returncode < 128 and "offset" in r.stderr,
       "a cut file: told where", [str(r.returncode)] + r.stderr.splitlines())
    got = yore.sets(d)
    ok(0 < len(got) < len(expected(data, "resolver")), "and kept up to the cut")
    yore.take(d, capture("resolver.pcap"))
    same(d, expected(data, "resolver"), "then the whole file: as if it had been alone")
    text = db("text")
    with open(text, "w") as f:
        f.write("this is no capture\n")
    r = yore.take(db("bad"), text)
    ok(0 < r.returncode < 128 and "text" in r.stderr and len(r.stderr.splitlines()) == 1,
       "no capture: one line", r.stderr.splitlines())
    r = yore.take(db("bad"), text, capture("resolver.pcap"))
    same(db("bad"), expected(data, "resolver"), "does not keep the others out")
    r = yore.take(db("bad"), "/nonexistent")
    ok(0 < r.returncode < 128 and "/nonexistent" in r.stderr, "a file that is not there")


def sensors():
    d = db("sensors")
    yore.take(d, "--sensor", "edge", capture("resolver.pcap"))
    before = yore.rows(d)
    r = yore.take(d, "--sensor", "edge", capture("rotated-2.pcap"))
    ok(r.returncode != 0 and "--again" in r.stderr and yore.rows(d) == before,
       "what a sensor covered already is refused, and told", r.stderr.splitlines())
    r = yore.take(d, "--sensor", "edge", "--again", capture("rotated-2.pcap"))
    ok(r.returncode == 0 and yore.rows(d) != before, "--again takes it all the same")
    r = yore.take(d, "--sensor", "edge", capture("older.pcap"))
    ok(r.returncode == 0, "another time of the same sensor is taken", r.stderr.splitlines())


for test in (made_again, forms, summary, again, older, rotated, filters, negative, suspicious, door, cut_and_bad, sensors):
    test()
shutil.rmtree(scratch, ignore_errors=True)
done()

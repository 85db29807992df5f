#!/usr/bin/env python3
"""Other tools' logs and exports through `yore import`: once, twice, grown, by stdin, and
an export of ours taken in as a partner's data set."""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok

yore = sys.argv[1]


def run(*args, stdin=None):
    return subprocess.run([yore, *args], input=stdin, capture_output=True, text=True,
                          timeout=120)


def rows(db, *args):
    r = run("export", "--db", db, "--json", *args)
    return sorted((d["rrname"], d["rrtype"], tuple(d["rdata"]), d["source"],
                   d.get("time_first"), d.get("time_last"), d.get("count"))
                  for d in map(json.loads, r.stdout.splitlines()))


def line(i, n=1):
    return f"{1420070400 + i}||10.0.0.{i % 250}||9.9.9.9||IN||h{i}.example.||A||192.0.2.{i % 250}||60||{n}\n"


with tempfile.TemporaryDirectory(prefix="yore-logs-") as d:
    db, log = os.path.join(d, "db"), os.path.join(d, "passivedns.log")
    with open(log, "w") as f:
        f.writelines(line(i, 3) for i in range(100))
    r = run("import", "--db", db, log)
    first = rows(db)
    ok(r.returncode == 0 and len(first) == 100, "a log is imported", r.stdout, r.stderr)
    ok(first[0][3] == "below" and first[0][6] == 3, "with its counts, below the resolver",
       first[0])
    run("import", "--db", db, log)
    ok(rows(db) == first, "the same log again changes nothing")
    run("import", "--db", db, "-", stdin=open(log).read())
    ok(rows(db) == first, "nor by standard input")
    with open(log, "a") as f:
        f.writelines(line(i, 1) for i in range(50, 150))
    run("import", "--db", db, log)
    grown = rows(db)
    ok(len(grown) == 150 and sum(r[6] for r in grown) == 400,
       "what has grown is added, once", len(grown), sum(r[6] for r in grown))

    bad = os.path.join(d, "bad.log")
    with open(bad, "w") as f:
        f.write(line(1) + "1420070400||short\n" + "x" * 3000000 + "\n" + line(2))
    r = run("import", "--db", os.path.join(d, "bad"), bad)
    ok(r.returncode == 0 and "line 2 skipped: fewer fields" in r.stderr
       and "line 3 skipped: longer" in r.stderr, "bad lines are told by number", r.stderr)
    ok(len(rows(os.path.join(d, "bad"))) == 2, "and the good ones around them are kept")
    r = run("import", "--strict", "--db", os.path.join(d, "strict"), bad)
    ok(r.returncode == 5 and r.stderr.count("line 2") == 1 and "skipped" not in r.stderr,
       "--strict stops at the first, and says so once", r.stderr)

    export = os.path.join(d, "export.ndjson")
    with open(export, "w") as f:
        f.write(run("export", "--db", db, "--json").stdout)
    other = os.path.join(d, "other")
    r = run("import", "--db", other, "--source", "partner", export)
    ok([x[:3] + x[4:] for x in rows(other)] == [x[:3] + x[4:] for x in grown],
       "an export of ours is a data set of theirs, the same", r.stderr)
    ok({x[3] for x in rows(other)} == {"partner"}, "under its name")
    run("import", "--db", other, "--source", "partner", export)
    ok(len(rows(other)) == 150 and sum(x[6] for x in rows(other)) == 400,
       "taken in twice it counts once")
    r = run("import", "--db", other, "--source", "third", export)
    ok({x[3] for x in rows(other)} == {"partner", "third"},
       "another data set of the same content is another source", r.stderr)

    zone = os.path.join(d, "example.zone")
    with open(zone, "w") as f:
        f.write("$ORIGIN example.org.\n$TTL 300\n@ SOA ns root 1 2 3 4 5\n  NS ns\n"
                "ns A 192.0.2.53\nwww CNAME @\n")
    run("import", "--db", other, zone)
    r = run("query", "--db", other, "--dnsdb", "--source", "zone", "ns.example.org")
    ok('"zone_time_first"' in r.stdout and "192.0.2.53" in r.stdout,
       "a master file has zone times", r.stdout, r.stderr)
    said = '"time_first":1435708800,"time_last":1435808800,"count":1'
    texts = ",".join('"192.0.2.%d"' % i for i in range(1, 250))
    longest = ".".join(["\\\\001" * 63] * 3 + ["\\\\002" * 61])
    for what, first in (("a name of 255 octets, escaped", '{"rrname":"%s","rrtype":"A","rdata":["192.0.2.1"],%s}' % (longest, said)),
                       ("data before the name", '{"rdata":[%s],"rrtype":"A","rrname":"long.example",%s}' % (texts, said))):
        long = os.path.join(d, "long.ndjson")
        with open(long, "w") as f:
            f.write(first + "\n")
        for how in ("-", long):
            long_db = os.path.join(tempfile.mkdtemp(dir=d), "db")
            r = run("import", "-q", "--db", long_db, how, stdin=first + "\n")
            ok(r.returncode == 0 and len(rows(long_db)) == 1,
               "COF that begins with %s is told by its first line" % what, r.stderr)
    r = run("import", "--db", other, os.path.abspath(__file__))
    ok(r.returncode != 0 and "neither a capture nor a log" in r.stderr and "--format" in r.stderr,
       "a text that is no log is refused in a line", r.stderr)
    flood = os.path.join(d, "flood.log")
    with open(flood, "w") as f:
        f.writelines(f"{1420070400 + i}||1||2||IN||r{i * 7919 % 5003:06x}.wild.example||A||192.0.2.7||60||1\n"
                     for i in range(5000))
    fdb = os.path.join(d, "flood")
    r = run("import", "--db", fdb, flood)
    got = rows(fdb)
    ok(len(got) == 9 and sum(x[6] for x in got) == 5000 and "4992  RRsets" in r.stdout,
       "a flood of names that are seen once is one row, some samples and all its counts",
       r.stdout, len(got))
    r = run("query", "--db", fdb, "nosuch.wild.example")
    ok("ask for _wildcard_.wild.example" in r.stderr,
       "who asks for a name of it is told", r.stderr)
    r = run("import", "-q", "--no-collapse", "--db", fdb + "2", flood)
    ok(len(rows(fdb + "2")) == 5000, "--no-collapse keeps them all")
done()

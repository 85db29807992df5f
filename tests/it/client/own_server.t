#!/usr/bin/env python3
"""Our own server asked by our own client, in every dialect that it speaks.

usage: own_server.t YORE SOURCE_ROOT
"""
import os, re, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import Session, done, ok, root, yore

s = Session()
r = s.run("import", "--db", s.db, os.path.join(root, "tests/data/resolver.pcap"))
ok(r.returncode == 0, "a history", r.text)
errors = open(os.path.join(s.home, "serve.err"), "w+")
server = subprocess.Popen([yore, "serve", "--db", s.db, "--listen", "127.0.0.1:0"], stderr=errors,
                          stdout=subprocess.DEVNULL, env=s.env)
try:
    url = None
    for _ in range(400):
        m = re.search(r"listening on \w+://.*:(\d+)", open(errors.name).read())
        if m:
            url = f"http://127.0.0.1:{m.group(1)}"
            break
        time.sleep(0.05)
    if not ok(url, "a server", open(errors.name).read()):
        done()
    s.configure("\n".join(
        f"[provider {name}]\ntype = {kind}\nurl = {url}{path}\nown = yes\n{more}" for
        name, kind, path, more in (
            ("hq", "yore", "", ""), ("hq-dnsdb", "dnsdb", "/dnsdb/v2", "key = k\n"),
            ("hq-dnsdb1", "dnsdb1", "", "key = k\n"),
            ("hq-circl", "circl", "/pdns/query", "user = u\npassword = p\n"),
            ("hq-mnemonic", "mnemonic", "/pdns/v3", ""), ("hq-cof", "cof", "/pdns/query", ""),
            ("hq-d4", "cof", "/query", ""))))

    def singles(rows):
        return {(x["rrname"], x["rrtype"], d): (x["time_first"], x["time_last"], x.get("count"))
                for x in rows for d in x["rdata"]}

    def sets(rows):
        return {(x["rrname"], x["rrtype"], tuple(x["rdata"])):
                (x["time_first"], x["time_last"], x.get("count")) for x in rows}

    def by_source(rows, prefix=""):
        return {(x["source"][len(prefix):], x["rrname"], x["rrtype"], tuple(x["rdata"])):
                (x["time_first"], x["time_last"], x.get("count")) for x in rows
                if x["source"].startswith(prefix)}

    r = s.query("--db", s.db, "example.com")
    here_sets = sets(r.rows)
    r = s.query("--db", s.db, "example.com", "--view", "rr")
    here = singles(r.rows)
    ok(len(here) >= 5, "what the history holds of a name", r.text)
    r = s.query("--db", s.db, "*.example.com")
    zone = by_source(r.rows)
    address = next(k[3][0] for k in zone if k[2] == "A")
    r = s.query("--db", s.db, address)
    there = by_source(r.rows)
    for name in ("hq", "hq-dnsdb", "hq-dnsdb1", "hq-circl", "hq-mnemonic", "hq-cof", "hq-d4"):
        # sets where the dialect has sets, else single records
        whole = name in ("hq", "hq-dnsdb", "hq-dnsdb1")
        r = s.query("example.com", "--with", name, "--view", "rrset" if whole else "rr")
        got, want = (sets(r.rows), here_sets) if whole else (singles(r.rows), here)
        if name == "hq-d4":      # some types only, as the original
            want = {k: v for k, v in want.items() if k in got}
        ok(r.returncode == 0 and got and got == want, f"{name}: the same records", got, want,
           r.stderr)
        ok(all(x["source"].startswith(name) for x in r.rows), f"{name}: under its own source")
        r = s.query(address, "--with", name)
        got = by_source(r.rows, name + ".") if name == "hq" else by_source(r.rows)
        ok(got == there if name == "hq" else
           {k[1:] for k in got} == {k[1:] for k in there}, f"{name}: by address", got, there,
           r.stderr)
        r = s.query("never.example.com", "--with", name)
        ok(r.returncode in (1, 4) and "not found" in r.stderr, f"{name}: nothing there", r.text)
    r = s.query("*.example.com", "--with", "hq,hq-dnsdb")
    got = by_source(r.rows, "hq.")
    ok(got == zone, "hq: a zone", got, zone, r.stderr)
    sources = {x["source"] for x in r.rows}
    ok("hq.above" in sources, "hq: its own sources survive", sources)
    r = s.query("*.example.com", "--with", "hq", "--limit", "3")
    ok(len(r.rows) == 3, "a limit of ours is no limit of theirs", r.text)
    r = s.query("/^www/", "--with", "hq")
    ok("not asked" in r.stderr and r.returncode == 3, "patterns are asked here only", r.text)
finally:
    server.terminate()
    server.wait(20)
r = s.query("example.com", "--with", "hq")
ok(r.returncode == 3 and "hq: failed" in r.stderr, "a server that is gone", r.text)
done()

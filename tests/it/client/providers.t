#!/usr/bin/env python3
"""Every provider asked over TLS: what it says, what goes wrong, what leaves.

usage: providers.t YORE SOURCE_ROOT
"""
import os, stat, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fakes
from session import Session, done, ok

s = Session()
ALL = ["circl", "dnsdb", "virustotal", "mnemonic", "passivetotal", "cn360", "securitytrails",
       "lab"]


def spans(rows):
    return {(r["source"], r["rrname"], r["rrtype"], tuple(r["rdata"])):
            (r.get("time_first"), r.get("time_last"), r.get("count")) for r in rows}


# ---- each of them ----
for name in ALL:
    r = s.query("www.example.com", "--with", name, "-t", "A,NS")
    got = spans(r.rows)
    ok(r.returncode == 0 and got and all(k[0].split(".")[0] == name for k in got),
       f"{name}: records under its own source", r.text)
    ok(all("192.0.2" in k[3][0] or k[2] == "NS" for k in got), f"{name}: the right ones", got)
    r = s.query("192.0.2.10", "--with", name)
    if name == "cn360":
        continue
    ok(r.returncode == 0 and any(x["rrname"] == "www.example.com" for x in r.rows),
       f"{name}: asked by address", r.text)

r = s.query("www.example.com", "--with", "virustotal", "-t", "A")
ok(all("time_first" not in x and x["time_last"] for x in r.rows) and len(r.rows) == 2,
   "virustotal: one date is the last, a first is not invented", r.text)
r = s.query("www.example.com", "--with", "circl,dnsdb,mnemonic")
got = spans(r.rows)
ok({k[0] for k in got} == {"circl", "dnsdb", "mnemonic"} and
   all(v[2] == 17 for k, v in got.items() if k[3] == ("192.0.2.10",)),
   "three at once: kept apart, never summed", r.text)
r = s.query("2001:db8::7", "--with", "circl,dnsdb,virustotal")
ok(r.returncode == 0 and all(x["rrtype"] == "AAAA" for x in r.rows) and len(r.rows) == 6,
   "IPv6 goes to where addresses are asked", r.text)
r = s.query("*.example.com", "--with", "dnsdb,circl")
ok(r.returncode == 3 and "circl: not asked: it cannot be asked this" in r.stderr and r.rows,
   "what one cannot be asked is said, and makes it incomplete", r.text)
for name in ("circl", "virustotal", "mnemonic"):
    r = s.query("a.paged.example.com", "--with", name)
    want = 3 if name == "mnemonic" else 4
    ok(r.returncode == 0 and len(r.rows) == want, f"{name}: all pages", r.text)

r = s.query("a.paged.example.com", "--with", "virustotal", "--set", "provider virustotal.pages=2")
ok(r.returncode == 3 and len(r.rows) == 2 and "more than 2 pages" in r.stderr,
   "no more pages than are allowed, and that is said", r.text)

# ---- what goes wrong ----
WRONG = [
    ("status-401", "refused"), ("status-403", "refused"), ("status-429", "quota"),
    ("status-500", "failed"), ("status-503", "quota"), ("truncated", "truncated"),
    ("slow", "timeout"), ("elsewhere", "failed"), ("closed", "failed"),
]
for mood, outcome in WRONG:
    for name in ALL:
        s.fake.forget()
        r = s.query(f"a.{mood}.example.com", "--with", name, *(
            ["--set", f"provider {name}.timeout=1s"] if mood == "slow" else []), timeout=90)
        ok(r.returncode == 3 and f"{name}: {outcome}" in r.stderr,
           f"{name}: {mood} is '{outcome}' and incomplete", r.text)
        ok(len(s.fake.paths()) == 1, f"{name}: {mood}: asked once", s.fake.paths())
ok("stolen" not in str(s.fake.paths()), "a redirect to elsewhere is not followed")
for name in ALL:
    r = s.query("a.bad-json.example.com", "--with", name)
    ok(r.returncode == 3 and f"{name}: failed" in r.stderr, f"{name}: bad JSON", r.text)
r = s.query("a.truncated.example.com", "cut.example.com", "--with", "lab")
ok(any(x["rrname"] == "cut.example.com" for x in r.rows), "what came before the cut counts",
   r.text)
r = s.query("a.no-end.example.com", "--with", "dnsdb")
ok(r.returncode == 3 and "dnsdb: truncated" in r.stderr and r.rows,
   "dnsdb: no last line is truncated, and what came is shown", r.text)
r = s.query("a.limited.example.com", "--with", "dnsdb")
ok(r.returncode == 3 and "Result limit reached" in r.stderr, "dnsdb: limited", r.text)
r = s.query("a.limited.example.com", "--with", "circl")
ok(r.returncode == 3 and "circl: truncated" in r.stderr, "circl: its errors header", r.text)
for name in ("circl", "dnsdb", "virustotal", "mnemonic", "lab"):
    r = s.query("a.empty.example.com", "--with", name)
    ok(r.returncode in (1, 4) and f"{name}: not found" in r.stderr and not r.rows,
       f"{name}: nothing is not a failure", r.text)
s.fake.forget()
r = s.query("a.here.example.com", "--with", "circl")
ok("circl: found, 3 records" in r.stderr and len(s.fake.paths()) == 2, "a redirect within the origin", r.text)
s.fake.forget()
r = s.query("a.retry.example.com", "--with", "circl")
ok(r.returncode == 0 and len(s.fake.paths()) == 3, "Retry-After is waited for", r.text,
   s.fake.paths())
r = s.query("a.huge.example.com", "--with", "circl", timeout=120)
ok(r.returncode == 3 and "circl: truncated" in r.stderr, "more than the ceiling", r.text)

r = s.query("a.bomb.example.com", "--with", "circl", timeout=120)
ok(r.returncode == 3 and "circl: truncated" in r.stderr, "also when it was compressed", r.text)

# ---- hostile content ----
for name in ("circl", "dnsdb", "virustotal", "lab"):
    r = s.run("query", "ok.example.com", "t.example.com", "a.hostile.example.com", "--with",
              name, "--format", "text")
    ok("\x1b" not in r.stdout + r.stderr and "\x07" not in r.stdout + r.stderr,
       f"{name}: no control characters reach the terminal", r.text)
    ok("could not be read" in r.stderr and r.returncode == 3,
       f"{name}: what could not be read is counted and said", r.text)

# ---- TLS ----
other = fakes.Fake(fakes.certificate(s.home, "other.invalid"))
other.forget()
for what, more in (("unknown authority", f"provider circl.url=https://localhost:{other.port}/c"),
                   ("expired trust: the wrong authority",
                    f"provider circl.ca-file={s.home}/other.invalid.pem"),
                   ("another name", f"provider circl.url=https://127.0.0.1:{s.fake.port}/circl")):
    s.fake.forget()
    r = s.query("www.example.com", "--with", "circl", "--set", more)
    ok(r.returncode == 3 and "circl: failed" in r.stderr and not r.rows, f"TLS: {what}",
       r.text)
    ok(not other.paths() and not s.fake.paths(), f"TLS: {what}: nothing was sent",
       other.paths(), s.fake.paths())
plain = fakes.Fake()
r = s.query("www.example.com", "--with", "circl", "--set",
            f"provider circl.url=http://127.0.0.1:{plain.port}/circl")
ok(r.returncode == 0, "plain HTTP on loopback is for tests and mirrors", r.text)
r = s.query("www.example.com", "--with", "circl", "--set",
            "provider circl.url=http://192.0.2.250/circl")
ok(r.returncode == 3 and "unencrypted" in r.stderr, "a key does not travel unencrypted", r.text)

plain.forget()
r = s.query("www.example.com", "--with", "lab", "--set",
            "provider lab.url=http://pdns.example.com/cof",
            env={"http_proxy": f"http://127.0.0.1:{plain.port}"})
ok(plain.paths() == ["http://pdns.example.com/cof/www.example.com"],
   "the proxy of the environment is used", plain.paths(), r.text)

# ---- configured or not ----
r = s.query("www.example.com", "--with", "circl,riskiq")
ok(r.returncode == 3 and "riskiq: not asked: not configured" in r.stderr and r.rows,
   "one that is not configured is said, the others answer", r.text)
ok("riskiq is retired" not in r.stdout and "retired" in r.stderr, "and that it is retired")
r = s.query("www.example.com", "--with", "nobody")
ok(r.returncode == 2 and "there is no provider 'nobody'" in r.stderr, "no such provider", r.text)
os.chmod(s.conf, 0o644)
r = s.query("www.example.com", "--with", "circl")
ok(r.returncode > 4 and "chmod 600" in r.stderr and "yore.conf:" in r.stderr,
   "a configuration with keys that others can read is refused", r.text)
os.chmod(s.conf, 0o600)
r = s.run("providers", "--json")
ok(r.returncode == 0 and fakes.KEY not in r.stdout and '"name":"dnsdb"' in r.stdout,
   "yore providers lists them without keys", r.text)
r = s.run("providers", "--quota")
ok(r.returncode == 0 and "998 left of 1000" in r.stdout, "what is left of a quota", r.text)
mode = stat.S_IMODE(os.stat(os.path.join(s.home, ".local/state/yore/asked.log")).st_mode)
ok(mode == 0o600, "the log of what left is private", oct(mode))
ok(s.asked() and not any(fakes.KEY in str(a) or "k3y" in str(a) for a in s.asked()),
   "and holds no key")
done()

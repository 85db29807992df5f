#!/usr/bin/env python3
"""Called as pdnstool: its options, configuration, outputs and state file.

usage: pdnstool.t YORE SOURCE_ROOT
"""
import csv, io, json, os, re, shutil, sqlite3, stat, subprocess, sys
import xml.etree.ElementTree as ET
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fakes
from session import Session, done, ok, root, yore

s = Session()
tool = os.path.join(s.home, "pdnstool")
os.symlink(yore, tool)
# the certificate's authority is the only thing that stands in our own configuration
folder = os.path.join(s.home, ".config", "yore")
with open(s.conf, "w") as f:
    for name in ("circl", "dnsdb", "virustotal", "passivetotal", "mnemonic", "cn360"):
        f.write(f"[provider {name}]\nca-file = {s.pem[0]}\ngap = 0s\ntimeout = 2s\n")
theirs = os.path.join(s.home, ".passivedns-client")
with open(theirs, "w") as f:
    f.write(f"""BASE = {s.fake.url}
[circl]
USERNAME = {fakes.USER}
PASSWORD = {fakes.PASSWORD}
URL = $(BASE)/circl
[dnsdb]
APIKEY: {fakes.KEY}
URL = {s.fake.url}/dnsdb/v2
[virustotal]
; the old address of its API, with the slash it needed
APIKEY = {fakes.KEY}
URL = {s.fake.url}/vt/
[mnemonic]
URL = {s.fake.url}/mnemonic/
[passivetotal]
USERNAME = u
APIKEY = k
DEBUG
""")
os.chmod(theirs, 0o600)


def run(*args, **more):
    return s.run(*args, program=tool, **more)


def plain(text):
    return re.sub(r"\b0\.\d{6}\b", "T", text)


HEAD = "source response_time query answer rrtype ttl firstseen lastseen count security".split()
ROWS = [
    ["CIRCL", "T", "www.example.com", "192.0.2.10", "A", "0", "2015-07-01 00:00:00 +0000",
     "2015-07-31 23:59:59 +0000", "17", "yellow"],
    ["CIRCL", "T", "www.example.com", "192.0.2.11", "A", "0", "2015-07-02 00:00:00 +0000",
     "2015-07-03 00:00:00 +0000", "2", "yellow"],
    ["CIRCL", "T", "www.example.com", "ns1.example.com", "NS", "0",
     "2015-07-01 00:00:00 +0000", "2015-07-31 23:59:59 +0000", "17", "yellow"],
]


def table(sep):
    return "".join(sep.join(r) + "\n" for r in [HEAD] + ROWS)


r = run("-dc", "www.example.com")
ok(r.returncode == 0 and plain(r.stdout) == table("\t") and r.stderr == "", "text", r.text)
r = run("-dc", "-t", "-s", "|", "www.example.com")
ok(plain(r.stdout) == table("|"), "another separator", r.text)
r = run("-dc", "-c", "www.example.com")
ok(plain(r.stdout) == table(","), "CSV", r.text)
r = run("-d", "c", "-c", "-j", "www.example.com")
want = "[\n" + ",\n".join(
    '{"class":"PassiveDNS::PDNSResult","answer":"%s","count":%s,"firstseen":"%s","lastseen":"%s",'
    '"query":"%s","response_time":T,"rrtype":"%s","security":"yellow","source":"CIRCL","ttl":0}'
    % (x[3], x[8], x[6], x[7], x[2], x[4]) for x in ROWS) + "\n]\n"
ok(plain(r.stdout) == want, "JSON; the last format wins", plain(r.stdout), want)
r = run("-dc", "-x", "www.example.com")
tree = ET.fromstring(r.stdout)
got = [[e.get(h) for h in HEAD] for e in tree.iter("PDNSResult")]
ok(len(got) == 3 and got[0][2:5] == ROWS[0][2:5] and got[0][6] == "2015-07-01T00:00:00Z",
   "XML that a parser takes", r.text)
r = run("-dc", "-x", "www.example.com", env={"TZ": "Europe/Prague"})
ok("firstseen='2015-07-01T00:00:00Z'" in r.stdout, "its times are UTC wherever one is", r.text)
r = run("-dc", "www.example.com", env={"TZ": "UTC-2"})
ok("2015-07-01 02:00:00 +0200" in r.stdout, "those of text are local", r.text)
r = run("-dc", "-y", "www.example.com")
ok(r.stdout.startswith("--- !ruby/struct:PassiveDNS::PDNSResult\nsource: CIRCL\n") and
   "firstseen: 2015-07-01 00:00:00.000000000 +00:00\n" in r.stdout and
   r.stdout.count("\n---") == 2, "YAML", r.text)
try:
    import yaml
    class Loader(yaml.SafeLoader):
        pass
    Loader.add_multi_constructor("!ruby/", lambda l, suffix, node: l.construct_mapping(node))
    docs = [d for d in yaml.load_all(r.stdout, Loader) if d]
    ok(len(docs) == 3 and docs[0]["answer"] == "192.0.2.10" and docs[0]["count"] == 17,
       "a YAML reader takes it", docs)
except ImportError:
    ok(True, "a YAML reader takes it # SKIP no python3-yaml")
r = run("-dc", "-g", "www.example.com")
ok(r.stdout.splitlines()[:3] == ["nodedef> name,description VARCHAR(12),color,style",
                                 "www.example.com,,gray,2", "192.0.2.10,,white,1"] and
   "www.example.com,ns1.example.com,red" in r.stdout, "GDF", r.text)
r = run("-dc", "-z", "www.example.com")
ok('"www.example.com" -- "192.0.2.10" [color=blue];' in r.stdout and
   '"192.0.2.10" [shape=box' in r.stdout, "Graphviz", r.text)
if shutil.which("dot"):
    d = subprocess.run(["dot", "-Tplain"], input=r.stdout, capture_output=True, text=True)
    ok(d.returncode == 0, "dot draws it", d.stderr)
r = run("-dc", "-m", "www.example.com")
g = ET.fromstring(r.stdout)
ns = "{http://graphml.graphdrawing.org/xmlns}"
ok(len(list(g.iter(ns + "edge"))) == 3 and len(list(g.iter(ns + "node"))) == 4, "GraphML", r.text)
EMPTY = {"-t": "\t".join(HEAD) + "\n", "-c": ",".join(HEAD) + "\n", "-j": "[\n\n]\n", "-y": "\n",
         "-g": "nodedef> name,description VARCHAR(12),color,style\nedgedef> node1,node2,color\n",
         "-z": "graph pdns {\n}\n",
         "-x": '<?xml version="1.0" encoding="UTF-8" ?>\n<report>\n  <results>\n  </results>\n'
               "</report>\n"}
for option, text in EMPTY.items():
    r = run("-dc", option, "a.empty.example.com")
    ok(r.returncode == 0 and r.stdout == text, f"{option}: nothing found", r.text)

# ---- names that formats trip over, in each of them ----
odd = {f: run("-dc", f, "x.odd.example.com") for f in ("-t", "-c", "-j", "-x", "-y", "-g", "-z", "-m")}
ok(all(r.returncode == 0 and "\x1b" not in r.stdout for r in odd.values()), "odd names: no failure",
   *[r.text for r in odd.values() if r.returncode])
answers = [x["answer"] for x in json.loads(odd["-j"].stdout)]
ok(len(answers) == len(fakes.ODD) and len(set(answers)) == len(answers), "odd names: JSON", answers)
ok([x.get("answer") for x in ET.fromstring(odd["-x"].stdout).iter("PDNSResult")] == answers,
   "odd names: XML says the same", odd["-x"].text)
cells = [x[3] for x in csv.reader(io.StringIO(odd["-c"].stdout))][1:]
ok([x.lstrip("'") for x in cells] == [x.lstrip("'") for x in answers] and
   not any(x[0] in "=+-@" for x in cells), "odd names: CSV, and no formula", cells)
ok([x.split("\t")[3] for x in odd["-t"].stdout.splitlines()[1:]] == answers, "odd names: text")
try:
    docs = [d for d in yaml.load_all(odd["-y"].stdout, Loader) if d]
    ok([str(d["answer"]) for d in docs] == answers, "odd names: YAML", docs)
except NameError:
    ok(True, "odd names: YAML # SKIP no python3-yaml")
if shutil.which("dot"):
    d = subprocess.run(["dot", "-Tplain"], input=odd["-z"].stdout, capture_output=True, text=True)
    ok(d.returncode == 0 and d.stdout.count("\nedge ") == len(answers), "odd names: dot",
       d.stderr, odd["-z"].text)
g = ET.fromstring(odd["-m"].stdout)
ok(len(list(g.iter(ns + "edge"))) == len(answers), "odd names: GraphML", odd["-m"].text)
node, edge = odd["-g"].stdout.split("edgedef>")
ok(all(len(x) == 4 for x in csv.reader(node.splitlines()[1:])) and
   all(len(x) == 3 for x in csv.reader(edge.splitlines()[1:])), "odd names: GDF", odd["-g"].text)
if shutil.which("xmllint"):
    for f in ("-x", "-m"):
        d = subprocess.run(["xmllint", "--noout", "-"], input=odd[f].stdout, capture_output=True,
                           text=True)
        ok(d.returncode == 0, f"odd names: xmllint reads {f}", d.stderr)

# ---- every option, in its long form and its short one ----
for long, short in ((["--database", "c", "--csv"], ["-dc", "-c"]),
                    (["--database=c", "--json"], ["-dc", "-j"]), (["--database=c", "--xml"], ["-dc", "-x"]),
                    (["--database=c", "--yaml"], ["-dc", "-y"]), (["--database=c", "--gdf"], ["-dc", "-g"]),
                    (["--database=c", "--graphviz"], ["-dc", "-z"]),
                    (["--database=c", "--graphml"], ["-dc", "-m"]),
                    (["--database=c", "--text", "--sep", ";"], ["-dc", "-t", "-s", ";"]),
                    (["--database=c", "--limit", "2"], ["-dc", "-l", "2"]),
                    (["--database=c", "--recurse", "2"], ["-dc", "-r2"])):
    a, b = run(*long, "www.example.com"), run(*short, "www.example.com")
    cut = lambda r: re.sub(r"\d+\.\d+(e-\d+)?", "T", r.stdout)
    ok(a.returncode == b.returncode == 0 and cut(a) == cut(b), f"{' '.join(long)} is {' '.join(short)}",
       a.text, b.text)
import time
began = time.time()
r = run("-dc", "-w", "1", "www.example.com", "www2.example.com")
ok(r.returncode == 0 and time.time() - began >= 1 and len(r.stdout.splitlines()) == 7, "-w waits", r.text)
began = time.time()
r = run("-dc", "-r", "4", "a.empty.example.com")
ok(r.returncode == 0 and r.stderr.count("\n") >= 1 and time.time() - began < 30,
   "-r 4 is warned about, and does not sleep", r.text)
r = run("--debug", "-dc", "www.example.com")
ok(r.returncode == 0 and plain(r.stdout) == table("\t") and "circl" in r.stderr, "--debug", r.text)
for bad in (["-l", "x"], ["-r", "-1"], ["-w", "soon"], ["-d"], ["--no-such"]):
    r = run(*bad)
    ok(r.returncode == 2 and r.stdout == "" and "Traceback" not in r.stderr and
       r.stderr.count("\n") <= 3, f"{' '.join(bad)}: a line, status 2", r.text)

# ---- providers ----
r = run("-dp", "-dv", "-t", "www.example.com")
lines = [x.split("\t") for x in r.stdout.splitlines()]
ok(r.returncode == 3 and len(lines) == 3 and all(x[0] == "VirusTotal" for x in lines[1:]) and
   "PassiveTotal is retired" in r.stderr, "-dp -dv: VirusTotal's rows, and what is missing",
   r.text)
ok(lines[1][6] == "" and lines[1][7].startswith("2015-07-31") and lines[1][8] == "" and
   lines[1][9] == "yellow", "VirusTotal: a last time only; the colour is in its own column",
   lines)
r = run("www.example.com")
ok(r.returncode == 0 and "VirusTotal" in r.stdout, "VirusTotal when nobody is named", r.text)
r = run("-dcd,v", "-c", "www.example.com")
got = [x[0] for x in csv.reader(io.StringIO(r.stdout))][1:]
ok(got == ["CIRCL"] * 3 + ["DNSDB"] * 3 + ["VirusTotal"] * 2, "in the order of the letters", got)
r = run("-dqc", "www.example.com")
ok(r.returncode == 3 and "ERROR: Unknown passive DNS database identifier: q." in r.stderr and
   "CIRCL" in r.stdout, "an unknown letter is said, the others go on", r.text)
r = run("-dcr", "www.example.com")
ok(r.returncode == 3 and "CIRCL" in r.stdout and "riskiq: not asked" in r.stderr,
   "one that is not configured does not stop the others", r.text)
r = run("-dcd", "a.status-500.example.com")
ok(r.returncode == 3 and "circl: failed" in r.stderr and "Traceback" not in r.stderr,
   "errors are said, and the status is not 0", r.text)
r = run("-dd", "2001:db8::9", "-t")
ok(r.returncode == 0 and "AAAA" in r.stdout and any("/rdata/ip/" in p for p in s.fake.paths()),
   "IPv6 goes to the addresses", r.text)
with open(theirs, "a") as f:
    f.write(f"[cn360]\nAPI = {s.fake.url}/cn360\nAPI_ID = id\nAPI_KEY = {fakes.KEY}\n")
r = run("-d3", "-t", "www.example.com")
ok(r.returncode == 0 and r.stdout.count("360.cn") == 2 and "192.0.2.11" in r.stdout, "-d3", r.text)
r = run("-dm", "-t", "www.example.com")
ok("Mnemonic" in r.stdout and "\t300\t" in r.stdout and r.stdout.rstrip().endswith("white"),
   "Mnemonic with its TTL and colour", r.text)
r = run("-dc", "-l", "1", "www.example.com")
ok(r.returncode == 0 and len(r.stdout.splitlines()) == 2, "-l", r.text)
s.fake.forget()
r = run("-dc", input="www.example.com\n\nwww2.example.com\n")
ok(r.returncode == 0 and len(s.fake.paths()) == 2 and len(r.stdout.splitlines()) == 7,
   "queries from stdin", r.text)
r = run("-dc", "-v", "www.example.com")
ok("Using the following databases: circl" in r.stderr and "Using" not in r.stdout,
   "-v talks on stderr only", r.text)
r = run("-dc", "--config", f"{s.home}/none", "www.example.com")
ok("Could not find config file at" in r.stderr and r.returncode == 3, "no such file", r.text)
r = run("--help")
ok(r.returncode == 0 and "--sqlite3" in r.stdout, "--help", r.text)
r = run("-Z")
ok(r.returncode == 2 and r.stdout == "", "an unknown option", r.text)
os.chmod(theirs, 0o644)
r = run("-dc", "www.example.com")
ok(r.returncode == 0 and "WARNING" in r.stderr and "chmod 600" in r.stderr,
   "keys that others can read: a loud warning", r.text)
os.chmod(theirs, 0o600)
s.fake.forget()
r = run("-dc", "printer", "10.0.0.1")
ok(r.returncode == 3 and not s.fake.paths(), "what stays at home stays", r.text)
s.fake.forget()
r = run("-dc", "-r", "2", "www.example.com")
asked = {p.rsplit("/", 1)[1] for p in s.fake.paths()}
ok(asked == {"www.example.com", "192.0.2.10", "192.0.2.11", "ns1.example.com"}, "-r 2", asked)

# ---- state ----
db = os.path.join(s.home, "st.db")
old = sqlite3.connect(db)
old.executescript("""
CREATE TABLE results (query, answer, rrtype, ttl, firstseen, lastseen, ts REAL);
CREATE TABLE queue (query, state, level INTEGER, ts REAL);
CREATE INDEX residx on results (ts); CREATE UNIQUE INDEX queue_unique on queue (query);
CREATE INDEX queue_level_idx on queue (level); CREATE INDEX queue_state_idx on queue (state);
INSERT INTO results VALUES ('old.example.com', '192.0.2.77', 'A', 0,
  '2014-07-01 00:00:00 +0000', '2014-07-31 23:59:59 +0000', 1.5);
INSERT INTO queue VALUES ('www.example.com', 'pending', 0, 1.5);
""")
old.commit()
old.close()
s.fake.forget()
r = run("-dc", "-f", db, "-r", "0")
ok(r.returncode == 0 and not s.fake.paths() and
   r.stdout.splitlines()[1].split("\t")[2:6] == ["old.example.com", "192.0.2.77", "A", "0"],
   "a state file of the original, in the right columns", r.text)
r = run("-dc", "-f", db, "-r", "1", "a'b.example.com")
ok(r.returncode == 0 and len(s.fake.paths()) == 2 and len(r.stdout.splitlines()) == 8,
   "what is pending is asked, a quote is no matter", r.text, s.fake.paths())
ok("CIRCL\t0." in r.stdout and "\t17\tyellow" in r.stdout, "sources and counts are kept", r.text)
c = sqlite3.connect(db)
states = dict(c.execute("select query, state || level from queue"))
ok(states["www.example.com"] == "queried0" and states["192.0.2.10"] == "pending1" and
   "ns1.example.com" in states, "its queue goes on", states)
ok(c.execute("select firstseen, ttl from results where answer = '192.0.2.10'").fetchone() ==
   ("2015-07-01 00:00:00 +0000", 0), "times as the original writes them")
c.close()
s.fake.forget()
r = run("-dc", "-f", db, "-r", "2")
ok(len(s.fake.paths()) >= 3 and not any("www.example.com" in p for p in s.fake.paths()),
   "the next call asks the next level", s.fake.paths())
s.fake.forget()
run("-dc", "-f", db, "-r", "2")
ok(not s.fake.paths(), "and nothing twice", s.fake.paths())

# ---- the document's own examples ----
with open(os.path.join(root, "docs", "providers.md")) as f:
    blocks = re.findall(r"```ini\n(.*?)```", f.read(), re.S)
example = os.path.join(s.home, "example.conf")
with open(example, "w") as f:
    f.write("\n".join(blocks).replace("~/.config/yore/circl.password", f"{s.home}/pw")
            .replace("credential:dnsdb", f"{s.home}/pw"))
with open(os.path.join(s.home, "pw"), "w") as f:
    f.write("x\n")
os.chmod(os.path.join(s.home, "pw"), 0o600)
os.chmod(example, 0o600)
r = s.run("config", "check", "--config", example)
ok(len(blocks) == 2 and r.returncode == 0, "the configuration in the document is right", r.text)
r = s.run("providers", "--json", "--config", example)
ok('"name":"acme"' in r.stdout and '"name":"hq"' in r.stdout, "and is what it says", r.text)

# ---- yore config ----
r = s.run("config", "init")
ok(r.returncode > 4 and "there already" in r.stderr, "init leaves a file alone", r.text)
os.unlink(s.conf)
r = s.run("config", "init")
ok(r.returncode == 0 and stat.S_IMODE(os.stat(s.conf).st_mode) == 0o600, "init: mode 0600", r.text)
with open(s.conf) as f:
    text = f.read()
ok("never-send" in text and "[provider circl]" in text and text.count("#") > 40,
   "a commented file", text)
r = s.run("config", "check")
ok(r.returncode == 0 and "nothing wrong" in r.stdout, "check: nothing wrong with it", r.text)
with open(s.conf, "a") as f:
    f.write("[provider circl]\nuser = x\n[local]\nnever-sent = own\ntlp = mauve\n")
n = len(open(s.conf).read().splitlines())
r = s.run("config", "check")
ok(r.returncode > 4 and f"yore.conf:{n - 1}: [local] never-sent: there is no such key" in r.stderr
   and f"yore.conf:{n}: [local] tlp: wants one of" in r.stderr, "check: file and line", r.text)
for text, want in (("[local]\nrewrite = 192.0.2.0/99\n", "wrong.conf:2: [local] rewrite:"),
                   ("[local]\n\nresolvers = ns1.example\n", "wrong.conf:3: [local] resolvers:"),
                   ("[who]\nasked = yes\n", "wrong.conf:2: [who] asked: retention is missing"),
                   ("[who]\nasked = perhaps\n", "wrong.conf:2: [who] asked: wants yes or no"),
                   ("[who]\nasked = yes\nretention = long\n", "wrong.conf:3: [who] retention: wants a time"),
                   ("[sensor]\nx = 1\n", "wrong.conf:2: [sensor] x: no such section"),
                   ("[local]\nzones = 300.1.1.1/8 ..\n", "wrong.conf:2: [local] zones"),
                   ("[provider circl]\nurl = ftp://x\n", "wrong.conf:2: [provider circl] url"),
                   ("[provider nobody]\nkey = x\n", "wrong.conf:2: [provider nobody]: no such provider"),
                   ("[mapping circl]\nurl = https://x\n", "wrong.conf:2: [mapping circl]: the name is taken"),
                   ("[mapping m]\nurl = https://x\nname = FETCH {url}\n", "wrong.conf:3: [mapping m] name"),
                   ("[local\n", "wrong.conf:1:"), ("[local]\nnothing here\n", "wrong.conf:2:")):
    wrong = os.path.join(s.home, "wrong.conf")
    with open(wrong, "w") as f:
        f.write(text)
    os.chmod(wrong, 0o600)
    r = s.run("config", "check", "--config", wrong)
    ok(r.returncode > 4 and want in r.stderr, f"check: {text.split(chr(10))[-2]}", r.text)
r = s.run("config", "check", "--config", f"{s.home}/none")
ok(r.returncode > 4, "check: no such file", r.text)
os.unlink(s.conf)
r = s.run("config", "import")
got = os.path.join(folder, "yore.conf.d", "imported.conf")
ok(r.returncode == 0 and stat.S_IMODE(os.stat(got).st_mode) == 0o600, "import: pdnstool's", r.text)
with open(got) as f:
    text = f.read()
ok(f"url = {s.fake.url}/circl" in text and f"key = {fakes.KEY}" in text, "what it says", text)
dnsdbq = os.path.join(s.home, ".isc-dnsdb-query.conf")
with open(dnsdbq, "w") as f:
    f.write('# mine\nAPIKEY="abc"\nexport DNSDB_SERVER=https://d.example\nCIRCL_AUTH=\'u:p\'\n')
r = s.run("config", "import", "--print", dnsdbq)
ok("[provider dnsdb]\nkey = abc\nurl = https://d.example/dnsdb/v2" in r.stdout and
   "user = u\npassword = p" in r.stdout, "import: dnsdbq's file", r.text)
os.unlink(theirs)
os.unlink(dnsdbq)
r = s.run("config", "import", "--print", env={"DNSDB_API_KEY": "fromenv"})
ok("key = fromenv" in r.stdout, "import: the environment", r.text)
r = s.run("config", "import", "--print")
ok(r.returncode == 1 and "nothing to take over" in r.stderr, "import: nothing there", r.text)
done()

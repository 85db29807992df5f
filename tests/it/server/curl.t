#!/usr/bin/env python3
"""curl, as people and scripts use it: keys, formats, lists, errors, TLS, many at once."""
import csv, io, os, shutil, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
if not shutil.which("curl"):
    print("1..0 # SKIP curl is not installed (apt-get install curl)")
    sys.exit(0)
here = folder("curl")
keys = os.path.join(here, "keys")
key = subprocess.run([yore, "key", "add", "--keys", keys, "--scope", "query,upload", "c"],
                     check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                     text=True).stdout.strip()
pair = os.path.join(here, "pair")
tls = shutil.which("openssl") is not None
if tls:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=x",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pair + ".key", "-out",
                    pair + ".crt"], stderr=subprocess.DEVNULL, check=True)
    s = Server(yore, "--upload", "--tls-cert", pair + ".crt", "--tls-key", pair + ".key", keys=keys)
    base, ca = f"https://127.0.0.1:{s.port}", ["--cacert", pair + ".crt"]
else:
    s = Server(yore, "--upload", keys=keys)
    base, ca = s.url, []


def curl(*args, data=None):
    """-> exit status, stdout, stderr"""
    r = subprocess.run(["curl", "-q", "-sS", "--noproxy", "*", "--max-time", "30", *ca,
                        *[base + a if a.startswith("/") else a for a in args]], input=data,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


header = ["-H", f"X-API-Key: {key}"]
records = "/api/v1/records?term=www.example.com"
try:
    one = segment(seed, USUAL + MANY)
    name = hashlib.sha256(one).hexdigest()
    with open(os.path.join(here, "segment"), "wb") as f:
        f.write(one)
    got = [curl(*header, "-w", "%{http_code}", "--data-binary", f"@{here}/segment",
                f"/api/v1/segments?name={name}")[1] for _ in range(2)]
    ok('"added"' in got[0] and got[0].endswith("200"), "a segment", got[0])
    ok('"known"' in got[1] or '"there"' in got[1] or '"added"' not in got[1],
       "and once more adds nothing", got[1])

    for what, auth in (("X-API-Key", header), ("-u", ["-u", f"me:{key}"]),
                       ("--oauth2-bearer", ["--oauth2-bearer", key])):
        status, out, err = curl(*auth, records)
        equal((status, len(out.splitlines())), (0, 3), f"curl with {what}")
    end = json.loads(out.splitlines()[-1])["end"]
    equal((end["status"], end["complete"]), ("found", True), "the last line tells how it ended")
    status, out, err = curl("-f", records)
    equal((status, out), (22, ""), "curl -f without a key fails")
    status, out, err = curl("-w", "%{http_code} %{content_type}", records)
    equal(out, "Error: API key missing\n401 text/plain; charset=utf-8", "one line and the status")
    status, out, err = curl(*header, "-w", "%{http_code}", "/lookup/rrset/name/nothing.example")
    equal(out, "Error: no results found for query.\n404", "DNSDB version 1: nothing")
    status, out, err = curl(*header, "-H", "Accept: text/csv", records)
    table = list(csv.reader(io.StringIO(out)))
    ok(len(table) == 3 and "rrname" in table[0], "CSV by Accept", out)
    status, out, err = curl(*header, "-H", "Accept: application/json", records)
    equal(len(json.loads(out)["records"]), 2, "one JSON document by Accept")
    for form in ("text", "xml", "yaml", "dot", "graphml", "gdf", "dnsdb"):
        status, out, err = curl(*header, "-w", "%{http_code}", f"{records}&format={form}")
        ok(status == 0 and out.endswith("200") and "www.example.com" in out, f"format={form}", out)
    status, out, err = curl(*header, "-w", "%{http_code}", f"{records}&format=nonsense")
    ok(out.startswith("Error: format") and out.endswith("400"), "a format that is none", out)
    status, out, err = curl(*header, "-I", records)
    ok(out.startswith("HTTP/1.1 200") and "ndjson" in out, "HEAD", out)
    for more in (["--http1.0"], ["--compressed"], ["--http2"], ["--path-as-is"],
                 ["-H", "Expect: 100-continue"]):
        equal(len(curl(*header, *more, records)[1].splitlines()), 3, f"curl {more[0]}")
    status, out, err = curl(*header, "-G", "--data-urlencode", "term=/^www\\./", "--data-urlencode",
                            "from=2015-07-01", "/api/v1/records")
    ok('"www.example.com"' in out, "-G --data-urlencode with a pattern", out)
    lines = "www.example.com\nnothing.example\nprinter..local\n192.0.2.10\n"
    status, out, err = curl(*header, "--data-binary", "@-", "/api/v1/records", data=lines.encode())
    got = [json.loads(x) for x in out.splitlines()]
    equal([x["status"] for x in got if "status" in x], ["found", "none", "bad", "found"],
          "a list from stdin: a status for each")
    status, out, err = curl(*header, "-H", "Content-Type: application/json", "-d",
                            json.dumps({"terms": lines.split()}), "/api/v1/records")
    equal([json.loads(x)["status"] for x in out.splitlines() if '"status"' in x and "term" in x][:4],
          ["found", "none", "bad", "found"], "the same as JSON")
    status, out, err = curl(*header, "-Z", "--parallel-max", "20",
                            "/pdns/query/h[1-200].example")
    equal(status, 0, "two hundred in parallel")
    status, out, err = curl(*header, "-X", "DELETE", "-w", "%{http_code}", records)
    ok(out.endswith("405") and out.startswith("Error:"), "DELETE", out)
    status, out, err = curl(*header, "-r", "0-10", records)
    equal((status, len(out.splitlines())), (0, 3), "a range is not cut out of an answer")
    if tls:
        ca = []
        equal(curl(*header, records)[0], 60, "a certificate that nobody vouches for")
finally:
    equal(s.stop(), 0, "the server ends well")
done()

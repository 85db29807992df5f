#!/usr/bin/env python3
"""yore import --places: in which file and packet each record was first and last seen.

usage: places.t YORE SOURCE_ROOT
"""
import ipaddress, json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok

yore, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def run(*args, **more):
    return subprocess.run([yore, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=dict(os.environ, HOME=scratch, TZ="UTC"), **more)


def records(path):
    """(octets, second) of each packet of a classic capture of microseconds, from 1 on."""
    with open(path, "rb") as f:
        data = f.read()
    order = "little" if data[:4] == b"\xd4\xc3\xb2\xa1" else "big"
    at, out = 24, [None]
    while at < len(data):
        n = int.from_bytes(data[at + 8:at + 12], order)
        out.append((data[at + 16:at + 16 + n], int.from_bytes(data[at:at + 4], order)))
        at += 16 + n
    return out


with tempfile.TemporaryDirectory() as scratch:
    whole = os.path.join(scratch, "whole.pcap")
    subprocess.run([sys.executable, os.path.join(root, "demo/story.py"), whole], check=True,
                   stdout=subprocess.DEVNULL)
    with open(whole, "rb") as f:
        octets = f.read()
    cut, at = None, 24
    for i in range(4001):  # between an answer and the next question
        cut, at = at, at + 16 + int.from_bytes(octets[at + 8:at + 12], "little")
    names = ["first.pcap", "sec\x1bond.pcap"]
    files = [os.path.join(scratch, n) for n in names]
    for path, content in zip(files, (octets[:cut], octets[:24] + octets[cut:])):
        with open(path, "wb") as f:
            f.write(content)
    both = {path: records(path) for path in files}
    db, other, bare = (os.path.join(scratch, d) for d in ("db", "other", "bare"))
    for d, list_of in ((db, [files]), (other, [files[1:], files[:1]])):
        for some in list_of:
            r = run("import", "-q", "--db", d, "--places", *some)
            ok(r.returncode == 0, "imported", r.stderr)
    r = run("import", "-q", "--db", bare, *files)
    ask = ("export", "--format", "json", "--view", "rr", "-t", "A", "--places")
    got = [json.loads(x) for x in run(*ask, "--db", db).stdout.splitlines()]
    ok(len(got) > 20 and all(set(r["first_place"]) == {"file", "packet"} and
                             set(r["last_place"]) == {"file", "packet"} for r in got),
       f"{len(got)} records, each with both places", got[:1])

    def there(r, end):
        """Is what the place names a packet of that second with the address and the name?"""
        place = r[f"{end}_place"]
        packet, second = both[place["file"]][place["packet"]]
        wire = b"".join(bytes([len(l)]) + l.encode() for l in r["rrname"].split("."))
        return second == r[f"time_{end}"] and ipaddress.ip_address(r["rdata"][0]).packed in packet \
            and wire.split(b".")[0][:4] in packet

    wrong = [(r, end) for r in got for end in ("first", "last") if not there(r, end)]
    ok(not wrong, "each place names a packet of that second with that record in it", wrong[:2])
    ok({r[f"{e}_place"]["file"] for r in got for e in ("first", "last")} == set(files),
       "places in both files")
    def places(text):
        return {(r["rrname"], r["rdata"][0], e, r[f"{e}_place"]["file"], r[f"{e}_place"]["packet"])
                for r in map(json.loads, text.splitlines()) for e in ("first", "last")}

    ok(places(run(*ask, "--db", other).stdout) == places(run(*ask, "--db", db).stdout),
       "the later file first: the same places")
    r = run("query", "--db", db, "--places", "--text", "bank-login.example", "-t", "A")
    ok(r.stdout.count("  first seen: packet ") == 4 and r.stdout.count("last seen: packet ") == 4,
       "in the table, too", r.stdout)
    ok("\x1b" not in r.stdout and "sec\\027ond.pcap" in r.stdout, "... and safe for terminals", r.stdout)
    r = run(*ask, "--db", bare)
    ok("place" not in r.stdout and r.stdout.count("\n") == len(got), "nothing of it without --places",
       r.stdout[:300])
    ok(run("export", "--db", db).stdout == run("export", "--db", bare).stdout,
       "and all else is the same with it")
    run("db", "compact", "--db", db)
    ok([json.loads(x) for x in run(*ask, "--db", db).stdout.splitlines()] == got, "and compacted, still")
done()

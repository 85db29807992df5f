#!/usr/bin/env python3
"""yore packets: every transaction about a term, from the captures the ledger names.

usage: transactions.t YORE SOURCE_ROOT
"""
import json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets
from tap import done, ok

yore = os.path.abspath(sys.argv[1])
START = 1400000000


def run(*words):
    r = subprocess.run([yore, "packets", "--db", db, *words], capture_output=True, text=True,
                       timeout=60)
    return r.returncode, r.stdout, r.stderr


def rows(*words):
    code, out, err = run("-j", *words)
    return code, [json.loads(line) for line in out.splitlines()], err


with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    db = os.path.join(scratch, "db")
    first, second = packets.everything(5), packets.Capture()
    first.write("first.pcap", START)
    second.transaction("plain.r0.test", packets.WRAPS["plain"])
    # a question without an answer, asked twice; an answer without a question
    client, port, qid = second.client()
    ask = packets.ether(packets.ip4(client, "192.0.2.53", 17,
                                    packets.udp(port, 53, packets.query(qid, "mute.test"))))
    second.add(ask, ask)
    second.add(packets.ether(packets.ip4(
        "192.0.2.53", client, 17, packets.udp(53, port + 1, packets.response(
            qid, "stray.test", [b"\xcb\0\x71\x09"])))))
    second.write("second.pcap", START + 3600)
    subprocess.run([yore, "import", "-q", "--db", db, "first.pcap", "second.pcap"], check=True)

    os.chdir("/")
    code, got, err = rows("plain.r0.test")
    ok(code == 0 and [g["answered"]["packet"] for g in got] == [2, 2]
       and [os.path.basename(g["asked"]["file"]) for g in got] == ["first.pcap", "second.pcap"],
       "a name, in every capture, from any folder", got, err)
    g = got[0]
    ok(g["rcode"] == "NOERROR" and g["qtype"] == "A" and g["server"] == "192.0.2.53"
       and g["answers"][0]["rdata"] == "192.0.2.1" and g["client"] == "client-1",
       "with server, code and answers, the client only as a number", g)
    code, got, err = rows("plain.r0.test", "--from", str(START + 3000))
    ok(len(got) == 1 and got[0]["asked"]["file"].endswith("second.pcap"),
       "only captures that overlap the time", got, err)
    code, got, err = rows("plain.r0.test", "--from", "2015-01-01")
    ok(code == 4 and got == [] and "no capture" in err, "no capture of that time", err)
    code, got, err = rows("nowhere.test")
    ok(code == 1 and got == [], "nothing about it in the captures there are", err)
    kinds = sorted(packets.WRAPS) + ["ip6", "hops", "frag4", "frag6", "vlan-frag", "tcp",
                                     "vlan-tcp"]
    code, got, err = rows("*.r3.test")
    ok(sorted(g["qname"] for g in got) == sorted(f"{k}.r3.test" for k in kinds),
       "a zone, through every kind of packet", [g["qname"] for g in got])
    times = [g["asked"]["time"] for g in got]
    ok(times == sorted(times), "in the order of their times")
    code, got, err = rows("mute.test")
    ok(len(got) == 1 and got[0]["rcode"] == "no-answer" and got[0]["asked"]["packet"] == 3,
       "a question that was never answered, once however often it was sent", got)
    code, got, err = rows("203.0.113.9")
    ok(len(got) == 1 and got[0]["qname"] == "stray.test" and "asked" not in got[0],
       "an address in an answer; an answer without its question", got)
    code, out, err = run("plain.r0.test", "--clients")
    ok(code == 2 and "--reason" in err and out == "", "who asked needs a reason", err)
    code, got, err = rows("plain.r0.test", "--clients", "--reason", "case 7")
    ok(got[0]["client"] == "10.0.0.1", "and is shown with one", got, err)
    with open(os.path.join(db, "who", "audit")) as f:
        kept = [json.loads(line) for line in f]
    ok(len(kept) == 2 and kept[0]["reason"] == "case 7" and kept[0]["terms"] == ["plain.r0.test"]
       and kept[0]["command"] == "packets"
       and os.stat(os.path.join(db, "who", "audit")).st_mode & 0o77 == 0,
       "which is kept, for its owner only", kept)
    code, out, err = run("plain.r0.test", "--arkime", "https://moloch.test/", "--from",
                         str(START), "--to", str(START + 10))
    ok(out.splitlines()[-1] == "# Arkime: https://moloch.test/sessions?expression=host.dns"
       f"%20%3D%3D%20plain.r0.test&startTime={START}&stopTime={START + 10}",
       "the same in Arkime", out)
    ok(out.splitlines()[0].split("\t")[3:6] == ["plain.r0.test", "A", "NOERROR"],
       "text: a line each, tabs between", out)
    code, out, err = run("*.test", "--limit", "3")
    ok(len(out.splitlines()) == 3 and code == 3 and "more" in err, "a limit says what it hides",
       out, err)
    os.unlink(os.path.join(scratch, "first.pcap"))
    code, got, err = rows("plain.r0.test")
    ok(code == 3 and len(got) == 1 and "first.pcap" in err,
       "a capture that is gone is named, the others are read", code, err)
    code, got, err = rows("plain.r0.test", os.path.join(scratch, "second.pcap"))
    ok(code == 0 and len(got) == 1, "files named by hand", got, err)
    second.write(os.path.join(scratch, "cut.pcap"))
    with open(os.path.join(scratch, "cut.pcap"), "r+b") as f:
        f.truncate(200)
    code, got, err = rows("plain.r0.test", os.path.join(scratch, "cut.pcap"))
    ok(code in (0, 1, 3) and len(got) == 1, "a cut file, up to the cut", code, got, err)
done()

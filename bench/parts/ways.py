#!/usr/bin/env python3
"""The ways in beside packets: dnstap from a producer on a unix socket and from a file,
and the logs and exports of other tools. Rates are of the CPU time of the whole process
(one thread reads, one writes segments) and of the wall clock; everything is committed.

usage: ways.py BUILD SCRATCH [WAY...]        figures: name, value, unit

Each log has $YORE_WAYS_LINES (500000) lines of which every one holds a record, a third of
the names anew. Whatever arrives in another number than was written ends it.
"""
import json, os, shutil, socket, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../tests/it/sense"))
import packets, taps
from sensor import Sensor

build, scratch = (os.path.abspath(a) for a in sys.argv[1:3])
wanted = sys.argv[3:]
yore = os.path.join(build, "yore")
LINES = int(os.environ.get("YORE_WAYS_LINES", "500000"))
START = 1420070400


def put(name, value, unit):
    print(f"{name}\t{value}\t{unit}", flush=True)


def name(i):
    return f"h{i % 3 and i % 50000}.z{i % (LINES // 3)}.example.com"


def addr(i):
    return f"192.0.{i >> 8 & 255}.{i & 255}"


# ---- logs ----

ZEEK = ("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
        "#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\t"
        "trans_id\trtt\tquery\tqclass\tqclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\t"
        "TC\tRD\tRA\tZ\tanswers\tTTLs\trejected\n")


def stamp(i):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + i // 100)) \
        + f".{i % 100:02}0000+0000"


LOGS = {
    "passivedns": (lambda i: f"{START + i // 100}.{i % 100:02}||10.0.0.{i % 250}||9.9.9.9||IN||"
                             f"{name(i)}.||A||{addr(i)}||60||3\n", ""),
    "passivedns-json": (lambda i: json.dumps(
        {"timestamp_s": START + i // 100, "timestamp_ms": i % 100, "client": "10.0.0.1",
         "server": "9.9.9.9", "class": "IN", "query": name(i) + ".", "type": "A",
         "answer": addr(i), "ttl": 60, "count": 3}) + "\n", ""),
    "zeek": (lambda i: f"{START + i // 100}.{i % 100:02}\tCx{i}\t10.0.0.1\t{1024 + i % 60000}\t"
                       f"9.9.9.9\t53\tudp\t{i & 65535}\t0.01\t{name(i)}\t1\tC_INTERNET\t1\tA\t0\t"
                       f"NOERROR\tF\tF\tT\tT\t0\t{addr(i)}\t60.0\tF\n", ZEEK),
    "zeek-json": (lambda i: json.dumps(
        {"ts": START + i / 100, "uid": f"Cx{i}", "id.orig_h": "10.0.0.1", "id.orig_p": 1024,
         "id.resp_h": "9.9.9.9", "id.resp_p": 53, "proto": "udp", "trans_id": i & 65535,
         "query": name(i), "qclass": 1, "qtype": 1, "qtype_name": "A", "rcode": 0,
         "rcode_name": "NOERROR", "AA": False, "TC": False, "RD": True, "RA": True,
         "answers": [addr(i)], "TTLs": [60.0], "rejected": False}) + "\n", ""),
    "suricata-v1": (lambda i: json.dumps(
        {"timestamp": stamp(i), "flow_id": i, "event_type": "dns", "src_ip": "9.9.9.9",
         "src_port": 53, "dest_ip": "10.0.0.1", "dest_port": 1024, "proto": "UDP",
         "dns": {"type": "answer", "id": i & 65535, "rcode": "NOERROR", "rrname": name(i),
                 "rrtype": "A", "ttl": 60, "rdata": addr(i)}}) + "\n", ""),
    "suricata-v2": (lambda i: json.dumps(
        {"timestamp": stamp(i), "flow_id": i, "event_type": "dns", "src_ip": "9.9.9.9",
         "src_port": 53, "dest_ip": "10.0.0.1", "dest_port": 1024, "proto": "UDP",
         "dns": {"version": 2, "type": "answer", "id": i & 65535, "flags": "8180", "qr": True,
                 "rd": True, "ra": True, "rrname": name(i), "rrtype": "A", "rcode": "NOERROR",
                 "answers": [{"rrname": name(i), "rrtype": "A", "ttl": 60,
                              "rdata": addr(i)}]}}) + "\n", ""),
    "suricata-v3": (lambda i: json.dumps(
        {"timestamp": stamp(i), "flow_id": i, "event_type": "dns", "src_ip": "9.9.9.9",
         "src_port": 53, "dest_ip": "10.0.0.1", "dest_port": 1024, "proto": "UDP",
         "dns": {"version": 3, "type": "response", "id": i & 65535, "flags": "8180",
                 "qr": True, "rd": True, "ra": True, "opcode": 0, "rcode": "NOERROR",
                 "queries": [{"rrname": name(i), "rrtype": "A"}],
                 "grouped": {"A": [addr(i)]}}}) + "\n", ""),
    "cof": (lambda i: f'{{"rrname":"{name(i)}","rrtype":"A","rdata":["{addr(i)}"],'
                      f'"time_first":{START},"time_last":{START + i},"count":3}}\n', ""),
    "dnsdb": (lambda i: f'{{"obj":{{"count":3,"time_first":{START},"time_last":{START + i},'
                        f'"rrname":"{name(i)}.","rrtype":"A","bailiwick":"example.com.",'
                        f'"rdata":["{addr(i)}"]}}}}\n', '{"cond":"begin"}\n'),
    "zone": (lambda i: f"n{i} 300 IN A {addr(i)}\n",
             "$ORIGIN example.com.\n$TTL 300\n@ IN SOA ns a 1 2 3 4 5\n"),
}


def cpu_of(args):
    """Wall and CPU seconds, and those of the thread that reads."""
    began, reader = time.monotonic(), 0.0
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL)
    pid = 0
    while pid == 0:
        try:
            with open(f"/proc/{p.pid}/task/{p.pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            reader = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
        time.sleep(0.01)
        pid, status, usage = os.wait4(p.pid, os.WNOHANG)
    if status:
        sys.exit(f"ways: {args}: failed ({status})")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, reader


def kept(db, *more):
    """Records in it, the sum of their counts."""
    r = subprocess.run([yore, "export", "--db", db, *more], capture_output=True, text=True)
    n = [json.loads(line)["count"] for line in r.stdout.splitlines()]
    return len(n), sum(n)


def log(way):
    line, head = LOGS[way]
    path, db = os.path.join(scratch, f"ways-{way}"), os.path.join(scratch, "ways-db")
    with open(path, "w") as f:
        f.write(head)
        f.writelines(line(i) for i in range(LINES))
        if way == "dnsdb":
            f.write('{"cond":"succeeded"}\n')
    shutil.rmtree(db, ignore_errors=True)
    wall, cpu, reader = cpu_of([yore, "import", "-q", "--db", db, "--no-collapse", path])
    records, counts = kept(db)
    each = 3 if way.startswith(("passivedns", "cof", "dnsdb")) else 1
    # a rotating third of the names has several lines; intervals of one merge
    want = LINES + 1 if way == "zone" else LINES
    if counts != want * each and way not in ("cof", "dnsdb"):
        sys.exit(f"ways: {way}: {counts} counted, {want * each} written")
    put(f"way_{way}_lines", int(LINES / wall), "lines/s")
    put(f"way_{way}_lines_cpu", int(LINES / cpu), "lines per CPU second, committed")
    put(f"way_{way}_lines_read", int(LINES / reader), "lines per CPU second of the reader")
    put(f"way_{way}_records", records, f"records of {want} lines")
    os.unlink(path)
    shutil.rmtree(db, ignore_errors=True)


# ---- dnstap ----

def frame(i):
    return taps.frame(packets.response(i & 65535, name(i), [socket.inet_aton(addr(i))]),
                      START + i // 1000)


def frames():
    return b"".join(frame(i) for i in range(LINES))


def dnstap_live():
    db, path = os.path.join(scratch, "ways-db"), os.path.join(scratch, "tap.sock")
    shutil.rmtree(db, ignore_errors=True)
    octets = frames()
    s = Sensor(yore, db, "--dnstap", "unix:" + path)
    if not s.ready():
        sys.exit(f"ways: {s.errors()}")
    c = taps.connect(path)
    began = time.monotonic()
    c.sendall(octets)
    taps.finish(c)
    wall = time.monotonic() - began
    counters = s.counters()
    if s.end() != 0:
        sys.exit(f"ways: {s.errors()}")
    s.close()
    records, counts = kept(db)
    if counts != LINES:
        sys.exit(f"ways: dnstap: {counts} of {LINES} kept; {counters}")
    put("way_dnstap_frames", int(LINES / wall), "frames/s from one producer")
    put("way_dnstap_records", records, f"records of {LINES} frames")
    shutil.rmtree(db, ignore_errors=True)


def dnstap_file():
    db, path = os.path.join(scratch, "ways-db"), os.path.join(scratch, "ways.fstrm")
    with open(path, "wb") as f:
        f.write(taps.START + frames() + taps.STOP)
    shutil.rmtree(db, ignore_errors=True)
    wall, cpu, _ = cpu_of([yore, "import", "-q", "--db", db, "--no-collapse", path])
    records, counts = kept(db)
    if counts != LINES:
        sys.exit(f"ways: dnstap file: {counts} of {LINES} kept")
    put("way_dnstap_file_frames", int(LINES / wall), "frames/s")
    put("way_dnstap_file_frames_cpu", int(LINES / cpu), "frames per CPU second, committed")
    os.unlink(path)
    shutil.rmtree(db, ignore_errors=True)


for way in LOGS:
    if not wanted or way in wanted:
        log(way)
for way, measure in (("dnstap", dnstap_live), ("dnstap-file", dnstap_file)):
    if not wanted or way in wanted:
        measure()

#!/usr/bin/env python3
"""The ways in beside packets: dnstap from a producer on a unix socket and from a file,
and the logs and exports of other tools. Rates are of the CPU time of the whole process
(one thread reads, one writes segments) and of the wall clock; everything is committed.

usage: ways.py BUILD SCRATCH [WAY...]        figures: name, value, unit

Each log has $YORE_WAYS_LINES (500000) lines of which every one holds a record, a third of
the names anew. Whatever arrives in another number than was written ends it.
"""
import json, os, re, shutil, socket, struct, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../tests/it/sense"))
import packets
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
    """Wall and CPU seconds, and what it said."""
    began = time.monotonic()
    p = subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
    said = p.stdout.read()
    _, status, usage = os.wait4(p.pid, 0)
    if status:
        sys.exit(f"ways: {args}: failed ({status})")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, said


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
    wall, cpu, _ = cpu_of([yore, "import", "-q", "--db", db, "--no-collapse", path])
    records, counts = kept(db)
    each = 3 if way.startswith(("passivedns", "cof", "dnsdb")) else 1
    # a rotating third of the names has several lines; intervals of one merge
    want = LINES + 1 if way == "zone" else LINES
    if counts != want * each and way not in ("cof", "dnsdb"):
        sys.exit(f"ways: {way}: {counts} counted, {want * each} written")
    put(f"way_{way}_lines", int(LINES / wall), "lines/s")
    put(f"way_{way}_lines_cpu", int(LINES / cpu), "lines per CPU second, committed")
    put(f"way_{way}_records", records, f"records of {want} lines")
    os.unlink(path)
    shutil.rmtree(db, ignore_errors=True)


# ---- dnstap ----

def varint(v):
    out = b""
    while v > 127:
        out, v = out + bytes([v & 127 | 128]), v >> 7
    return out + bytes([v])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def control(kind, content=b"protobuf:dnstap.Dnstap"):
    body = struct.pack(">I", kind)
    if content is not None:
        body += struct.pack(">II", 1, len(content)) + content
    return struct.pack(">II", 0, len(body)) + body


ACCEPT, START_FRAME, STOP, READY, FINISH = (control(1), control(2), control(3, None),
                                            control(4), control(5, None))


def frame(i):
    dns = packets.response(i & 65535, name(i), [socket.inet_aton(addr(i))])
    # RESOLVER_RESPONSE over UDP in IPv4
    message = (field(1, 4) + field(2, 1) + field(3, 1) + field(4, b"\x0a\0\0\1")
               + field(5, b"\x09\x09\x09\x09") + field(6, 4000) + field(7, 53)
               + field(12, START + i // 1000) + field(14, dns))
    m = field(14, message) + field(15, 1)
    return struct.pack(">I", len(m)) + m


def frames():
    return b"".join(frame(i) for i in range(LINES))


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def dnstap_live():
    db, path = os.path.join(scratch, "ways-db"), os.path.join(scratch, "tap.sock")
    shutil.rmtree(db, ignore_errors=True)
    octets = frames()
    s = Sensor(yore, db, "--dnstap", "unix:" + path)
    if not s.ready():
        sys.exit(f"ways: {s.errors()}")
    c = socket.socket(socket.AF_UNIX)
    c.connect(path)
    c.sendall(READY)
    c.recv(len(ACCEPT), socket.MSG_WAITALL)
    before, began = cpu_s(s.p.pid), time.monotonic()
    c.sendall(START_FRAME + octets + STOP)
    c.recv(len(FINISH), socket.MSG_WAITALL) # it has taken everything
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
        f.write(START_FRAME + frames() + STOP)
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

"""Every format, read back by an independent reader of it, with the most hostile names and
rdata that DNS can carry; all of them must tell of the same records."""
import csv
import io
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
from asking import Answers, done, ok, on_terminal, run, same, wire, yore

HOSTILE = [
    b'=cmd|calc', b'+1', b'-1', b'@sum', b'\tx', b'\rx', b'a\nb', b'"q"', b"'s'", b'a,b', b'a;b',
    b'<script>', b'&amp;', b']]>', b'--', b'\x1b[2J\x1b[31m', b'\0', b'\x7f', b'\x9b31m',
    b'\xff\xfe', b'\xe2\x80\xaeevil', b'a.b', b'a\\b', b'no', b'1e3', b'null', b'~', b'*',
    b'%s%n', b'$(id)', b'`id`', b'{}', b'\\N', b'a b', b'|', b'#', b'xn--bcher-kva',
]
A, MX, TXT, AAAA, HTTPS, ODD = 1, 15, 16, 28, 65, 65280


def make_capture(path):
    answers = Answers()
    time = 1420070400
    for i, label in enumerate(HOSTILE):
        owner = wire([label.lower(), b'example'])
        answers.add(time + i, owner, TXT, [bytes([len(label)]) + label, b'\1y'])
        answers.add(time + i, owner, A, [bytes([192, 0, 2, i])])
        answers.add(time + i, owner, MX, [struct.pack('>H', 10) + wire([label.lower(), b'mx'])])
        answers.add(time + i, owner, ODD, [b'\0\1' + label])
    long = wire([b'l' * 63] * 3 + [b'm' * 61])
    answers.add(time, long, AAAA, [bytes(15) + b'\1'])
    answers.add(time, long, TXT, [(b'\xff' + b'\x1b' * 255) * 4])
    answers.add(time, wire([b'svc', b'example']), HTTPS, [struct.pack('>H', 0) + wire([b'a<b', b'example'])])
    numbers = wire([b'192', b'0', b'2', b'200'])  # a name that looks like its address
    answers.add(time, numbers, A, [bytes([192, 0, 2, 200])])
    answers.write(path)


folder = tempfile.mkdtemp(prefix='yore-formats-')
db = os.path.join(folder, 'db')
make_capture(os.path.join(folder, 'hostile.pcap'))
status, out, err = run('import', '--db', db, '--accept', 'all', '--bailiwick', 'off',
                       os.path.join(folder, 'hostile.pcap'))
same((status, err), (0, ''), 'the capture is imported')


def export(name, *args, view='rr'):
    p = subprocess.run([yore, 'export', '--db', db, '-p', name,
                        '--view', view, *args], stdout=subprocess.PIPE, timeout=120)
    ok(p.returncode == 0, '%s: exported' % name)
    return p.stdout


def text_of(octets):
    return octets.decode('ascii')  # everything is printable ASCII


def expanded(records):
    return sorted((r['rrname'], r['rrtype'], x) for r in records for x in r['rdata'])


cof = [json.loads(line) for line in text_of(export('cof')).splitlines()]
truth = expanded(cof)
ok(len(truth) == 5 * len(HOSTILE) + 4, 'cof: all records are there', len(truth))
ok(all(re.fullmatch(r'[ -~]*', cell) for row in truth for cell in row), 'cof: printable ASCII only')

same(expanded(json.loads(export('array'))), truth, 'array: one JSON document, the same records')
same(json.loads(subprocess.run([yore, 'export', '--db', db, '-p',
                                'array', '-t', 'LOC', '-q'], stdout=subprocess.PIPE).stdout), [],
     'array: nothing is an empty document')

dnsdb = [json.loads(line) for line in text_of(export('dnsdb')).splitlines()]
ok(all(r['rrname'].endswith('.') for r in dnsdb) and len(dnsdb) == len(cof), 'dnsdb: absolute names')

octets = export('csv')
rows = list(csv.DictReader(io.StringIO(text_of(octets), newline='')))
unsafe = [c for r in rows for c in r.values() if c and c[0] in '=+-@\t\r']
same(unsafe, [], 'csv: no cell that a spreadsheet would run')
ok(octets.count(b'\r\n') == octets.count(b'\n') == len(rows) + 1, 'csv: every line ends in CRLF')
bare = sorted((r['rrname'].lstrip("'"), r['rrtype'], r['rdata'].lstrip("'")) for r in rows)
want = sorted((n.lstrip("'"), t, d.lstrip("'")) for n, t, d in truth)
same(bare, want, 'csv: the same records')

for separator in '\t', '|', ';', 'a', '##':
    lines = text_of(export('tsv', *([] if separator == '\t' else ['--separator', separator]))).splitlines()
    head = lines[0].split(separator)
    ok(all(len(line.split(separator)) == len(head) for line in lines) and len(lines) == len(rows) + 1,
       'tsv: every line has %d fields parted by %r' % (len(head), separator))

octets = export('xml', view='rrset')
with open(os.path.join(folder, 'x.xml'), 'wb') as f:
    f.write(octets)
same(subprocess.run(['xmllint', '--noout', os.path.join(folder, 'x.xml')]).returncode, 0, 'xml: xmllint agrees')
records = [{'rrname': e.findtext('rrname'), 'rrtype': e.findtext('rrtype'),
            'rdata': [x.text or '' for x in e.findall('rdata')]} for e in xml.fromstring(octets)]
same(expanded(records), truth, 'xml: the same records')

try:
    import yaml
    records = yaml.safe_load(export('yaml', view='rrset'))
    same(expanded(records), truth, 'yaml: the same records, all of them texts')
    ok(all(isinstance(r['count'], int) and isinstance(r['time_first'], str) for r in records),
       'yaml: numbers are numbers, times are texts')
except ImportError:
    ok(True, 'yaml # SKIP python3-yaml is not installed')

octets = export('dot')
if shutil.which('dot'):
    p = subprocess.run(['dot', '-Tplain'], input=octets, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    nodes = sum(line.startswith(b'node ') for line in p.stdout.splitlines())
    edges = sum(line.startswith(b'edge ') for line in p.stdout.splitlines())
    ok(p.returncode == 0 and not p.stderr, 'dot: Graphviz draws it', p.stderr)
    same(edges, len(truth), 'dot: an edge for each record')
else:
    ok(True, 'dot # SKIP graphviz is not installed')

try:
    import networkx
    with open(os.path.join(folder, 'g.graphml'), 'wb') as f:
        f.write(export('graphml'))
    g = networkx.read_graphml(os.path.join(folder, 'g.graphml'), force_multigraph=True)
    same(g.number_of_edges(), len(truth), 'graphml: an edge for each record')
    ok(not any(a == b for a, b in g.edges()), 'graphml: a name is not the address it looks like')
    owners = {g.nodes[a]['label'] for a, b in g.edges()}
    same(owners, {t[0] for t in truth}, 'graphml: their owners')
except ImportError:
    ok(True, 'graphml # SKIP python3-networkx is not installed')

lines = text_of(export('gdf')).splitlines()
split = next(i for i, line in enumerate(lines) if line.startswith('edgedef>'))
ok(lines[0].startswith('nodedef>') and len(lines) - split - 1 == len(truth), 'gdf: an edge for each record')
ok(all(len(r) == 4 for r in csv.reader(lines[1:split])), 'gdf: nodes have their four fields')
ok(all(len(r) == 8 for r in csv.reader(lines[split + 1:])), 'gdf: edges have their eight')

path = os.path.join(folder, 'h.sqlite')
with open(path, 'wb') as f:
    f.write(export('sqlite'))
sql = sqlite3.connect(path)
same(sql.execute('pragma integrity_check').fetchall(), [('ok',)], 'sqlite: sound')
same(sorted(sql.execute('select rrname, rrtype, rdata from records')), truth, 'sqlite: the same records')
same({r[0] for r in sql.execute("select name from sqlite_master where type = 'index'")},
     {'records_rrname', 'records_rdata', 'records_time_last'}, 'sqlite: indexed')
same({r[0] for r in sql.execute('select typeof(time_last) from records')}, {'integer'}, 'sqlite: times are integers')

for name in 'text', 'timeline':
    plain = export(name)
    ok(re.fullmatch(rb'[ -~\n]*', plain) is not None, '%s: nothing but printable ASCII in a pipe' % name)
    screen = on_terminal('query', '--db', db, '-p', name, '*.example', '--no-follow')
    without = re.sub(rb'\x1b\[[0-9;]*m', b'', screen).decode('utf-8')
    ok(not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]', without),
       '%s: on a terminal no control characters but our colours' % name,
       repr(re.search('.?[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e].?', without)))
    if name == 'text':
        ok('[b\u00fccher.example]' in without, 'text: U-labels in brackets, on a terminal')
ok(b'\x1b[' not in on_terminal('query', '--db', db, '*.example', NO_COLOR='1'), 'NO_COLOR is obeyed')
minimal = text_of(export('minimal')).splitlines()
ok(set(minimal) == {t[2] for t in truth}, 'minimal: every rdata')

status, out, err = run('query', '--db', db, '-p', 'sqlite', 'nothing.example', '-q')
ok(out.startswith('SQLite format 3'), 'sqlite: nothing found is an empty database')
ok(b'terminal' in on_terminal('query', '--db', db, '-p', 'sqlite', '*.example'), 'sqlite: not onto a terminal')

shutil.rmtree(folder)
done()

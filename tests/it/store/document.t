"""docs/design/store.md says enough to read a database: reader.py, which knows nothing
else, finds in the sorted files what the program says is in them."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, '..', 'query')]
from asking import done, ok, root, run, same, skip

missing = [] if shutil.which('sst_dump') else ['sst_dump (rocksdb-tools)']
try:
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import xxhash
except ImportError as e:
    missing.append(str(e))
if missing:
    print('1..0 # SKIP ' + ', '.join(missing))
    sys.exit(0)
import reader

folder = tempfile.mkdtemp(prefix='yore-document-')
db = os.path.join(folder, 'db')
pcap = os.path.join(folder, 'sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True, stdout=subprocess.DEVNULL)


def stated(**more):
    return json.dumps({'rrname': 'wide.partner.example.', 'time_first': 1420070400, 'time_last': 1430000000,
                       'count': 3, **more}) + '\n'


lines = os.path.join(folder, 'partner.ndjson')
with open(lines, 'w') as f:
    f.write(stated(rrtype='A', rdata=['198.51.100.1', '198.51.100.2']))
    f.write(stated(rrtype='AAAA', rdata=['2001:db8::1']))
    f.write(stated(rrtype='MX', rdata=['10 mx.partner.example.', '20 mx2.partner.example.']))
    f.write(stated(rrtype='SOA', rdata=['ns.partner.example. root.partner.example. 1 7200 900 1209600 300']))
    f.write(stated(rrtype='SRV', rdata=['0 5 443 target.partner.example.']))
    f.write(stated(rrtype='TXT', rdata=['"small"']))
    f.write(stated(rrtype='TXT', rdata=[' '.join('"%s"' % (chr(97 + n) * 250) for n in range(9))]))
    f.write(stated(rrtype='TYPE65280', rdata=['\\# 3 010203']))
log = os.path.join(folder, 'passivedns.log')
with open(log, 'w') as f:
    for n in range(40): # the same names on several days, at any TTL
        f.write('%d.0||192.0.2.1||198.51.100.53||IN||h%d.log.example||A||203.0.113.%d||%d||%d\n' %
                (1430000000 + n * 7000 * (n % 5), n % 8, n % 8, 60 + 97 * n % 300, 1 + n % 3))
same(run('import', '-q', '--db', db, pcap)[0], 0, 'a capture')
same(run('import', '-q', '--db', db, '--sensor', 'south', log)[0], 0, 'a log of a sensor, TTLs as they come')
same(run('import', '-q', '--db', db, '--source', 'partner', lines)[0], 0, 'intervals, odd and large records')


# ---- what the program says
def wire(rtype, text):
    if text.startswith('\\#'):
        return bytes.fromhex(''.join(text.split()[2:]))
    rd = dns.rdata.from_text(dns.rdataclass.IN, rtype, text, origin=dns.name.root, relativize=False)
    return rd.to_digestable(dns.name.root)


def said(database):
    """{(month or first, owner, type, bailiwick, source, set): figures} of the export; and
    what dnspython does not read."""
    found, unread = {}, set()
    names = [x for s in ('above', 'below', 'auth', 'zone', 'partner') for x in ('--source', s)]
    for line in run('export', '--db', database, '--view', 'month', *names)[1].splitlines():
        r = json.loads(line)
        rtype = dns.rdatatype.from_text(r['rrtype'])
        owner = reader.name_text(dns.name.from_text(r['rrname']).labels[:-1])
        zone = r.get('bailiwick')
        depth = 0xff if zone is None else 0 if zone == '.' else len(zone.rstrip('.').split('.'))
        when = r.get('month') or r['time_first']
        key = (when, owner, rtype, depth, r['source'])
        try:
            rset = tuple(sorted(wire(rtype, x) for x in r['rdata']))
        except dns.exception.DNSException:
            unread.add(key)
            continue
        found[(*key, rset)] = (r['time_first'], r['time_last'], r['count'], tuple(r.get('days', ())),
                      (r['ttl_min'], r['ttl_max']) if 'ttl_min' in r else None)
    return found, unread


def figures(s):
    return s['first'], s['last'], s['count'], tuple(sorted(s['days'])), s['ttl']


def read(database):
    """The same out of the sorted files; and all tables by shelf."""
    found, tables = {}, {}
    for shelf in sorted(glob.glob(os.path.join(database, 'y[0-9]*')) + [os.path.join(database, 'intervals')]):
        name = os.path.basename(shelf)
        if not os.path.isdir(shelf):
            continue
        tables[name] = reader.read_shelf(shelf)
        for ((owner, rtype, depth, source, rset), suffix), s in tables[name][0][b'R'].items():
            when = '%s-%02d' % (name[1:], suffix) if name != 'intervals' else suffix
            found[when, owner, rtype, depth, source, rset] = figures(s)
    return found, tables


def compare(text, database):
    (want, unread), (got, tables) = said(database), read(database)
    got = {k: v for k, v in got.items() if k[:5] not in unread}
    if unread:
        print('# %d sets that dnspython does not read are left out' % len(unread))
    odd = [k for k in set(want) | set(got) if want.get(k) != got.get(k)]
    ok(want and not odd and len(unread) * 50 < len(want), '%s: every set of every month, octet for octet' % text, len(want), len(got),
       *['%r: said %r read %r' % (k, want.get(k), got.get(k)) for k in odd[:5]])
    return tables


tables = compare('the sample', db)


# ---- D and N say the same as R
def both_ways(text, tables):
    rows = wrong = 0
    for shelf, (t, _) in tables.items():
        want = {}
        for ((owner, rtype, depth, source, rset), suffix), s in t[b'R'].items():
            for rd in rset:
                k = (owner, rtype, source, rd, suffix)
                want[k] = reader.merged(want[k], s) if k in want else s
        left = set(want)
        for ((kind, head, owner, rtype, source, rd), suffix), s in t[b'D'].items():
            if not rd:
                rd = head[1] if kind == b'r' else head if isinstance(head, bytes) else \
                    b''.join(bytes([len(x)]) + x for x in head) + b'\0'
            k = (owner, rtype, source, rd, suffix)
            rows += 1
            left.discard(k)
            # a record stands once in an answer that brings it in two sets, so counts may be less
            wrong += k not in want or figures(want[k])[:2] != figures(s)[:2] or \
                want[k]['days'] != s['days'] or want[k]['ttl'] != s['ttl'] or s['count'] > want[k]['count']
        names = {}
        for ((owner, *_), _), s in t[b'R'].items():
            names[owner] = reader.merged(names[owner], s) if owner in names else s
        got = {what[0]: (s['first'], s['last']) for (what, _), s in t[b'N'].items()}
        wrong += got != {k: (s['first'], s['last']) for k, s in names.items()}
        wrong += len(left)
    ok(rows and not wrong, '%s: records by what is in them, and names, say the same' % text, rows, wrong)


both_ways('the sample', tables)
ok(any(t[b'B'] for t, _ in tables.values()), 'servers are there')
large = [k for k in tables['intervals'][0][b'D'] if k[0][0] == b'r' and isinstance(k[0][1][1], tuple)]
same(len(large), 1, 'a large record stands behind its digest')

# ---- the ledger
entries = [reader.ledger_entry(v) for _, ledger in tables.values() for v in ledger.values()]
same({(e['name'], e['kind']) for e in entries}, {(os.path.realpath(pcap), 'pcap'), (os.path.realpath(lines), 'cof'),
      (os.path.realpath(log), 'passivedns')},
     'the ledger names the inputs')
packets = next(r for r in map(json.loads, run('coverage', '--db', db, '--json')[1].splitlines())
               if r.get('input', '').endswith('.pcap'))
mine = [e for e in entries if e['name'] == packets['input']]
same((min(e['first_us'] for e in mine) // 1000000, max(e['last_us'] for e in mine) // 1000000),
     (packets['first'], packets['last']), 'and from when to when they are')

# ---- a segment that waits
other = os.path.join(folder, 'other')
run('import', '-q', '--db', other, pcap, env={**os.environ, 'YORE_CRASH_AT': 'segment-renamed'})
waiting = sorted(glob.glob(os.path.join(other, 'incoming', '*', 'header')))
ok(waiting, 'a segment waits', os.listdir(os.path.join(other, 'incoming')))
for path in waiting:
    with open(path, 'rb') as f:
        h = reader.segment_header(f.read())
    file = os.path.join(os.path.dirname(path), 'rows.sst')
    with open(file, 'rb') as f:
        data = f.read()
    rows = list(reader.sorted_file(file))
    ok(h['magic'] == b'YORESEG' and h['sound'], 'its header: the hash is right')
    same(os.path.basename(os.path.dirname(path)),
         '%s-%s-%010d' % (h['shelf'], h['origin'].hex(), h['sequence']), 'the folder is called as it says')
    same((len(data), reader.hash_of_rows(data, h['hole'])), (h['octets'], h['hash']), 'so are its octets and their hash')
    same(sum(k[:1] != b'L' for k, _, _ in rows), h['rows'], 'and its rows')
    same([k for k, _, _ in rows], sorted(k for k, _, _ in rows), 'in the order of keys')
    same([(k, v) for k, _, v in rows if k[:1] == b'L' and k[17] == 1], sorted(h['inputs']), 'and the ledger it brings')
run('import', '-q', '--db', other, pcap)
compare('taken in later', other)

# ---- real captures, many types
corpus = os.environ.get('YORE_CORPUS') or os.path.join(root, '..', 'shared', 'corpus')
captures = sorted(p for e in ('pcap', 'pcapng', 'cap') for p in glob.glob(os.path.join(corpus, '**', '*.' + e),
                                                                          recursive=True)
                  if os.path.getsize(p) < 1 << 20)[::1 if os.environ.get('YORE_LONG') else 4]
if not captures:
    skip('the captures of the corpus', 'there is no corpus')
else:
    third = os.path.join(folder, 'third')
    for n in range(0, len(captures), 40): # several commits, so that rows lie in several files
        run('import', '-q', '--accept', 'all', '--db', third, *captures[n:n + 40], timeout=300)
    both_ways('%d captures' % len(captures), compare('%d captures' % len(captures), third))

shutil.rmtree(folder, ignore_errors=True)
done()

"""Patterns that end in $ find what they find without the index's help: by rdata whatever the
type, and wherever its text is cut; by owner but for dots inside labels, as docs/query.md says."""
import json
import os
import re
import shutil
import tempfile

import sys
sys.dont_write_bytecode = True
from asking import done, ok, run, same

folder = tempfile.mkdtemp(prefix='yore-pattern-')
db = os.path.join(folder, 'db')
RECORDS = [
    ('a.example', 'A', '198.51.100.77'),
    ('aaaa.example', 'AAAA', '2001:db8::77'),
    ('mapped.example', 'AAAA', '::ffff:198.51.100.78'),
    ('a6.example', 'A6', '64 ::1 prefix.example.net.'),
    ('amtrelay.example', 'AMTRELAY', '10 0 1 192.0.2.9'),
    ('cname.example', 'CNAME', 'www.example.com.'),
    ('hip.example', 'HIP', '2 200100107b1a74df365639cc39f1d578 AwEAAbdx rvs.example.com. rvs2.example.org.'),
    ('https.example', 'HTTPS', '1 . ipv4hint=192.0.2.7,192.0.2.8'),
    ('ipseckey.example', 'IPSECKEY', '10 1 2 192.0.2.38'),
    ('l32.example', 'L32', '10 10.1.2.77'),
    ('loc.example', 'LOC', '42 21 54.000 N 71 6 18.000 W -24.25m 30m 10000m 10m'),
    ('mx.example', 'MX', '10 mail.example.com.'),
    ('number.example', 'NS', 'ns.10.77.'),
    ('soa.example', 'SOA', 'ns.example.com. root.example.com. 1 2 3 4 5'),
    ('svcb.example', 'SVCB', '1 svc.example.net.'),
    ('talink.example', 'TALINK', 'a.example.com. b.example.org.'),
    ('txt.example', 'TXT', '"see www.example.com"'),
    ('uri.example', 'URI', '10 1 "ftp:ftp.example.com"'),
]
data = ''.join(json.dumps({'rrname': name, 'rrtype': kind, 'rdata': [text], 'time_first': 1435708800,
                           'time_last': 1435808800, 'count': 3}) + '\n' for name, kind, text in RECORDS)
status, out, err = run('import', '-q', '--db', db, '--format', 'cof', '--source', 'x', '-', input=data.encode())
same((status, err), (0, ''), 'import')
records = [json.loads(line) for line in run('export', '--db', db, '--json')[1].splitlines()]
same(len(records), len(RECORDS), 'every record is there')

ends = sorted({text.rstrip('.')[i:] for r in records for text in r['rdata'] for i in range(len(text) - 1)})
found = {}
for tail in ('$', '()$'):  # the second one shows nothing of how a text must end
    terms, said = os.path.join(folder, 'list'), os.path.join(folder, 'status')
    with open(terms, 'w') as f:
        f.write(''.join('/%s%s/\n' % (re.escape(end), tail) for end in ends))
    status, out, err = run('query', '--db', db, '--no-follow', '--both', '-f', terms, '--status', said)
    same((status, err), (0, ''), '%d ends of texts are asked for' % len(ends))
    found[tail] = [line.split('\t')[:2] for line in open(said)]
missed = [(end, ours, theirs) for end, ours, theirs in zip(ends, found['$'], found['()$']) if ours != theirs]
same(missed, [], 'a pattern that ends in $ finds all that ends so')
ok(all(what == 'found' for what, count in found['()$']), 'and each finds something')
for term in ('?98.51.100.77', '*51.100.77', '*b.example.org', '* b.example.org'):
    ok(run('query', '--db', db, '-n', term, '--minimal')[1].count('\n') == 1, 'the same with a glob: ' + term)
dotted = {'rrname': 'a.b\\.c.example.com', 'rrtype': 'A', 'rdata': ['192.0.2.1'], 'time_first': 1435708800,
          'time_last': 1435808800, 'count': 3}
run('import', '-q', '--db', db, '--format', 'cof', '--source', 'x', '-', input=json.dumps(dotted).encode() + b'\n')
same([run('query', '--db', db, '--minimal', '/\\.b\\.c\\.example\\.com%s/' % tail)[0:2] for tail in ('()$', '')],
     [(0, '192.0.2.1\n')] * 2, 'dots inside labels are found where the pattern shows no zone')

shutil.rmtree(folder)
done()

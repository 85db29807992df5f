#!/usr/bin/env python3
"""An investigation that also asks a provider: what it adds, what must never leave, and
what its silence and its failures mean."""
import csv
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from tap import done, ok

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
history = os.path.join(os.path.dirname(yore), 'tests', 'it', 'investigate', 'history')
tmp = tempfile.mkdtemp(prefix='yore-outside-')


def path(*parts):
    return os.path.join(tmp, *parts)


JUNE, SEPTEMBER = 1434758400, 1441065600
RECORDS = [('target-op.com', 'A', '198.51.100.91', JUNE, SEPTEMBER),
           ('busy-op.com', 'A', '198.51.100.92', JUNE, SEPTEMBER)]
RECORDS += [('shop%d-store.com' % i, 'A', '198.51.100.92', JUNE - 40000000, SEPTEMBER)
            for i in range(20)]


class Lab(http.server.BaseHTTPRequestHandler):
    asked, status = [], 200

    def do_GET(self):
        term = urllib.parse.unquote(self.path.rsplit('/', 1)[1])
        Lab.asked.append(term)
        body = ''.join(json.dumps({'rrname': o, 'rrtype': t, 'rdata': d, 'time_first': a,
                                   'time_last': b, 'count': 3}) + '\n'
                       for o, t, d, a, b in RECORDS if term in (o, d)).encode()
        self.send_response(Lab.status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *a):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Lab)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.makedirs(path('.config', 'yore'))
with open(path('.config', 'yore', 'yore.conf'), 'w') as f:
    f.write('[provider lab]\ntype = cof\nurl = http://127.0.0.1:%d/cof\nplain-http = yes\n'
            'gap = 0s\n\n[local]\nzones = our-company.com\n' % server.server_port)
os.chmod(path('.config', 'yore', 'yore.conf'), 0o600)
env = {k: v for k, v in os.environ.items() if not k.startswith(('YORE_', 'XDG_'))
       and not k.lower().endswith('_proxy')}
env.update(HOME=tmp, TZ='UTC')
subprocess.run([history, path('db')], text=True, check=True, timeout=60, input='''
watch edge 2015-01-01 2015-12-31
seen target-op.com A below 2015-07-02 2015-07-19 1 300 198.51.100.91
seen busy-op.com A below 2015-07-02 2015-07-19 1 300 198.51.100.92
''')
with open(path('report.txt'), 'w') as f:
    f.write('target-op[.]com\nbusy-op[.]com\nfiles01.corp.internal\nwww.our-company.com\n'
            '10.1.2.3\n')


def run(*more, case='case'):
    return subprocess.run([yore, 'investigate', '--db', path('db'), '--from', '2015-07-01', '--to',
                           '2015-07-31', '--case', case, *more, 'report.txt'], timeout=60,
                          capture_output=True, text=True, cwd=tmp, env=env)


def verdicts(case='case'):
    with open(path(case, 'addresses.csv'), newline='') as f:
        return {r['name']: (r['verdict'], r['whose']) for r in csv.DictReader(f)}


out = run(case='local')
ok(not Lab.asked, 'nothing leaves when nobody is named', Lab.asked)
ok(verdicts('local')['target-op.com'] == ('REVIEW', 'unknown'), 'a local history proves nothing',
   verdicts('local'))
out = run('--with', 'lab', '--dry-run', case='dry')
ok(not Lab.asked and 'target-op.com' in out.stdout and 'internal' not in out.stdout,
   '--dry-run says what would leave', out.stdout, out.stderr)
out = run('--with', 'lab')
got = verdicts()
ok(got['target-op.com'] == ('HUNT', 'dedicated'), 'a wide answer makes it dedicated', got,
   out.stdout, out.stderr)
ok(got['busy-op.com'] == ('SKIP', 'shared'), 'or shared', got)
ok('198.51.100.91' in Lab.asked, 'addresses that were found are asked for', Lab.asked)
ok(not [t for t in Lab.asked if 'internal' in t or 'our-company' in t or t.startswith('10.')],
   'meant to fool: an internal name, our own and private addresses never leave', Lab.asked)
ok('lab (' in out.stdout, 'who was asked is said', out.stdout)
ok(json.load(open(path('case', 'manifest.json')))['asked'] == 'the local store, lab',
   'also in the manifest')
Lab.asked.clear()
replay = subprocess.run([yore, 'investigate', '--replay', 'case'], capture_output=True, text=True,
                        timeout=60, cwd=tmp, env=env)
ok('the same to the last byte' in replay.stderr and not Lab.asked, 'a replay asks nobody',
   replay.stderr, Lab.asked)
Lab.status = 500
out = run('--with', 'lab', case='broken')
ok(out.returncode == 3, 'a provider that fails makes it incomplete', out.returncode, out.stdout,
   out.stderr)
ok(verdicts('broken')['target-op.com'] == ('REVIEW', 'unknown'),
   'and its silence proves nothing', verdicts('broken'))

# ---- one address: yore shared --with; and pivot over what was kept
Lab.status = 200


def ask(*words):
    Lab.asked.clear()
    return subprocess.run([yore, *words, '--db', path('db')], capture_output=True, text=True, timeout=60, cwd=tmp,
                          env=env)


SUMMER = ['--from', '2015-06-01', '--to', '2015-08-31']
out = ask('shared', '198.51.100.91', *SUMMER)
ok(not Lab.asked and '198.51.100.91 is unknown' in out.stderr, 'shared: nobody is asked unless told so', out.stderr)
out = ask('shared', '198.51.100.91', *SUMMER, '--with', 'lab')
ok(Lab.asked == ['198.51.100.91'] and '198.51.100.91 is dedicated' in out.stderr and out.returncode == 0,
   'shared --with: a wide answer makes it dedicated', out.stdout, out.stderr)
out = ask('shared', '198.51.100.92', *SUMMER, '--with', 'lab', '--json')
rows = [json.loads(x) for x in out.stdout.splitlines()]
ok('198.51.100.92 is shared' in out.stderr and {'lab', 'below'} <= {r['source'] for r in rows} and len(rows) > 20,
   'or shared, with its domains', out.stdout[:300], out.stderr)
out = ask('shared', '198.51.100.91', *SUMMER, '--with', 'lab', '--dry-run')
ok(not Lab.asked and '198.51.100.91' in out.stdout, '--dry-run says what would leave', out.stdout, out.stderr)
out = ask('shared', '10.1.2.3', '--with', 'lab')
ok(not Lab.asked, 'a private address never leaves', Lab.asked, out.stderr)
out = ask('shared', '198.51.100.91', '--keep')
ok(out.returncode == 2 and '--with' in out.stderr, '--keep without --with: 2', out.stderr)
Lab.status = 500
out = ask('shared', '198.51.100.91', *SUMMER, '--with', 'lab')
ok(out.returncode == 3 and 'is unknown' in out.stderr, 'a provider that fails: 3, and nothing is concluded', out.stderr)
Lab.status = 200
out = ask('pivot', 'busy-op.com', '--via', 'addr')
ok('shop' not in out.stdout, 'pivot: what is not in the history is not found', out.stdout)
out = ask('query', 'busy-op.com', '--with', 'lab', '--recurse', '1', '--keep')
ok('198.51.100.92' in Lab.asked, 'query --with --recurse 1 --keep asks on', Lab.asked, out.stderr)
out = ask('pivot', 'busy-op.com', '--via', 'addr')
ok('shop7-store.com' in out.stdout and not Lab.asked, 'then pivot goes through what was kept', out.stdout, out.stderr)

# ---- thresholds of nothing
for name in ('dedicated-at', 'shared-at', 'young', 'names-at', 'flux-ttl'):
    out = subprocess.run([yore, 'investigate', 'report.txt', '--db', path('db'), '--' + name, '0'], capture_output=True,
                         text=True, timeout=60, cwd=tmp, env=env)
    ok(out.returncode == 2 and f'--{name} takes' in out.stderr and 'more than 0' in out.stderr, f'--{name} 0 is refused',
       out.stderr)
server.shutdown()
shutil.rmtree(tmp)
done()

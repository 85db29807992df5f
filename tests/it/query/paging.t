"""Pages by cursor while the history changes under them; counting and estimating first."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
from asking import done, ok, run, same, yore

folder = tempfile.mkdtemp(prefix='yore-paging-')
db = os.path.join(folder, 'db')


def lines(name, hosts, when, count=1):
    """Sightings (passivedns' log) of so many hosts, a few addresses each."""
    path = os.path.join(folder, name)
    with open(path, 'w') as f:
        for n in hosts:
            for k in range(1 + n % 3):
                f.write(f'{when + n}.000000||192.0.2.1||198.51.100.53||IN||h{n:05}.pages.example.||A||'
                        f'203.0.{n % 7}.{k + n % 200}||300||{count}\n')
    return path


HOSTS = 1200
run('import', '-q', '--db', db, lines('begin', range(0, HOSTS, 2), 1430000000))
run('import', '-q', '--db', db, lines('begin2', range(0, HOSTS, 6), 1490000000))


def page(size, *question, cursor='start'):
    status, out, err = run('query', '--db', db, '--json', '--limit', str(size), '--cursor', cursor, *question)
    more = re.search(r'there is more: --cursor ([0-9a-f]+)$', err.strip())
    return status, out.splitlines(), more and more.group(1), err


def key(line):
    o = json.loads(line)
    return (o['rrname'], o['rrtype'], json.dumps(o['rdata']), o.get('source'), o.get('month', ''))


questions = {'sets of a zone': ('*.pages.example',),
             'single records of a zone': ('*.pages.example', '--view', 'rr'),
             'rows of each month': ('*.pages.example', '--view', 'month'),
             'an address prefix': ('203.0.0.0/16',),
             'names of a pattern': ('/^h0[0-9]+[05]\\.pages/',),
             'both sides': ('203.0.3.0/24', 'h00*', '--both')}
before = {}
for what, question in questions.items():
    before[what] = run('query', '--db', db, '--json', '--sort', 'none', *question)[1].splitlines()
    got, cursor = [], 'start'
    while cursor:
        status, rows, cursor, err = page(97, *question, cursor=cursor)
        got += rows
    same(got, before[what], f'{what}: pages are the answer ({len(got)} rows)')

# ---- while others write
stop = threading.Event()
failures = []


def keep_writing():
    turn = 0
    while not stop.is_set():
        turn += 1
        path = lines(f'more{turn}', range(turn % 2, HOSTS + turn, 3), 1430000000 + 86400 * 40 * turn)
        for args in (('import', '-q', path), ('db', 'compact')):
            p = subprocess.run([yore, *args, '--db', db], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if p.returncode != 0:
                failures.append(p.stdout)


writer = threading.Thread(target=keep_writing)
writer.start()
answers = {}
for what, question in questions.items():
    got, cursor = [], 'start'
    while cursor:
        status, rows, cursor, err = page(173, *question, cursor=cursor)
        got += [key(x) for x in rows]
    answers[what] = got
stop.set()
writer.join()
same(failures, [], 'meanwhile, imports and compaction')
for what, question in questions.items():
    got, old = answers[what], [key(x) for x in before[what]]
    ok(len(got) == len(set(got)), f'{what}: nothing twice')
    kept = set(old)
    same([x for x in got if x in kept], old, f'{what}: what was there, once and in order')
after = run('query', '--db', db, '--json', '--sort', 'none', '*.pages.example')[1].splitlines()
ok(len(after) > len(before['sets of a zone']), 'and more has come')

# ---- the same over HTTP, with a server that goes away between pages
def serve():
    p = subprocess.Popen([yore, 'serve', '--db', db, '--listen', '127.0.0.1:0'], stderr=subprocess.PIPE, text=True)
    return p, p.stderr.readline().split()[2]


def fetch(place, **params):
    with urllib.request.urlopen(place + '/api/v1/records?' + urllib.parse.urlencode(params), timeout=60) as reply:
        lines_ = reply.read().decode().splitlines()
    return lines_[:-1], json.loads(lines_[-1])['end']


old = run('query', '--db', db, '--json', '--sort', 'none', '*.pages.example')[1].splitlines()
got, cursor, turn = [], '', 0
server, place = serve()
while True:
    rows, end = fetch(place, term='*.pages.example', limit=HOSTS // 5, **({'cursor': cursor} if cursor else {}))
    got += [key(x) for x in rows]
    cursor, turn = end.get('cursor'), turn + 1
    if not cursor:
        break
    path = lines(f'http{turn}', range(turn % 2, HOSTS, 3), 1600000000 + 86400 * 40 * turn)
    quiet = run('import', '-q', '--db', db, path)[0] or (run('db', 'compact', '--db', db)[0] if turn % 2 else 0)
    if quiet:
        failures.append(path)
    if turn % 3 == 2:
        server.terminate()
        server.wait(20)
        server, place = serve()
same(failures, [], 'HTTP: between pages, imports and compaction')
kept = {key(x) for x in old}
ok(turn > 5 and len(got) == len(set(got)), f'HTTP: nothing twice in {turn} pages')
same([x for x in got if x in kept], [key(x) for x in old], 'HTTP: what was there, once and in order')
offset, paged = 0, []
while True:
    rows, end = fetch(place, term='*.pages.example', limit=280, offset=offset)
    paged += rows
    offset += 280
    if not end['limited']:
        break
same(paged, run('query', '--db', db, '--json', '--sort', 'none', '*.pages.example')[1].splitlines(), 'HTTP: by offset')
rows, end = fetch(place, term='*.pages.example', sort='-count', limit=5)
ok('sorted' not in end, 'HTTP: a sort that was done is not spoken of', end)
texts = os.path.join(folder, 'texts.ndjson')
with open(texts, 'w') as f:
    for n in range(1300):
        piece = '"' + 'x' * 250 + '"'
        f.write(json.dumps({'rrname': f't{n}.texts.example.', 'rrtype': 'TXT', 'rdata': [' '.join([piece] * 240)],
                            'time_first': 1430000000, 'time_last': 1430000000 + n, 'count': 1}) + '\n')
same(run('import', '-q', '--db', db, '--source', 'texts', texts)[0], 0, 'more than can be sorted')
rows, end = fetch(place, term='*.texts.example', sort='-last', limit=0)
ok(len(rows) == 1300 and end.get('sorted') is False, 'HTTP: the last line says that the order is that of storage', end)
rows, end = fetch(place, term='*.texts.example', sort='-last', limit=3)
ok([json.loads(x)['rrname'] for x in rows] == [f't{n}.texts.example' for n in (1299, 1298, 1297)] and 'sorted' not in end,
   'HTTP: with a limit the best are found', end)
server.terminate()
server.wait(20)

# ---- large rows: the cursors behind them stay short
large = os.path.join(folder, 'large')
SIZES = {'TXT': [' '.join(['"' + 'x' * n + '"'] * k) for n, k in ((250, 4), (255, 250))], 'A': ['192.0.2.1'],
         'AAAA': [f'2001:db8::{k:x}' for k in range(250)]}
with open(large + '.ndjson', 'w') as f:
    for k, (kind, rdata) in enumerate((('A', SIZES['A']), ('TXT', SIZES['TXT'][:1]), ('AAAA', SIZES['AAAA']),
                                       ('TXT', SIZES['TXT'][1:]), ('TXT', SIZES['TXT']), ('A', SIZES['A']))):
        f.write(json.dumps({'rrname': f'{"abcdef"[k]}.large.example.', 'rrtype': kind, 'rdata': rdata,
                            'time_first': 1430000000, 'time_last': 1430000900, 'count': 1}) + '\n')
same(run('import', '-q', '--db', large, '--source', 'large', large + '.ndjson')[0], 0, 'large rows')
for question in (['*.large.example'], ['*.large.example', '--view', 'rr'], ['/large/'], ['-n', '/xxx/'],
                 ['-n', '/xxx/', '--view', 'rrset']):
    whole = run('query', '--db', large, '--json', '--sort', 'none', *question)[1].splitlines()
    got, cursor, longest = [], 'start', 0
    while cursor and len(got) <= len(whole):
        out, err = run('query', '--db', large, '--json', '--limit', '1', '--cursor', cursor, *question)[1:]
        got += out.splitlines()
        more = re.search(r'--cursor ([0-9a-f]+)\n', err)
        cursor = more and more.group(1)
        longest = max(longest, len(cursor or ''))
    ok(got == whole and len(got) > 1 and 0 < longest < 1600, f'{" ".join(question)}: one by one, large rows or not',
       len(got), len(whole), longest, err[:200])
server = subprocess.Popen([yore, 'serve', '--db', large, '--listen', '127.0.0.1:0'], stderr=subprocess.PIPE, text=True)
place = server.stderr.readline().split()[2]
got, cursor = [], ''
while True:
    rows, end = fetch(place, term='*.large.example', limit=1, **({'cursor': cursor} if cursor else {}))
    got += [json.loads(x)['rrname'][0] for x in rows]
    cursor = end.get('cursor')
    if not cursor:
        break
same(''.join(got), 'abcdef', 'HTTP: large rows one by one')

# ---- nothing behind an offset or a cursor is not nothing
one = ('a.large.example', '--db', large)
for args, said in ((('--offset', '1'), '1 found for a.large.example, nothing behind --offset 1'),
                   (('--offset', '7', '--limit', '3'), '1 found for a.large.example, nothing behind --offset 7'),
                   (('--offset', '1', '--sort', 'last'), '1 found for a.large.example, nothing behind --offset 1')):
    status, out, err = run('query', *one, *args)
    ok(status == 0 and not out and err == f'yore query: {said}\n', f'{" ".join(args)}: {said}', status, out, err)
same(run('query', '-q', *one, '--offset', '1'), (0, '', ''), '--quiet: nothing is said')
same(run('query', *one, '--offset', '1', '--count')[:2], (0, '0\n'), '--count of what is behind')
same(run('query', 'x.large.example', '--db', large, '--offset', '1')[0], 4, 'what is not there is not there')
two = ('b.large.example', 'a.large.example', '--db', large)
cursor = re.search('--cursor ([0-9a-f]+)', run('query', *two, '--limit', '1', '--cursor', 'start')[2]).group(1)
same(run('db', 'erase', '--db', large, 'a.large.example')[0], 0, 'erased')
status, out, err = run('query', *two, '--limit', '1', '--cursor', cursor)
ok(status == 0 and not out and 'nothing is behind this cursor' in err, 'what was behind a cursor is gone', status, err)
rows, end = fetch(place, term='c.large.example', offset=1)
ok(rows == [] and end['status'] == 'found' and end['records'] == 0, 'HTTP: nothing behind an offset', end)
rows, end = fetch(place, term='x.large.example', offset=1)
ok(rows == [] and end['status'] == 'unwatched', 'HTTP: and nothing', end)
with urllib.request.urlopen(place + '/lookup/rrset/name/c.large.example?offset=1', timeout=60) as reply:
    same((reply.status, reply.read()), (200, b''), 'DNSDB version 1: nothing behind an offset is no 404')
server.terminate()
server.wait(20)

# ---- what cannot be asked
status, rows, cursor, err = page(5, '*.pages.example')
same((status, len(rows)), (0, 5), 'a page')
for args in (['*.pages.example', '--sort', 'last'], ['*.pages.example', '--offset', '3'],
             ['*.pages.example', '--follow'], ['*.pages.example', '-S'], ['pages.example'],
             ['*.pages.example', '--view', 'month']):
    status, out, err = run('query', '--db', db, '--limit', '5', '--cursor', cursor, *args)
    ok(status == 2 and err.count('\n') <= 2 and not out, f'a cursor with {" ".join(args)}: 2', status, err)
for wrong in (cursor[:-1], cursor[:-2], cursor[:-2] + '00', 'x', '', '00'):
    status, out, err = run('query', '--db', db, '--limit', '5', '--cursor', wrong, '*.pages.example')
    ok(status == 2 and 'none of ours' in err or wrong == '' and status == 0, f'no cursor of ours: {wrong[-8:]}', status, err)
same(run('query', '--db', db, '--cursor', 'start', '*.pages.example')[0], 2, 'a page has a size')
status, out, err = run('query', '-q', '--db', db, '--limit', '5', '--cursor', cursor, '*.pages.example')
ok('--cursor' in err, 'the next cursor is said also with --quiet', err)
status, out, err = run('export', '--db', db, '--limit', '9', '--cursor', 'start')
ok(status == 0 and len(out.splitlines()) == 9 and '--cursor' in err, 'export pages, too', err)

# ---- how many, how much
for question in questions.values():
    n = len(run('query', '--db', db, '--json', *question)[1].splitlines())
    same(run('query', '--db', db, '--count', *question)[:2], (0, f'{n}\n'), f'--count {" ".join(question)}')
status, out, err = run('query', '--db', db, '--count', 'never.example')
ok(status in (1, 4) and out == '0\n', '--count of nothing: 0, and what that means')
ok('nothing found' in err, 'is said', err)
rows = len(run('query', '--db', db, '--json', '--view', 'month', '*.pages.example')[1].splitlines())
status, out, err = run('query', '--db', db, '--estimate', '*.pages.example')
about = re.match(r'about (\d+) rows, (\d+) KiB on disk, (\d+) shelves\n$', out)
ok(status == 0 and about and rows / 2 < int(about.group(1)) < rows * 2, f'--estimate: {rows} rows are about that', out, err)
status, out, err = run('query', '--db', db, '--estimate', '/^h0/')
ok(status == 0 and re.match(r'about \d+ names and those that match, ', out), '--estimate of a pattern', out, err)
same(run('query', '--db', db, '--estimate', 'nothing.such')[1].split(',')[0], 'about 0 rows', '--estimate of nothing')
same(run('query', '--db', db, '--estimate', '--count', 'x.y')[0], 2, 'one of both')

# ---- the best of many
whole = run('query', '--db', db, '--json', '--sort', '-count,name', '*.pages.example')[1].splitlines()
same(run('query', '--db', db, '--json', '--sort', '-count,name', '--limit', '20', '*.pages.example')[1].splitlines(),
     whole[:20], '--sort with --limit: the best')

shutil.rmtree(folder)
done()

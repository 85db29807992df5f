"""Stages, merging, erasing and expiry of rows, as an operator calls them."""
import fcntl
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, root, run, same, yore

folder = tempfile.mkdtemp(prefix='yore-life-')
db, other = os.path.join(folder, 'db'), os.path.join(folder, 'other')
pcap = os.path.join(folder, 'sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True,
               stdout=subprocess.DEVNULL)
lines = os.path.join(folder, 'more.ndjson')
with open(lines, 'w') as f:
    for n in range(50):
        f.write(json.dumps({'rrname': f'h{n}.partner.example.', 'rrtype': 'A', 'rdata': [f'198.51.100.{n}'],
                            'time_first': 1420070400 + n, 'time_last': 1430000000, 'count': 3}) + '\n')


def export(*where):
    return run('export', *where, '--view', 'month')[1]


run('import', '-q', '--db', db, pcap)
history = export('--db', db)
ok(history, 'a history')

# ---- stages
status, out, err = run('import', '-q', '--db', db, '--stage', 'try-1', '--source', 'partner', lines)
same((status, err), (0, ''), 'an import into a stage')
same(export('--db', db), history, 'is not in the history')
staged = export('--db', db, '--stage', 'try-1')
ok(len(staged.splitlines()) == 50, 'but in the stage')
same(run('import', '-q', '--db', db, '--stage', '../x', pcap)[0], 2, 'a path is no stage')
same(run('db', 'promote', '--db', db, 'nothing')[0], 6, 'no such stage')
status, out, err = run('db', 'promote', '--db', db, 'try-1')
same((status, out, err), (0, 'intervals\n', ''), 'promoted')
both = export('--db', db)
same(sorted(both.splitlines()), sorted(history.splitlines() + staged.splitlines()), 'now both are one')
ok(not os.path.exists(os.path.join(db, 'stage', 'try-1')), 'and the stage is gone')
same(os.listdir(os.path.join(db, 'incoming')), [], 'wholly')
run('import', '-q', '--db', db, '--source', 'partner', lines)
same(export('--db', db), both, 'what was promoted is known: importing it again adds nothing')
run('import', '-q', '--db', db, '--stage', 'wrong', pcap)
status, out, err = run('db', 'drop', '--db', db, 'wrong')
same((status, err), (0, ''), 'a wrong one is dropped')
same(export('--db', db), both, 'and nothing of it was ever there')

# a stage that somebody writes to
waiting = os.path.join(folder, 'waiting')
run('import', '-q', '--db', waiting, lines)
run('import', '-q', '--db', waiting, '--stage', 'busy', pcap)
for verb in 'promote', 'drop':
    with open(os.path.join(waiting, 'stage', 'busy', 'LOCK')) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, out, err = run('db', verb, '--db', waiting, 'busy')
    ok(status not in (0, 1) and err.count('\n') == 1 and 'another process writes to it' in err and
       os.path.exists(os.path.join(waiting, 'stage', 'busy', 'y2015')), f'{verb}: not while it is written to', status, err)


def until(what):
    end = time.time() + 60
    while not what() and time.time() < end:
        time.sleep(0.02)
    return what()


def begin(*args):
    return subprocess.Popen([yore, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


late = os.path.join(folder, 'late.log')
with open(late, 'w') as f:
    f.write('1430000000.0||192.0.2.1||198.51.100.53||IN||late.example.||A||203.0.113.9||300||1\n')
# promoting waits for the history, and who imports into the stage for the promotion
staged_late = ['import', '-q', '--db', waiting, '--stage', 'busy', late]
inbox = os.path.join(waiting, 'incoming')
with open(os.path.join(waiting, 'LOCK')) as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    promoting = begin('db', 'promote', '--db', waiting, 'busy')
    ok(until(lambda: any(x.startswith('y') and not x.endswith('.tmp') for x in os.listdir(inbox))), 'a promotion is on its way')
    importing = begin(*staged_late)
    ok(until(lambda: any(x.startswith('y') for x in os.listdir(os.path.join(waiting, 'stage', 'busy', 'incoming')))),
       'meanwhile somebody imports into the stage')
    same((promoting.poll(), importing.poll()), (None, None), 'who waits, and is told nothing yet')
err = promoting.communicate(timeout=60)[1]
same((promoting.returncode, err), (0, ''), 'promoted')
err = importing.communicate(timeout=60)[1]
ok(importing.returncode == 5 and err.count('\n') == 1 and 'promoted or dropped' in err,
   'the import says what has become of its stage', importing.returncode, err)
ok('late.example' not in export('--db', waiting), 'and did not say that it is there')
same(run(*staged_late), (0, '', ''), 'once more, into a stage that is made anew')
same(run('db', 'promote', '--db', waiting, 'busy')[0], 0, 'and promoted')
ok('late.example' in export('--db', waiting), 'it is there')

# ---- two databases
run('import', '-q', '--db', other, '--source', 'partner', lines)
status, out, err = run('db', 'merge', '--db', other, db)
ok(status == 0 and 'y2015' in out and 'intervals' not in out, 'merged: the years, the rest was there', out, err)
same(export('--db', other), both, 'the same history')
run('import', '-q', '--db', os.path.join(folder, 'third'), pcap)
more = os.path.join(folder, 'more.pcap')
shutil.copy(pcap, more)
same(run('db', 'merge', '--db', other, os.path.join(folder, 'third'))[:2], (0, ''), 'once more: nothing to add')
same(export('--db', other), both, 'and nothing added')

# ---- erasing
records = [json.loads(x) for x in both.splitlines()]
name = 'bank-login.example'
ok(any(r['rrname'].rstrip('.').endswith(name) for r in records), 'a name to forget')
same(run('db', 'erase', '--db', db, '/regex/')[0], 2, 'patterns cannot be erased')
with open(os.path.join(db, 'LOCK')) as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    status, would, err = run('db', 'erase', '--db', db, '--dry-run', '*.' + name, '198.51.100.7')
ok(status == 0 and 'nothing was erased' in err and not os.path.exists(os.path.join(db, 'suppressed')),
   'what would go, beside a writer', would, err)
same(export('--db', db), both, 'and nothing is')
status, out, err = run('db', 'erase', '--db', db, '*.' + name, '198.51.100.7')
same(re.findall(r'\d+ row', out), re.findall(r'\d+ row', would), 'as many rows go from each shelf as was said')
ok(status == 0 and 'erased' in out and not out.endswith('\n0 rows erased\n'), 'erased', out, err)
left = export('--db', db)
ok(name not in left and '198.51.100.7"' not in left and len(left.splitlines()) > 40,
   'nothing speaks of them, the rest is there', len(left.splitlines()))
kept = [x for x in both.splitlines() if name not in x and '198.51.100.7"' not in x]
same(left.splitlines(), kept, 'exactly the others')
raw = b''.join(open(os.path.join(d, f), 'rb').read() for d, _, fs in os.walk(db) for f in fs if f != 'suppressed')
ok(b'bank-login' not in raw, 'not an octet of it in any file')
same(run('db', 'verify', '--db', db)[0], 0, 'verified')
late = os.path.join(folder, 'late.ndjson')
with open(late, 'w') as f:
    f.write(json.dumps({'rrname': 'www.' + name + '.', 'rrtype': 'A', 'rdata': ['203.0.113.9'],
                        'time_first': 1420070400, 'time_last': 1430000000, 'count': 3}) + '\n')
    f.write(json.dumps({'rrname': 'late.example.', 'rrtype': 'A', 'rdata': ['203.0.113.9'],
                        'time_first': 1420070400, 'time_last': 1430000000, 'count': 3}) + '\n')
run('import', '-q', '--db', db, '--source', 'partner', late)
left = export('--db', db)
ok('late.example' in left and name not in left, 'and what comes later comes without it')

# ---- an empty answer for what was erased does not say that it was never there
for term in 'www.' + name, '*.' + name, '198.51.100.7':
    status, out, err = run('query', '--db', db, term)
    ok(status == 4 and not out and 'erased' in err and 'whole time' not in err and 'nothing found' not in err,
       f'asked for {term}: it was erased, nothing can be said', status, err)
status, out, err = run('query', '--db', db, 'never.seen.example')
ok('erased' not in err and 'nothing found' in err, 'another name is not spoken of so', err)
status, out, err = run('db', 'compact', '--db', db)
same(status, 0, 'compacted')
left = export('--db', db)
ok(name not in left, 'and still nothing')
with open(os.path.join(db, 'erasures')) as f:
    log = f.read()
ok(re.fullmatch(r'\d+ 2 terms: \d+ rows erased.*\n', log) and name not in log, 'a log says when and how much', log)

# ---- stages, kept answers, what was rejected or set aside, spools
gone = 'secret.partner.example'
text = json.dumps({'rrname': gone + '.', 'rrtype': 'A', 'rdata': ['192.0.2.99'], 'time_first': 1420070400,
                   'time_last': 1430000000, 'count': 1})
other_text = text.replace('secret', 'public').replace('192.0.2.99', '192.0.2.98')
few = os.path.join(folder, 'few.ndjson')
with open(few, 'w') as f:
    f.write(text + '\n' + other_text + '\n')
run('import', '-q', '--db', db, '--stage', 'kept-apart', '--source', 'partner', few)


def reply(where, word, body):
    os.makedirs(os.path.join(where, 'circl', '00'), exist_ok=True)
    path = os.path.join(where, 'circl', '00', word + '.00000000001.gz')
    with gzip.open(path, 'wb') as f:
        f.write(json.dumps({'asked': 1, 'provider': 'circl', 'term': 'x', 'request': 'GET /'}).encode() + b'\n' + body)
    return path


env = dict(os.environ, XDG_CACHE_HOME=os.path.join(folder, 'cache'), XDG_STATE_HOME=os.path.join(folder, 'state'))
kept, cached = os.path.join(db, 'raw.replies'), os.path.join(folder, 'cache', 'yore', 'replies')
speaks = [reply(kept, 'a', text.encode()), reply(cached, 'b', ('"http:\\/\\/' + gone.upper() + ':80\\/x"').encode()),
          reply(kept, 'c', b'{"ip": "192.0.2.99"}'),
          reply(kept, 'g', b'{"n": "' + gone.upper().replace('.', '\\u002e').encode() + b'"}'),
          reply(kept, 'h', b'{"n": "' + ''.join(f'\\u{ord(c):04X}' for c in 'WwW.' + gone).encode() + b'"}'),
          reply(kept, 'i', b'{"text": "first line\\nsecret.partner.example\\tmore"}'),
          reply(kept, 'j', b'{"url": "http:\\/\\/t.example\\/?u=http%3A%2F%2Fsecret%2Epartner%2eexample%2Fx"}'),
          reply(kept, 'k', b'<td>secret&#46;partner&#x2E;example</td>'),
          reply(kept, 'l', b'see secret[.]partner(dot)example'),
          reply(kept, 'm', b'{"a": "192\\u002e0.2.99"}'), reply(kept, 'd', b'<a>10 mx.' + gone.encode() + b'.</a>')]
silent = [reply(kept, 'e', other_text.encode()),
          reply(kept, 'n', b'{"n": "x\\u0073ecret.partner.example", "u": "\\uD83D\\u", "t": "a\\\\nb%zz&#;&#x;"}'), reply(cached, 'f', b'xsecret.partner.example 192.0.2.9 192.0.2.990')]
for sub, inside in ('rejected/y2015-x', 'rows.sst'), ('damaged', 'y2015-000001.sst'):
    os.makedirs(os.path.join(db, sub), exist_ok=True)
    with open(os.path.join(db, sub, inside), 'w') as f:
        f.write(gone)
spool = os.path.join(folder, 'state', 'yore', 'spool')
more = os.path.join(folder, 'few.log')
with open(more, 'w') as f:
    for n, h in enumerate((gone, 'public.partner.example')):
        f.write(f'{1430000000 + n}.0||192.0.2.1||198.51.100.53||IN||{h}.||A||192.0.2.{99 - n}||300||1\n')
run('import', '-q', '--to', 'http://127.0.0.1:9', '--to-wait', '1s', more, env=env)
waiting = os.listdir(os.path.join(spool, 'out'))
ok(waiting, 'a segment waits for a server', waiting)
with open(os.path.join(spool, 'ledger', 'FORMAT'), 'w') as f:
    f.write('yore database 1\n')
run('import', '-q', '--to', 'http://127.0.0.1:9', '--to-wait', '1s', more, env=env)
with open(os.path.join(spool, 'ledger', 'FORMAT')) as f:
    same(f.read(), 'yore database 2\n', 'the ledger of a spool of before is brought up to date by who opens it')
same(os.listdir(os.path.join(spool, 'out')), waiting, 'and knows what waits')
status, out, err = run('db', 'erase', '--db', db, '*.' + gone, '192.0.2.99', env=env)
ok(status == 0 and 'row' in out and 'kept answers' in out and 'spooled segment' in out and 'of stages' in out,
   'erased in all of these', out, err)
ok(not any(os.path.exists(x) for x in speaks), 'kept answers that mention it are gone')
ok(all(os.path.exists(x) for x in silent), 'the others are there')
ok(not os.path.exists(os.path.join(db, 'rejected/y2015-x/rows.sst')) and
   not os.path.exists(os.path.join(db, 'damaged/y2015-000001.sst')), 'and what cannot be looked through')
now = os.listdir(os.path.join(spool, 'out'))
ok(len(now) == len(waiting) and now != waiting, 'the segment that waits was written anew')


def zstd_has(path, what):
    with open(path, 'rb') as f:
        octets = f.read()
    at = octets.find(b'\x28\xb5\x2f\xfd')
    p = subprocess.run(['zstd', '-dc'], input=octets[at:], stdout=subprocess.PIPE)
    return what in p.stdout


ok(all(zstd_has(os.path.join(spool, 'out', x), b'public') and not zstd_has(os.path.join(spool, 'out', x), b'secret')
       for x in now), 'without it, and with the rest') if shutil.which('zstd') else ok(True, 'zstd # SKIP not installed')
same(gone in export('--db', db, '--stage', 'kept-apart'), False, 'nor is it in the stage')
with open(more, 'a') as f:
    f.write(f'1430000009.0||192.0.2.1||198.51.100.53||IN||again.{gone}.||A||192.0.2.97||300||1\n')
run('import', '-q', '--to', 'http://127.0.0.1:9', '--to-wait', '1s', more, env=env)
ok(shutil.which('zstd') is None or
   not any(zstd_has(os.path.join(spool, 'out', x), b'secret') for x in os.listdir(os.path.join(spool, 'out'))),
   'and what comes to the spool later comes without it')

# ---- rows before their year
same(run('db', 'expire', '--db', db, '--before', '2016', '--type', 'NOTYPE')[0], 2, 'no such type')
before = export('--db', db)
expiring = ['expire', '--db', db, '--before', '2016', '--source', 'partner']
with open(os.path.join(db, 'LOCK')) as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    status, would, err = run('db', *expiring, '--dry-run')
ok(status == 0 and would.endswith(' rows would go\n') and not os.path.exists(os.path.join(db, 'expired')),
   'what would expire, beside a writer', would, err)
same(export('--db', db), before, 'and nothing does')
status, out, err = run('db', *expiring)
same(re.findall(r'\d+ row', out), re.findall(r'\d+ row', would), 'as many rows expire on each shelf as was said')
ok(status == 0 and 'intervals' in out, 'rows of a source expire', out, err)
left = [json.loads(x) for x in export('--db', db).splitlines()]
ok(left and not any('partner.example' in r['rrname'] for r in left), 'and only these')

# rows of a private shelf, whose names go with them: they stand in front of the sets
small = os.path.join(folder, 'small')
run('import', '-q', '--db', small, os.path.join(root, 'tests', 'data', 'resolver.pcap'))
expiring = ['expire', '--db', small, '--before', '2020', '--shelf', 'negative', '--type', 'A']
would = run('db', *expiring, '-n')[1]
status, out, err = run('db', *expiring)
same(re.findall(r'\d+ row', out), re.findall(r'\d+ row', would), 'of what does not exist, too')
gone = re.search(r'negative: (\d+) rows removed', out)
ok(gone and int(gone.group(1)) > 1, 'a set and its name', out, err)

# ---- backup into an earlier one
copy = os.path.join(folder, 'copy')
same(run('db', 'backup', '--db', db, copy)[0], 0, 'a backup')
run('import', '-q', '--db', db, '--source', 'partner', '--again', lines)
same(run('db', 'backup', '--db', db, copy)[0], 0, 'and once more into it')
same(export('--db', copy), export('--db', db), 'is up to date')
same(run('db', 'backup', '--db', db, folder)[0] != 0, True, 'but not into any folder')

shutil.rmtree(folder)
done()

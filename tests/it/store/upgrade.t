"""Databases that programs of format 1 wrote (older/), asked as they are, and brought up to date.

usage: upgrade.t YORE SOURCE_ROOT FAIL_IO    (a library to preload)
"""
import fcntl
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here] + [os.path.join(here, '..', x) for x in ('', 'query', 'who', 'server')]
import older_input
from asking import done, ok, run, same, skip, yore
from rounds import rounds
from serving import Server
from traffic import Capture

folder = tempfile.mkdtemp(prefix='yore-older-')
os.environ.update(XDG_STATE_HOME=os.path.join(folder, 'state'), XDG_CACHE_HOME=os.path.join(folder, 'cache'))
os.environ.pop('YORE_DB', None)


def at(name):
    return os.path.join(folder, name)


def unpack(what, name):
    """The packed database as a folder of its own."""
    shutil.rmtree(at(name), ignore_errors=True)
    with tarfile.open(os.path.join(here, 'older', what + '.tar.xz')) as t:
        t.extractall(at('unpacked'))
    os.rename(at('unpacked/' + what), at(name))
    return at(name)


def copy(what, to):
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(['cp', '-a', what, to], check=True)
    return to


def export(db, *more):
    status, out, err = run('export', '--db', db, '--view', 'month', *more)
    return sorted(out.splitlines()) if status == 0 else [f'{status} {err}']


def format_of(db):
    with open(os.path.join(db, 'FORMAT')) as f:
        return f.read()


def refused(what, want, *args, says=()):
    status, out, err = run(*args)
    ok(status == want and not out and err.count('\n') == 1 and all(x in err for x in says), what, status, out, err)


# ---- what this program makes of the same captures
older_input.write(folder)
older_input.write_who(at('who.pcap'), Capture())
take = 'import', '-q', '--accept', 'all'
now, who_now = at('now'), at('who-now')
for args in (('--sensor', 'older', at('history.pcap')), (at('stated.ndjson'),), ('--sensor', 'late', at('late.pcap')),
             ('--sensor', 'older', '--stage', 'apart', at('stage.pcap'))):
    same(run(*take, '--db', now, *args)[0], 0, f'today: {os.path.basename(args[-1])}')
whole, apart = export(now), export(now, '--stage', 'apart')
asked = ('--vantage', 'below', '--who-asked', '--who-retention', '36500d')
same(run(*take, '--sensor', 'older', *asked, '--db', who_now, at('who.pcap'))[0], 0, 'today: who asked')


def who(db, *args):
    return run('query', '--db', db, '--who-asked', '--reason', 'test', '--json', *args)


large = [x for x in whole if 'late' not in x and any(f'{n}.' in x for n in older_input.SIZES if n >= 1024)]
ok(len(whole) > 250 and len(large) > 20, 'a history with large sets', len(whole), len(large))

# ---- asked as it is
old = unpack('sets', 'old')
same(format_of(old), 'yore database 1\n', 'a database that an older program wrote')
status, out, err = run('query', '--db', old, 'h3.first.example')
ok(status == 0 and '192.0.2.3' in out and not err, 'what has one form is answered', status, err)
status, out, err = run('query', '--db', old, 'a1500.first.example', 'TXT')
ok(status == 3 and not out and f'yore db upgrade {old}' in err, 'what has another one is left out, and the command named',
   status, out, err)
status, out, err = run('export', '--db', old, '--view', 'month')
ok(status == 3 and f'yore db upgrade {old}' in err and out and set(out.splitlines()) < set(whole),
   'an export, too, gives no row that is not so', status, err)
status, out, err = run('db', 'verify', '--db', old)
ok(status == 6 and out.count(f'yore db upgrade {old}') == 3 and err.count('\n') == 1 and f'yore db upgrade {old}' in err
   and 'repair' not in err, 'db verify tells to upgrade, not to repair', status, out, err)
who_old = unpack('who', 'who-old')
status, out, err = run('db', 'verify', '--db', who_old)
ok(status == 6 and 'repair' not in err and f'yore db upgrade {who_old}' in err, 'also of who asked', status, out, err)
client = '--client', '10.1.0.3'
status, out, err = who(who_old, *client)
ok(status == 3 and not out and f'yore db upgrade {who_old}' in err, 'who asked by client: the command is named', status, out, err)
names = who(who_now, '*.asked.example')[1]
ok(names.count('\n') > 100 and who(who_old, '*.asked.example')[1] == names, 'by name it is all there')

status, out, err = run('db', 'stat', '--owners', '3', '--db', old)
ok(f'yore db upgrade {old}' in out + err, 'owners counted: the command is named', status, out, err)
server = Server(yore, db=old)
end = server.lines('/api/v1/records?term=a1500.first.example')[-1]['end']
ok(not end['complete'] and end['status'] == 'failed', 'over HTTP such an answer is not complete', end)
same(len(server.lines('/api/v1/records?term=h3.first.example')), 2, 'and others are')
ok(server.said().count(f'yore db upgrade {old}') == 1, 'the journal of the server names the command', server.said())
same(server.stop(), 0, 'it ends well')

# ---- what may be done with it, and what not
first = 'bring it up to that first: yore db upgrade '
for args in (('import', '-q', at('stated.ndjson')), ('db', 'compact'), ('db', 'repair'), ('db', 'erase', 'h3.first.example'),
             ('db', 'expire', '--before', '2015'), ('db', 'merge', now), ('serve', '--upload')):
    refused(f'{" ".join(args[:2])} into it: refused, with the command', 6, *args, '--db', old, says=(first + old,))
refused('nor is it merged into another one', 6, 'db', 'merge', '--db', now, old, says=(first + old, 'nothing was done'))
refused('nor into one that is not there', 6, 'db', 'merge', '--db', at('none'), old, says=(first + old, 'nothing was done'))
ok(not os.path.exists(at('none')), 'which is not made')
refused('a stage of it is not promoted; upgrading the whole is told', 6, 'db', 'promote', '--db', old, 'apart',
        says=(first + old + '\n',))
same(export(now), whole, 'the other one is as it was')
kept = at('copy')
for again in 'a backup is made', 'and brought up to date':
    status, out, err = run('db', 'backup', '--db', old, kept)
    ok(status == 0 and err.count('\n') == 1 and '1 segment waits' in err and format_of(kept) == 'yore database 1\n', again, status, err)
ok(not os.path.exists(os.path.join(kept, 'stage')), 'without stages, as any backup')

# ---- brought up to date
status, out, err = run('db', 'upgrade', '--dry-run', old)
ok(status == 0 and 'would become format 2' in out and 'stage apart: y2016: ' in out and '1 segment waits' in out and
   format_of(old) == 'yore database 1\n', 'a dry run says what would be done', status, out, err)
base = copy(old, at('base'))
with open(os.path.join(old, 'LOCK')) as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    refused('while another one writes to it: not', 6, 'db', 'upgrade', old, says=('another process',))
same(format_of(os.path.join(old, 'stage/apart')), 'yore database 1\n', 'nor its stages')
status, out, err = run('db', 'upgrade', '--db', old)
ok(status == 0 and not err and out.endswith('format 1 has become format 2\n'), 'upgraded', status, out, err)
same(format_of(old), 'yore database 2\n', 'as it says')
same(format_of(os.path.join(old, 'stage/apart')), 'yore database 2\n', 'the stage, too')
same(export(old), whole, 'every answer is that of importing the same captures today, what waited included')
same(export(old, '--stage', 'apart'), apart, 'and of the stage')
same(os.listdir(os.path.join(old, 'incoming')) + os.listdir(os.path.join(old, 'rejected')), [], 'nothing waits, nothing was rejected')
status, out, err = run('db', 'verify', '--db', old)
ok(status == 0, 'verified', status, out, err)
status, out, err = run('db', 'upgrade', '--db', old)
ok(status == 0 and out == 'format 2: there is nothing to do\n', 'once more: nothing to do', status, out, err)
for sensor, name in (('older', 'history.pcap'), ('late', 'late.pcap')):
    status, out, err = run('import', '--accept', 'all', '--sensor', sensor, '--db', old, at(name))
    ok(status == 0 and 'segments committed' not in out, f'{name} offered again is known', status, out, err)
same(export(old), whole, 'and counts nothing twice')
status, out, err = run('db', 'promote', '--db', old, 'apart')
ok(status == 0 and export(old) == sorted(set(export(old)) | set(apart)), 'the stage is promoted', status, out, err)
same(run('db', 'promote', '--db', now, 'apart')[0], 0, 'as today')
same(export(old), export(now), 'with the same history')
status, out, err = run('db', 'upgrade', kept)
ok(status == 0 and 'has become' in out, 'the copy is upgraded like any other', status, out, err)
same(export(kept), [x for x in whole if '.late.example' not in x], 'and is the history as it was')
names_file, pattern = os.path.join(who_old, 'y2015/names'), ('query', '/^n[0-4].asked/')
ok(os.path.isfile(names_file) and run(*pattern, '--db', who_old)[:2] == run(*pattern, '--db', who_now)[:2] != (0, ''),
   'names in one file, as they were: a pattern is answered')
status, out, err = run('db', 'upgrade', who_old)
ok(status == 0 and 'who-2015-07: ' in out, 'who asked', status, out, err)
same(who(who_old, *client), who(who_now, *client), 'who asked by client as today')
same(who(who_old, '*.asked.example'), who(who_now, '*.asked.example'), 'and by name')
same(run('db', 'verify', '--db', who_old)[0], 0, 'verified')
ok(not os.path.isfile(names_file), 'the one file of names is gone')
same(run(*pattern, '--db', who_old)[:2], run(*pattern, '--db', who_now)[:2], 'a pattern is answered')
same(run('db', 'compact', '--db', who_old)[0], 0, 'compacted')
covered = [json.loads(x)['names_covered'] for x in run('db', 'stat', '--json', '--db', who_old)[1].splitlines()
           if json.loads(x)['shelf'] == 'y2015']
same(covered, [True], 'names are made anew')
same(run(*pattern, '--db', who_old)[:2], run(*pattern, '--db', who_now)[:2], 'with the same answer')


# ---- a damaged one
hurt = unpack('sets', 'hurt')
table = next(os.path.join(hurt, 'y2015', x) for x in os.listdir(os.path.join(hurt, 'y2015')) if x.endswith('.sst'))
with open(table, 'r+b') as f:
    f.seek(os.path.getsize(table) // 50)
    octets = f.read(40)
    f.seek(-40, os.SEEK_CUR)
    f.write(bytes(x ^ 0x5a for x in octets))
status, out, err = run('db', 'upgrade', hurt)
ok(status == 0 and 'y2015: table ' in out and 'checksum mismatch' in out and out.endswith('format 1 has become format 2\n'),
   'what cannot be read is named and set aside, the rest upgraded', status, out, err)
status, out, err = run('export', '--db', hurt, '--view', 'month')
rows = out.splitlines()
ok(status == 3 and 'checksum mismatch' in err and set(rows) < set(whole), 'every row is so, and the loss is told', status, err)
later = [x for x in whole if json.loads(x)['time_first'] >= older_input.MARCH]
ok(len(later) > 100 and set(later) <= set(rows), 'other years are whole', len(later), len(rows))
same(run('db', 'verify', '--db', hurt)[0], 6, 'verify names it, too')
ok(run('db', 'upgrade', hurt)[1] == 'format 2: there is nothing to do\n', 'once more: nothing to do')

# ---- what a sensor's older program left in its spool
spool, centre = unpack('spool', 'spool'), at('centre')
ledger = os.path.join(spool, 'ledger')
same((format_of(ledger), len(os.listdir(os.path.join(spool, 'out')))), ('yore database 1\n', 1), 'a spool of that time')
server = Server(yore, '--upload', db=centre)
for again in 'what waited there is sent', 'and nothing twice':
    status, out, err = run('import', '-q', '--accept', 'all', '--sensor', 'late', '--to', server.url, '--to-wait', '20s',
                           '--spool', spool, at('late.pcap'))
    ok(status == 0, again, status, out, err)
same([len(os.listdir(os.path.join(spool, x))) for x in ('out', 'sent', 'refused')], [0, 1, 0], 'it was taken')
same(format_of(ledger), 'yore database 2\n', 'its ledger was brought up to date by who opened it')
same(server.stop(), 0, 'the centre ends well')
same(export(centre), [x for x in whole if '.late.example' in x], 'the centre has what an import of today has')
same(run('db', 'verify', '--db', centre)[0], 0, 'verified')


# ---- ended at each step, a disk that fails, a full one
def usable(db):
    """Answers with rows that are so, and says how it becomes complete."""
    status, out, err = run('export', '--db', db, '--view', 'month')
    return set(out.splitlines()) <= set(whole) and out and (status == 0 or (status == 3 and 'yore db upgrade' in err))


def finishes(db):
    status, out, err = run('db', 'upgrade', db)
    if status != 0 or export(db) != whole or export(db, '--stage', 'apart') != apart or run('db', 'verify', '--db', db)[0]:
        return f'{status} {err}'
    return None if format_of(db) == 'yore database 2\n' and not os.listdir(os.path.join(db, 'incoming')) else 'leftovers'


def hindered(db, **v):
    return subprocess.run([yore, 'db', 'upgrade', db], env={**os.environ, **v}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120)


fail_io = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
db, counted, wrong = at('failing'), at('counted'), []
for step in ('upgrade-drained', 'upgrade-collected', 'rewrite-made', 'rewrite-exchanged', 'upgrade-noted', 'upgrade-format'):
    copy(base, db)
    if hindered(db, YORE_CRASH_AT=step).returncode != -9 or not usable(db) or finishes(db):
        wrong.append(step)
ok(not wrong, 'killed at each step: it can be asked, and the next call finishes', *wrong)


def failing_disk():
    copy(base, db)
    p = hindered(db, LD_PRELOAD=fail_io, YORE_FAIL_UNDER=db, YORE_FAIL_COUNT=counted)
    with open(counted) as f:
        calls = int(f.read())
    ok(p.returncode == 0 and calls > 20 and export(db) == whole, f'an upgrade writes in {calls} calls', p.stderr)
    told, order = 0, random.Random(7).sample(range(1, calls + 1), calls)
    for i in rounds(ok, 'a call that fails', min(calls, 12), calls, 600):
        for errno, stay in (('5', {}), ('28', {'YORE_FAIL_STAY': '1'})):
            copy(base, db)
            p = hindered(db, LD_PRELOAD=fail_io, YORE_FAIL_UNDER=db, YORE_FAIL_IO=str(order[i]), YORE_FAIL_ERRNO=errno, **stay)
            told += p.returncode != 0
            say = f'call {order[i]}, errno {errno}: {p.returncode} {p.stderr}'
            if p.returncode < 0 or (p.returncode and p.stderr.count('\n') != 1):
                wrong.append(say)
            if not usable(db):
                wrong.append(say + 'it does not answer')
            why = finishes(db)
            if why:
                wrong.append(say + 'once more: ' + why)
    ok(not wrong and told > 3, f'EIO and a full disk at any call: told ({told} times), it answers, the next call finishes', *wrong[:5])


def small_disk():
    where = at('small')
    os.mkdir(where)
    if os.geteuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=24m', 'yore', where],
                                           stderr=subprocess.DEVNULL).returncode != 0:
        skip('a small disk', 'needs root')
        return
    try:
        db, ballast = os.path.join(where, 'db'), os.path.join(where, 'ballast')
        copy(base, db)
        room = os.statvfs(where)
        before = run('export', '--db', db, '--view', 'month')
        with open(ballast, 'wb') as f:
            os.posix_fallocate(f.fileno(), 0, room.f_bavail * room.f_frsize - (5 << 20))
        status, out, err = run('db', 'upgrade', db)
        ok(status == 6 and err.count('\n') == 1 and 'MiB are free' in err and 'stays as it was' in err,
           'without room: one line that says how much it takes', status, out, err)
        same(format_of(db), 'yore database 1\n', 'it is of format 1')
        same(run('export', '--db', db, '--view', 'month'), before, 'and answers as before')
        with open(ballast, 'ab') as f:
            room = os.statvfs(where)
            os.posix_fallocate(f.fileno(), f.tell(), room.f_bavail * room.f_frsize)
        status, out, err = run('db', 'upgrade', db)
        ok(status != 0 and err.count('\n') == 1, 'not an octet free: one line', status, out, err)
        same(run('export', '--db', db, '--view', 'month'), before, 'and it answers as before')
        os.unlink(ballast)
        same(finishes(db), None, 'with room the next call finishes')
    finally:
        subprocess.run(['umount', where])


if fail_io:
    failing_disk()
else:
    skip('a disk that fails', 'no library to preload was given')
small_disk()
shutil.rmtree(folder, ignore_errors=True)
done()

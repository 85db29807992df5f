"""Clocks, disks and times as nobody wants them, from the command line.

usage: faults.t YORE SOURCE_ROOT CLOCK_BACK FAIL_IO    (two libraries to preload)
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, '..', 'query'), os.path.join(here, '..', 'sense')]
sys.path.insert(0, os.path.join(here, '..'))
from asking import Answers, done, ok, root, run, same, wire, yore
from rounds import rounds
from sensor import Sensor, environment, kept
from taps import client_answer, send

clock_back, fail_io = (os.path.abspath(x) for x in sys.argv[3:5])
folder = tempfile.mkdtemp(prefix='yore-hard-')
os.environ.update(XDG_STATE_HOME=os.path.join(folder, 'state'), XDG_CACHE_HOME=os.path.join(folder, 'cache'))


def path(name):
    return os.path.join(folder, name)


def hindered(args, **variables):
    return subprocess.run([yore, *args], env={**environment(), **variables}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120)


def export(db):
    status, out, err = run('export', '--db', db, '--view', 'month')
    return sorted(out.splitlines()) if status == 0 else [f'{status} {err}']


def sound(db, text):
    status, out, err = run('db', 'verify', '--db', db)
    ok(status == 0, text, out, err)


# ---- packets of 1970 and 2106
def at_the_ends():
    last = 2**32 - 1
    a = Answers()
    times = {'first': 0, 'second': 1, 'sane': 1420070400, 'early': 86400 * 364, 'late': last - 86400, 'last': last,
             'after': 1420070401}
    for name, when in times.items():
        a.add(when, wire([name.encode(), b'ends', b'example']), 1, [b'\xc0\0\2\1'])
    a.write(path('ends.pcap'))
    db = path('ends')
    status, out, err = run('import', '--accept', 'all', '--db', db, path('ends.pcap'))
    ok(status == 0 and '5  messages dated outside the sane range' in out, 'packets of 1970 and of 2106 are counted',
       out, err)
    for turn in 'left out', 'offered again, too':
        rows = [json.loads(x) for x in run('export', '--db', db)[1].splitlines()]
        same({r['rrname'].split('.')[0]: (r['time_first'], r['count']) for r in rows},
             {'sane': (1420070400, 1), 'after': (1420070401, 1)}, 'and ' + turn)
        run('import', '--accept', 'all', '--db', db, path('ends.pcap'))
    same([json.loads(x)['shelf'] for x in run('db', 'stat', '--json', '--db', db)[1].splitlines()], ['y2015'],
         'no year is made for them')
    status, out, err = run('coverage', '--db', db)
    ok(status == 0 and '1970' not in out and '2106' not in out, 'nor does anybody claim to have watched then', out)
    # what states such a time on purpose may have it
    lines = path('ends.ndjson')
    with open(lines, 'w') as f:
        f.write(json.dumps({'rrname': 'stated.example.', 'rrtype': 'A', 'rdata': ['192.0.2.1'], 'time_first': 0,
                            'time_last': last, 'count': 1}) + '\n')
    status, out, err = run('import', '--db', db, lines)
    ok('1  records dated outside the sane range' in out, 'records that state such times are counted as well', out, err)
    sound(db, 'and all is verified')


at_the_ends()


# ---- the clock goes back under a live sensor
def clock():
    db, where = path('clock'), path('tap')
    os.environ.update(LD_PRELOAD=clock_back, YORE_CLOCK_AFTER_MS='1500', YORE_CLOCK_BACK_S='7200')
    sensor = Sensor(yore, db, '--dnstap', 'unix:' + where, '--sensor', 'tap', '--commit', '1s', '-q')
    for name in 'LD_PRELOAD', 'YORE_CLOCK_AFTER_MS', 'YORE_CLOCK_BACK_S':
        del os.environ[name]
    ok(sensor.ready(), 'a sensor whose clock will go back by two hours', sensor.errors())
    base, want = int(time.time()), {}
    for i in range(12):
        # its producers' clocks, too
        when = base + i if i < 6 else base - 7200 + i
        names = [f'h{n}.step{i % 8}.example' for n in range(3)]
        send(where, [client_answer(n, when) for n in names])
        for n in names:
            want[n] = want.get(n, 0) + 1
        time.sleep(0.3)
    status = sensor.end()
    same(status, 0, 'ends well' + ('' if status == 0 else sensor.errors()))
    sensor.close()
    got = {k[0].rstrip('.'): n for k, n in kept(yore, db).items()}
    same(got, want, 'everything once, on both sides of the step')
    rows = [json.loads(x) for x in run('export', '--db', db)[1].splitlines()]
    ok(all(r['time_first'] <= r['time_last'] for r in rows), 'first is before last')
    status, out, err = run('coverage', '--db', db)
    ok(status == 0 and 'tap' in out, 'coverage is told', out, err)
    sound(db, 'the ledger is exact')
    sensor = Sensor(yore, db, '--dnstap', 'unix:' + where, '--sensor', 'tap', '-q')
    ok(sensor.ready(), 'and a sensor goes on', sensor.errors())
    send(where, [client_answer('after.example', base + 20)])
    time.sleep(0.2)
    same(sensor.end(), 0, 'with the clock as it was')
    sensor.close()
    got = {k[0].rstrip('.'): n for k, n in kept(yore, db).items()}
    same(got.get('after.example'), 1, 'what comes then is there')
    sound(db, 'and sound')


clock()

# ---- a disk that fails, at some call of each operation
pcap = path('sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True, stdout=subprocess.DEVNULL)
base = path('base')
same(run('import', '-q', '--db', base, pcap)[0], 0, 'a history')
whole = export(base)
left = [x for x in whole if json.loads(x)['rrtype'] != 'A']


def copy(db, to):
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(['cp', '-r', db, to], check=True)


names = [json.loads(x)['rrname'].rstrip('.') for x in whole]
zone = max((z for z in {'.'.join(x.split('.')[-2:]) for x in names} if '.' in z),
           key=lambda z: sum(x.endswith(z) for x in names))
few = path('few.ndjson')
with open(few, 'w') as f:
    for n in range(200):
        f.write(json.dumps({'rrname': f'h{n}.few.example.', 'rrtype': 'A', 'rdata': [f'198.51.100.{n}'],
                            'time_first': 1420070400, 'time_last': 1430000000, 'count': 1}) + '\n')
other, staged = path('other'), path('staged')
run('import', '-q', '--db', other, few)
copy(base, staged)
run('import', '-q', '--db', staged, '--stage', 'try', few)
both = sorted(whole + export(other))
copy(base, path('t'))
run('db', 'erase', '--db', path('t'), '*.' + zone)
without = export(path('t'))
ok(without and len(without) < len(whole), f'without {zone}')
operations = {
    'import': (lambda db: ['import', '-q', '--db', db, pcap], lambda db: shutil.rmtree(db, ignore_errors=True), whole),
    'compact': (lambda db: ['db', 'compact', '--db', db], lambda db: copy(base, db), whole),
    'expire': (lambda db: ['db', 'expire', '--before', '2026', '--type', 'A', '--db', db],
               lambda db: copy(base, db), left),
    'backup': (lambda db: ['db', 'backup', '--db', base, db], lambda db: shutil.rmtree(db, ignore_errors=True), whole),
    'merge': (lambda db: ['db', 'merge', '--db', db, base], lambda db: copy(other, db), both),
    'erase': (lambda db: ['db', 'erase', '--db', db, '*.' + zone], lambda db: copy(base, db), without),
    'promote': (lambda db: ['db', 'promote', '--db', db, 'try'], lambda db: copy(staged, db), both)}
often = ('import', 'compact', 'expire', 'backup')
for what, (args, prepare, final) in operations.items():
    db, counted = path('failing'), path('counted')
    prepare(db)
    p = hindered(args(db), LD_PRELOAD=fail_io, YORE_FAIL_UNDER=db, YORE_FAIL_COUNT=counted)
    calls = int(open(counted).read()) if os.path.exists(counted) else 0
    ok(p.returncode == 0 and calls > 3 and export(db) == final, f'{what} writes in {calls} calls', p.stderr)
    wrong, said = [], 0
    order = random.Random(calls).sample(range(1, calls + 1), calls)
    for i in rounds(ok, f'{what}: a call that fails', min(calls, 12 if what in often else 4), calls, 900):
        n = order[i]
        for errno, stay in ((5, False), (28, True)):
            prepare(db)
            v = dict(LD_PRELOAD=fail_io, YORE_FAIL_UNDER=db, YORE_FAIL_IO=str(n), YORE_FAIL_ERRNO=str(errno))
            p = hindered(args(db), **v, **({'YORE_FAIL_STAY': '1'} if stay else {}))
            said += p.returncode != 0
            if p.returncode < 0 or (p.returncode and p.stderr.count('\n') not in (1, 2)):
                wrong.append(f'call {n}, errno {errno}: {p.returncode} {p.stderr}')
            status, out, err = run(*args(db))
            done_before = what == 'promote' and status == 6 and 'no stage' in err
            if (status != 0 and not done_before) or export(db) != final:
                wrong.append(f'call {n}, errno {errno}: once more: {status} {err}')
            if run('db', 'verify', '--db', db)[0] != 0:
                wrong.append(f'call {n}, errno {errno}: not sound')
    ok(not wrong and said, f'{what}: EIO and a full disk at any call: told ({said} times), then all is well', *wrong[:5])


# ---- a disk that cannot be read, at some call: told, never an answer with a hole in it
def unread():
    db, counted = path('reading'), path('counted')
    copy(base, db)
    v = dict(LD_PRELOAD=fail_io, YORE_FAIL_UNDER=db, YORE_FAIL_READS='1')
    args = ['export', '--db', db, '--view', 'month']
    p = hindered(args, **v, YORE_FAIL_COUNT=counted)
    calls = int(open(counted).read())
    ok(p.returncode == 0 and sorted(p.stdout.splitlines()) == whole and calls > 10, f'an export reads in {calls} calls')
    wrong, told = [], 0
    order = random.Random(2).sample(range(1, calls + 1), calls)
    for i in rounds(ok, 'a call that cannot read', min(calls, 25), calls, 300):
        stay = {'YORE_FAIL_STAY': '1'} if i % 2 else {}
        p = hindered(args, **v, **stay, YORE_FAIL_IO=str(order[i]), YORE_FAIL_ERRNO='5')
        if p.returncode < 0 or (p.returncode == 0 and sorted(p.stdout.splitlines()) != whole) or \
           not set(p.stdout.splitlines()) <= set(whole) or (p.returncode and not p.stderr):
            wrong.append(f'call {order[i]} {stay}: {p.returncode}, {len(p.stdout.splitlines())} rows: {p.stderr}')
        told += p.returncode != 0
    ok(not wrong and told > 3, f'EIO at any call that reads: told ({told} times), or all is there', *wrong[:5])
    same(export(db), whole, 'afterwards all is there')
    sound(db, 'and sound')


unread()


# ---- a small disk
def small_disk():
    where = path('small')
    os.mkdir(where)
    if os.geteuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=24m', 'yore', where],
                                           stderr=subprocess.DEVNULL).returncode != 0:
        ok(True, 'a small disk # SKIP needs root')
        return
    try:
        db, ballast = os.path.join(where, 'db'), os.path.join(where, 'ballast')
        same(run('import', '-q', '--db', db, pcap)[0], 0, 'a history on 24 MiB')
        with open(ballast, 'wb') as f:
            os.posix_fallocate(f.fileno(), 0, 17 << 20)
        more = path('more.ndjson')
        with open(more, 'w') as f:
            for n in range(2000):
                f.write(json.dumps({'rrname': f'h{n}.full.example.', 'rrtype': 'A', 'rdata': [f'198.51.{n % 200}.7'],
                                    'time_first': 1420070400, 'time_last': 1430000000, 'count': 1}) + '\n')
        status, out, err = run('import', '-q', '--db', db, more)
        ok(status == 6 and 'MiB are free' in err and 'nothing was added' in err and err.count('\n') <= 2,
           'below the watermark nothing is taken in, and why', status, err)
        out = run('import', '--db', db, more)[1]
        ok('1 of 1 file read, not all of it added' in out and 'imported' not in out, 'nor said to be imported', out)
        same(export(db), whole, 'what was there answers')
        same(run('db', 'compact', '--db', db)[0], 0, 'and can be compacted: that is what the room is for')
        sound(db, 'and is sound')
        subprocess.run(['mount', '-o', 'remount,ro', where], check=True)
        same(export(db), whole, 'read-only: it answers')
        same(run('db', 'stat', '--db', db)[0], 0, 'and has figures')
        for args in ('import', '-q', more), ('db', 'compact'), ('db', 'expire', '--before', '2016'):
            status, out, err = run(*args, '--db', db)
            ok(status in (5, 6) and 'ead-only' in err and err.count('\n') == 1, f'{args[0]} {args[1]}: refused, and why', status, err)
        subprocess.run(['mount', '-o', 'remount,rw', where], check=True)
        os.unlink(ballast)
        same(run('import', '-q', '--db', db, more)[0], 0, 'with room again it goes on')
        same(len(export(db)), len(whole) + 2000, 'and all of it is there')
        sound(db, 'and sound')
    finally:
        subprocess.run(['umount', where])


small_disk()


# ---- level 0 is full
def level0():
    db = path('level0')
    for n in range(32):
        with open(path(f'l{n}'), 'w') as f:
            f.write(f'{1430000000 + n}.0||192.0.2.1||198.51.100.53||IN||h{n}.level.example||A||203.0.113.{n}||300||1\n')
    codes = [hindered(['import', '-q', '--db', db, path(f'l{n}')], YORE_FAIL_AT='compaction') for n in range(31)]
    same([p.returncode for p in codes[:30]], [0] * 30, 'thirty files without compaction')
    p = codes[30]
    ok(p.returncode == 5 and 'compaction does not get on' in p.stderr and 'nothing was added' in p.stderr,
       'the next one is not taken in, and why', p.returncode, p.stderr)
    level = [json.loads(x)['level0'] for x in run('db', 'stat', '--json', '--db', db)[1].splitlines()]
    ok(max(level) == 30, 'it stays at 30', level)
    same(len(export(db)), 30, 'and answers')
    same([run('import', '-q', '--db', db, path(f'l{n}'))[0] for n in (30, 31)], [0, 0], 'with compaction it goes on')
    same(len(export(db)), 32, 'with all of it')
    sound(db, 'and sound')


level0()
shutil.rmtree(folder, ignore_errors=True)
done()

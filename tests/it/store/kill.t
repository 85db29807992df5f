"""kill -9 at random instants over everything that writes, and then all is there, once.

usage: kill.t YORE SOURCE_ROOT CAPTURE    (CAPTURE: bench/capture.c)

Each operation is killed again and again at times that move over its whole length, then
let end once; after each round `yore db verify` has nothing to say and the history is what
it was, or what it should become, and nothing else. 10 rounds; with $YORE_LONG 200.
Imports are killed in import/kill.t; erasing, stages, repair and who asked in kill_life.t.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from killing import (FEW, MANY, begin, capture, copy, dice, environment, export, folder, kill_after, killed_at, path,
                     rounds, run, same, sound, yore, ok)
from asking import done
from rounds import LONG
from sensor import Sensor, kept
from taps import client_answer, send

captures = [capture(f'{i}.pcap', 2500, '-s', str(i), '-t', str(1400000000 + i * 9000000)) for i in range(6)]
base = path('base')
for c in captures:
    run('import', '-q', '--db', base, c)
other = path('other')
run('import', '-q', '--db', other, capture('other.pcap', 2500, '-s', '99', '-t', '1420000000'))
whole = export(base)
ok(len(whole) > 1500, f'{len(whole)} rows to compare')


killed_at('compact', lambda db: ('db', 'compact', '--db', db), base, [whole], whole)

parsed = [(x, json.loads(x)) for x in whole]
years = sorted({o['month'][:4] for _, o in parsed})
left = [x for x, o in parsed if o['month'][:4] >= years[-1]]
killed_at('expire of years', lambda db: ('db', 'expire', '--before', years[-1], '--db', db),
          base, [whole, left], left)
run('db', 'expire', '--before', '2026', '--type', 'AAAA', '--db', copy(base, path('t')))
left = export(path('t'))
ok(left and len(left) < len(whole) and not any(json.loads(x)['rrtype'] == 'AAAA' for x in left), 'rows of a type')
# shelf by shelf: each before or after
mixed = [sorted([x for x, o in parsed if o['rrtype'] != 'AAAA' or o['month'][:4] > y]) for y in ['0000'] + years]
killed_at('expire of a type', lambda db: ('db', 'expire', '--before', '2026', '--type', 'AAAA', '--db', db),
          base, mixed, left)

run('db', 'merge', '--db', copy(base, path('t')), other)
both = export(path('t'))
ok(len(both) > len(whole), 'two histories')
between = []
for upto in ['0000'] + sorted({json.loads(x)['month'][:4] for x in both}):
    between.append(sorted([x for x in both if json.loads(x)['month'][:4] <= upto] +
                          [x for x, o in parsed if o['month'][:4] > upto]))
killed_at('merge', lambda db: ('db', 'merge', '--db', db, other), base, between, both)


# ---- backup, beside an import
def backups():
    db, to, wrong, killed, n = path('db'), path('backup'), [], 0, 0
    copy(base, db)
    began = time.monotonic()
    run('db', 'backup', '--db', db, to)
    length = time.monotonic() - began
    for i in rounds(ok, 'backup', FEW, MANY):
        n += 1
        if i % 3 == 0:
            shutil.rmtree(to, ignore_errors=True)
        writer = begin('import', '-q', '--db', db, captures[i % len(captures)]) if i % 4 == 1 else None
        killed += kill_after(begin('db', 'backup', '--db', db, to), length * (0.1 + dice.random()))
        if writer:
            writer.wait(60)
        if export(db) != whole:
            wrong.append(f'round {i}: the source was hurt')
        status, out, err = run('db', 'backup', '--db', db, to)
        if status != 0 or export(to) != whole:
            wrong.append(f'round {i}: the copy that ends is not whole: {status} {err}')
        wrong += sound(to)
        try:
            with open(os.path.join(to, 'BACKUP')) as f:
                if f.read() != 'whole\n':
                    wrong.append('not said to be whole')
        except OSError as e:
            wrong.append(str(e))
    ok(killed > n // 4, f'backup: killed {killed} times of {n}')
    ok(not wrong, 'backup: the source is untouched, and a copy that ended is whole', *wrong[:6])


backups()


# ---- follow
def follow():
    db, where = path('followed'), path('where')
    os.makedirs(where)
    name = capture('long.pcap', 30000, '-s', '42', '-t', '1430000000')
    with open(name, 'rb') as f:
        octets = f.read()
    run('import', '-q', '--db', path('once'), name)
    want = export(path('once'))
    wrong, killed, at, n = [], 0, 0, 0
    for i in rounds(ok, 'follow', FEW, MANY):
        n += 1
        p = subprocess.Popen([yore, 'import', '-q', '--db', db, '--follow', '--every', '1s', where],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = len(octets) * (i + 1) // (MANY if LONG else FEW)
        for _ in range(3):
            more = min(end, at + len(octets) // (MANY if LONG else FEW) // 3 + 1)
            with open(os.path.join(where, 'grows.pcap'), 'ab') as f:
                f.write(octets[at:more])
            at = more
            time.sleep(0.1 * dice.random())
        killed += kill_after(p, 0.3 * dice.random())
        if i % 10 == 9 and os.path.exists(os.path.join(db, 'FORMAT')):
            wrong += sound(db)
    with open(os.path.join(where, 'grows.pcap'), 'ab') as f:
        f.write(octets[at:])
    for _ in range(2):
        status, out, err = run('import', '-q', '--db', db, '--follow', '--once', where)
        if status != 0 or export(db) != want:
            wrong.append(f'at the end: {status} {err} {len(export(db))} rows of {len(want)}')
    wrong += sound(db)
    ok(killed > n // 4, f'follow: killed {killed} times of {n}')
    ok(not wrong, 'follow: everything once, whenever it was killed', *wrong[:6])


follow()


# ---- sense
def sense():
    db, where = path('sensed'), path('tap')
    sent, acknowledged, wrong, killed, n = {}, {}, [], 0, 0
    for i in rounds(ok, 'sense', FEW, MANY):
        n += 1
        sensor = Sensor(yore, db, '--dnstap', 'unix:' + where, '--sensor', 'tap', '--no-suspicious', '-q')
        if not sensor.ready():
            wrong.append(f'round {i}: {sensor.errors()}')
        for part in range(1 + i % 3):
            names = [f'h{x}.p{part}.r{i}.example' for x in range(5)]
            try:
                send(where, [client_answer(x, 1440000000 + i) for x in names])
            except OSError as e:
                wrong.append(f'round {i}: {e}')
            sent.update({x: 1 for x in names})
            if dice.random() < 0.7:
                time.sleep(0.05)
                sensor.reload()
            seen = {k[0].rstrip('.'): times for k, times in kept(yore, db).items()}
            acknowledged.update(seen)
        time.sleep(0.1 * dice.random())
        if dice.random() < 0.5:
            sensor.p.send_signal(signal.SIGHUP)
            time.sleep(0.03 * dice.random())
        killed += kill_after(sensor.p, 0)
        sensor.close()
        if i % 10 == 9:
            wrong += sound(db)
    status, out, err = run('db', 'compact', '--db', db)
    final = {k[0].rstrip('.'): times for k, times in kept(yore, db).items()}
    lost = [x for x in acknowledged if final.get(x) != acknowledged[x]]
    more = [x for x in final if final[x] != sent.get(x)]
    ok(killed == n and len(acknowledged) > n * 2,
       f'sense: killed {killed} times, {len(acknowledged)} names acknowledged of {len(sent)}')
    ok(not wrong and not lost, 'sense: what was once answered is never lost', *wrong[:5], *lost[:5])
    ok(not more, 'sense: and nothing was counted twice', *more[:5])
    wrong = sound(db)
    ok(status == 0 and not wrong, 'sense: the database is sound', err, *wrong)


sense()

# ---- setting damage aside
for step in 'aside-kept', 'aside-gone':
    db = path('broken')
    copy(base, db)
    year = os.path.join(db, 'y' + years[-1])
    sst = sorted(x for x in os.listdir(year) if x.endswith('.sst'))[0]
    with open(os.path.join(year, sst), 'r+b') as f:
        f.seek(-5, 2)
        f.write(b'XXXXX')
    p = subprocess.run([yore, 'db', 'compact', '--db', db], env={**environment(), 'YORE_CRASH_AT': step},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    same(p.returncode, -9, f'killed at {step}')
    same(run('db', 'compact', '--db', db)[0], 0, 'then it goes on')
    status, out, err = run('db', 'verify', '--db', db)
    ok(status == 6 and out.count('\n') == 1, 'and the loss is named once', out, err)
    for c in captures:
        run('import', '-q', '--db', db, c)
    got = run('export', '--db', db, '--view', 'month')[1].splitlines()
    same(sorted(got), whole, 'what was in it comes back with its captures, once')

# ---- two programs for the lock
db = path('db')
copy(base, db)
running = [begin('db', 'compact', '--db', db) for _ in range(4)] + \
    [begin('import', '-q', '--db', db, c) for c in captures] + [begin('db', 'backup', '--db', db, path('b9'))]
codes = [p.wait(120) for p in running]
ok(all(c in (0, 6) for c in codes[:4]) and not any(codes[4:]), 'twelve programs at once: each ends', codes)
same(export(db), whole, 'and the history is what it was')
same(sound(db), [], 'and sound')

shutil.rmtree(folder, ignore_errors=True)
done()

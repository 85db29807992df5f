"""kill -9 at random instants over what changes a history on purpose, or mends it.

usage: kill_life.t YORE SOURCE_ROOT CAPTURE    (CAPTURE: bench/capture.c)

As kill.t: erase, stages (import into one, promote, drop), repair of a damaged shelf,
compaction as searches see it, who asked, places, exports and records with a time of their
own. 4 rounds; with $YORE_LONG 200.
"""
import json
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
from killing import (MANY, begin, capture, copy, dice, either, export, folder, kill_after, killed_at, ok, path,
                     rounds, run, same, sound)
from asking import done, root
sys.path.append(os.path.join(here, '..', 'who'))
from traffic import DAY, Capture

FEW = 4
DAYS_AGO = int(time.time()) // DAY * DAY - 40 * DAY

captures = [capture(f'{i}.pcap', 1500, '-s', str(i), '-t', str(1400000000 + i * 20000000)) for i in range(3)]
base = path('base')
for c in captures:
    run('import', '-q', '--db', base, c)
whole = export(base)
ok(len(whole) > 1000, f'{len(whole)} rows to compare')

# ---- erase: year by year, and in the end for good
owners = sorted({json.loads(x)['rrname'] for x in whole})
zones = {'.'.join(x.rstrip('.').split('.')[-2:]) for x in owners}
zone = max(sorted(z for z in zones if '.' in z), key=lambda z: sum(x.rstrip('.').endswith('.' + z) for x in owners))
erase = lambda db: ('db', 'erase', '--db', db, '*.' + zone)
run(*erase(copy(base, path('t'))))
left = export(path('t'))
ok(0 < len(left) < len(whole), f'{len(whole) - len(left)} rows of {zone} to forget')
killed_at('erase', erase, base, either(whole, left), left, few=FEW)
for c in captures:
    run('import', '-q', '--db', path('db'), c)
same(export(path('db')), left, 'erase: and what comes once more comes without it')

# ---- stages
lines = path('more.ndjson')
with open(lines, 'w') as f:
    for n in range(400):
        f.write(json.dumps({'rrname': f'h{n}.staged.example.', 'rrtype': 'A', 'rdata': [f'198.51.100.{n % 250}'],
                            'time_first': 1420070400 + n, 'time_last': 1430000000, 'count': 3}) + '\n')
more = capture('more.pcap', 1500, '-s', '77', '-t', '1430000000')


def both_of(db):
    """The history, and the stage as rows of its own."""
    rows = export(db)
    if os.path.exists(os.path.join(db, 'stage', 'try', 'FORMAT')):
        rows = rows + ['staged'] + export(db, '--stage', 'try', well=(0, 4))
    return rows


stage = lambda db: ('import', '-q', '--db', db, '--stage', 'try', more, lines)
run(*stage(copy(base, path('staged'))))
staged = export(path('staged'), '--stage', 'try')
killed_at('import into a stage', stage, base,
          lambda rows: rows[:len(whole)] == whole and (len(rows) == len(whole) or rows[len(whole)] == 'staged') and
          set(rows[len(whole) + 1:]) <= set(staged), whole + ['staged'] + staged, looks=both_of, few=FEW)
promote = lambda db: ('db', 'promote', '--db', db, 'try')
run(*promote(copy(path('staged'), path('t'))))
both = export(path('t'))
ok(len(both) > len(whole) + 400, 'what was staged to be promoted')
killed_at('promote', promote, path('staged'), either(whole, both), both, ends=(0, 6), few=FEW)
ok(not os.path.exists(os.path.join(path('db'), 'stage', 'try')), 'promote: in the end the stage is gone')
killed_at('drop', lambda db: ('db', 'drop', '--db', db, 'try'), path('staged'), [whole], whole, ends=(0, 6), few=FEW)
ok(not os.path.exists(os.path.join(path('db'), 'stage', 'try')), 'drop: in the end the stage is gone')

# ---- repair: bad blocks in a file of rows
hurt = copy(base, path('hurt'))
run('db', 'compact', '--db', hurt)
year = os.path.join(hurt, 'y2014')
sst = max((os.path.join(year, x) for x in os.listdir(year) if x.endswith('.sst')), key=os.path.getsize)


def whatever(db):
    return export(db, well=(0, 3))


def named(db):
    status, out, err = run('db', 'verify', '--db', db)
    return [] if status == 6 and 'y2014' in out + err else [f'{status} {out} {err}']


# where rows are: a block is found by what it takes away
intact, readable = open(sst, 'rb').read(), whole
for at in range(len(intact) // 16, len(intact), len(intact) // 16):
    with open(sst, 'wb') as f:
        f.write(intact[:at] + b'\xff' * 64 + intact[at + 64:])
    readable = whatever(hurt)
    if readable != whole:
        break
ok(0 < len(readable) < len(whole), f'{len(whole) - len(readable)} rows cannot be read')
repair = lambda db: ('db', 'repair', '--db', db)
status, out, err = run(*repair(copy(hurt, path('t'))))
mended = whatever(path('t'))
same(mended, readable, 'repair keeps what can be read')
killed_at('repair', repair, hurt, [readable], readable, ends=(0, status), looks=whatever, verified=named, few=FEW)
status, out, err = run('db', 'repair', '--db', path('db'), '--forget', 'y2014')
same((status, sound(path('db')), export(path('db'))), (0, [], readable), 'and its loss can be accepted')

# ---- compaction, as searches over all names see it
found = sorted(json.loads(x)['rrname'] for x in run('query', '--db', base, '-j', '/a[a-z]*[0-9]/', '-l', '0')[1].splitlines())
ok(len(found) > 10, f'{len(found)} rows whose names have a pattern')
killed_at('compact, then a search', lambda db: ('db', 'compact', '--db', db), base, [found], found, few=FEW,
          looks=lambda db: sorted(json.loads(x)['rrname'] for x in
                                  run('query', '--db', db, '-j', '/a[a-z]*[0-9]/', '-l', '0')[1].splitlines()))


# ---- who asked, and places
def clients():
    c = Capture()
    for n in range(3000):
        c.ask(DAYS_AGO + n * 20, f'10.0.{n % 7}.{n % 200}', f'h{n % 90}.shop{n % 11}.example',
              addrs=[f'192.0.2.{n % 200}'])
    c.write(path('clients.pcap'))
    return path('clients.pcap')


def who(db):
    status, out, err = run('query', '--db', db, '--who-asked', '--reason', 'test', '-j', '/./', '-l', '0')
    return sorted(out.splitlines())


def all_of(db):
    rows = export(db, '--places')
    return rows + ['who'] + who(db) if os.path.isdir(os.path.join(db, 'who')) else rows


taps = clients()
take = lambda db: ('import', '-q', '--db', db, '--memory', '64M', '--who-asked', '--who-retention', '90d', '--places',
                   '--vantage', 'below', taps)
once = copy(base, path('once'))
status, out, err = run(*take(once))
want = all_of(once)
asked = who(once)
ok(status == 0 and len(asked) > 100, f'{len(asked)} rows of who asked', status, err)
before = export(base, '--places')
now = set(want)
killed_at('import with who asked and places', take, base,
          lambda rows: set(x for x in rows if x != 'who') <= now | set(before), want, looks=all_of, few=FEW)
with open(os.path.join(once, 'who', 'retention'), 'w') as f:
    f.write('1\n')
gone = [x for x in want if x not in asked]
killed_at('expire of who asked', lambda db: ('db', 'expire', '--db', db, '--who-asked'), once,
          lambda rows: set(gone) <= set(rows) <= now, gone, looks=all_of, few=FEW)


# ---- exports, which read: killed or not, the database is as it was
def exports():
    wrong, killed, n = [], 0, 0
    for i in rounds(ok, 'export', FEW, MANY):
        n += 1
        killed += kill_after(begin('export', '--db', base), 0.1 * dice.random())
        if export(base) != whole:
            wrong.append(f'round {i}')
    ok(not wrong and sound(base) == [], f'export: killed {killed} times of {n}, nothing is changed', *wrong[:3])


exports()
shutil.rmtree(folder, ignore_errors=True)
done()

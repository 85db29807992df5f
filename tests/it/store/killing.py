"""What the tests of kills share: databases of ours, and one loop for every verb."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, '..'), os.path.join(here, '..', 'query'), os.path.join(here, '..', 'sense')]
from asking import ok, run, same, yore
from rounds import rounds
from sensor import environment

os.environ.update(environment())  # the leak finder does not work inside of the sandbox

FEW, MANY = 10, 200
make_capture = os.path.abspath(sys.argv[3])
folder = tempfile.mkdtemp(prefix='yore-kills-')
os.environ.update(XDG_STATE_HOME=os.path.join(folder, 'state'), XDG_CACHE_HOME=os.path.join(folder, 'cache'))
dice = random.Random(7)


def path(name):
    return os.path.join(folder, name)


def capture(name, packets, *args):
    subprocess.run([make_capture, '-n', str(packets), '-u', str(packets // 5), *args, path(name)],
                   check=True, timeout=120)
    return path(name)


def export(db, *args, well=(0,)):
    status, out, err = run('export', '--db', db, '--view', 'month', *args)
    return sorted(out.splitlines()) if status in well else [f'{status} {err}']


def copy(db, to):
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(['cp', '-r', db, to], check=True)
    return to


def sound(db):
    status, out, err = run('db', 'verify', '--db', db)
    return [] if status == 0 else [out[:300], err[:300]]


def begin(*args):
    return subprocess.Popen([yore, *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_after(p, seconds):
    time.sleep(seconds)
    alive = p.poll() is None
    if alive:
        p.send_signal(signal.SIGKILL)
    p.wait(60)
    return alive


def either(before, after):
    """Each year is as it was or as it becomes, whole."""
    def of_years(rows):
        out = {}
        for x in rows:
            out.setdefault(json.loads(x).get('month', '-')[:4], []).append(x)
        return out
    b, a = of_years(before), of_years(after)

    def allowed(rows):
        if rows and not rows[0].startswith('{'):
            return False
        got = of_years(rows)
        return all(got.get(y, []) in (b.get(y, []), a.get(y, [])) for y in {*got, *b, *a})
    return allowed


def killed_at(what, args, base, allowed, final, ends=(0,), looks=export, verified=sound, few=FEW):
    """The verb on a copy of base: killed, what `looks` sees is allowed; at last it is final."""
    db, wrong, killed, n = path('db'), [], 0, 0
    copy(base, db)
    began = time.monotonic()
    same(run(*args(db))[0], 0, f'{what}: undisturbed')
    length = time.monotonic() - began
    same(looks(db), final, f'{what}: what it comes to')
    for i in rounds(ok, what, few, MANY):
        n += 1
        copy(base, db)
        if kill_after(begin(*args(db)), length * (0.1 + dice.random())):
            killed += 1
        else:
            length *= 0.7  # the first one was a slow one
        rows = looks(db)
        if not (allowed(rows) if callable(allowed) else rows in allowed):
            wrong.append(f'round {i}: {len(rows)} rows, neither before nor after: {rows[-1:]}')
        wrong += verified(db)
        status, out, err = run(*args(db))
        if status not in ends or looks(db) != final:
            wrong.append(f'round {i}: once more: {status} {err}')
        wrong += verified(db)
    ok(killed > n // 4, f'{what}: killed {killed} times of {n}')
    ok(not wrong, f'{what}: before or after, never between; then it ends well', *wrong[:6])

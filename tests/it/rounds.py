"""Loops that may take long: their number, their bound in time, and how far they are.

`make check` takes the few, `make check-long` ($YORE_LONG) the many. What a machine cannot
do within the bound is skipped, and said so. $YORE_PROGRESS is a file that
tools/check.sh shows while the tests run."""
import os
import sys
import time

LONG = bool(os.environ.get('YORE_LONG'))
_test = os.path.relpath(sys.argv[0], os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))


def progress(text):
    name = os.environ.get('YORE_PROGRESS')
    if name:
        with open(name, 'a') as f:
            f.write('%s %s: %s\n' % (time.strftime('%H:%M:%S'), _test, text))


def rounds(ok, what, few, many, seconds=600):
    """The numbers of the rounds; `ok` prints a line of TAP when time is up before."""
    want = many if LONG else few
    began = said = time.monotonic()
    for i in range(want):
        now = time.monotonic()
        if i and now - began > seconds:
            ok(True, '%s: %d of %d rounds # SKIP the rest: %d s are over' % (what, i, want, seconds))
            return
        if LONG and (now - said > 20 or i == 0):
            progress('%s: round %d of %d' % (what, i + 1, want))
            said = now
        yield i
    if LONG:
        progress('%s: %d rounds in %d s' % (what, want, time.monotonic() - began))

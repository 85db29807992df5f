"""TAP, as every test of the whole program prints it."""
import sys, types

NOTE_LINES = 40 # of one note, and notes of one list, at most

count = failed = 0


def tell(*notes):
    """For people; a list is many notes."""
    for note in notes:
        many = isinstance(note, (list, tuple, set, types.GeneratorType))
        for n in list(note)[:NOTE_LINES] if many else [note]:
            for line in str(n).splitlines()[:NOTE_LINES]:
                print(f"# {line}")


def ok(good, text, *notes):
    """One assertion; its failure is explained by notes."""
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {text}")
    if not good:
        tell(*notes)
    sys.stdout.flush()
    return good


def skip(text, why=None):
    """One assertion (or, without why, several: text is the reason) that cannot be made."""
    global count
    count += 1
    print(f"ok {count} - {text} # SKIP {why}" if why else f"ok {count} # SKIP {text}", flush=True)


def done():
    print(f"1..{count}")
    sys.exit(failed != 0)

"""What the checks of the house share: TAP, and the list of files that are ours."""
import os, subprocess, sys

count = failed = 0


def ok(good, text, notes=()):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {text}")
    for n in list(notes)[:40]:
        print(f"# {n}")
    sys.stdout.flush()
    return good


def skip(text, why):
    global count
    count += 1
    print(f"ok {count} - {text} # SKIP {why}")


def done():
    print(f"1..{count}")
    sys.exit(failed != 0)


def files(root, *suffixes):
    """Paths relative to root: what git tracks (and has not yet), or, without git, all."""
    r = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                       capture_output=True, text=True)
    if r.returncode == 0:
        found = r.stdout.splitlines()
    else:
        found = []
        for where, folders, names in os.walk(root):
            folders[:] = [d for d in folders
                          if d not in (".git", "node_modules") and not d.startswith("build")]
            found += [os.path.relpath(os.path.join(where, n), root) for n in names]
    return sorted(f for f in found if os.path.isfile(os.path.join(root, f))
                  and (not suffixes or f.endswith(suffixes)))

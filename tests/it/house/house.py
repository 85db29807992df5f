"""What the checks of the house share: TAP, and the list of files that are ours."""
import os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok, skip


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

"""Folders that go when the test ends, however it ends."""
import atexit, shutil, tempfile


def folder(of):
    path = tempfile.mkdtemp(prefix=f"yore-{of}-")
    atexit.register(shutil.rmtree, path, True)
    return path

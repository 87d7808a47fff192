#!/usr/bin/env python3
"""Runs a program with what setup.py prepared; exit code 77 where that could not be.

    tests/interop/with_clients.py FOLDER SIDE... -- PROGRAM [argument...]

The first SIDE that is a Python environment runs the program; where none is, this Python does.
"""
import os
import pathlib
import sys

from setup import SIDES

at = sys.argv.index("--")
folder = pathlib.Path(sys.argv[1]).resolve()
python = None
for side in sys.argv[2:at]:
    home = folder / SIDES[side][0]
    if not (home / "complete").exists():
        print(f"skipped: the clients of {side} are not installed; interop.setup_{side} says why")
        sys.exit(77)
    if python is None and (home / "bin" / "python").exists():
        python = home / "bin" / "python"
os.environ["TRAINYARD_INTEROP"] = str(folder)
# The packages were installed uncompiled; what is compiled now is kept, but not among the sources.
os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
python = str(python or sys.executable)
os.execv(python, [python, *sys.argv[at + 1:]])

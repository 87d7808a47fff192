#!/usr/bin/env python3
"""Runs a program with the Python that setup.py prepared; exit code 77 where it could not be.

    tests/interop/with_clients.py FOLDER PROGRAM [argument...]

TRAINYARD_VENV names another environment in FOLDER than "venv".
"""
import os
import pathlib
import sys

folder = pathlib.Path(sys.argv[1]).resolve()
venv = folder / os.environ.get("TRAINYARD_VENV", "venv")
python = venv / "bin" / "python"
if not (venv / "complete").exists():
    print(f"skipped: the clients of {venv.name} are not installed; interop.setup says why")
    sys.exit(77)
os.environ["TRAINYARD_INTEROP"] = str(folder)
os.execv(python, [str(python), "-B", *sys.argv[2:]])

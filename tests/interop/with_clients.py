#!/usr/bin/env python3
"""Runs a program with the Python that setup.py prepared; exit code 77 where it could not be.

    tests/interop/with_clients.py FOLDER PROGRAM [argument...]
"""
import os
import pathlib
import sys

folder = pathlib.Path(sys.argv[1]).resolve()
python = folder / "venv" / "bin" / "python"
if not (folder / "venv" / "complete").exists():
    print("skipped: boto3 and moto are not installed; interop.setup says why")
    sys.exit(77)
os.environ["TRAINYARD_INTEROP"] = str(folder)
os.execv(python, [str(python), "-B", *sys.argv[2:]])

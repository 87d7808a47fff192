"""Assertions that are counted. Each compares what a client read with what AWS documents; `run` tells the total."""
import pathlib
import traceback

import harness as h

count = 0


def true(condition, what):
    global count
    count += 1
    h.expect(condition, what)


def equal(actual, wanted, what):
    true(actual == wanted, f"{what}: {actual!r}, expected {wanted!r}")


def contains(text, part, what):
    true(part in text, f"{what}: {text!r}, expected {part!r} in it")


def refused(call, code, *, text=None, status=None, shape=None, **arguments):
    """botocore's error with this code, and where given with this text, HTTP status and exception class."""
    from botocore.exceptions import ClientError
    what = f"{getattr(call, '__name__', call)}({str(arguments)[:200]})"
    try:
        answer = call(**arguments)
    except ClientError as e:
        equal(e.response["Error"]["Code"], code, f"error code of {what}")
        if text is not None:
            equal(e.response["Error"]["Message"], text, f"error text of {what}")
        if status is not None:
            equal(e.response["ResponseMetadata"]["HTTPStatusCode"], status, f"status of {what}")
        if shape is not None:
            equal(type(e).__name__, shape, f"exception class of {what}")
        return e
    raise h.mismatch(f"{what} gave {str(answer)[:300]}, expected {code}")


def _place(e):
    """The test's own line, not that of a function here or in a client."""
    frames = [f for f in traceback.extract_tb(e.__traceback__) if f.filename.startswith(str(h.HERE)) and
              pathlib.Path(f.filename).name not in ("tally.py", "harness.py")]
    return f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def run(parts, *arguments, log=lambda: ""):
    """Runs every part, also after one has failed: the others still tell something."""
    failed = []
    for part in parts:
        before = count
        try:
            part(*arguments)
            print(f"{part.__name__}: ok, {count - before} assertions", flush=True)
        except Exception as e:
            failed.append(part.__name__)
            print(f"{part.__name__}: {_place(e)}: {type(e).__name__}: {e}", flush=True)
    print(f"{count} assertions", flush=True)
    h.expect(not failed, f"{', '.join(failed)}\n{log()}")

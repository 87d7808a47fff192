#!/usr/bin/env python3
"""The credential chain of `trainyard doctor --credentials` against botocore's and the AWS CLI's, set-up by set-up.

Every set-up is a home folder, files and variables. All three tools resolve it; they must agree on key, secret, token and
region, or on failing. Where we differ on purpose the set-up says so, the table in README.md names it, and this program
fails when the difference is gone.

    credentials.py [--alone]    --alone: only Trainyard, against what each set-up says must come out; needs no pip
"""
import collections
import concurrent.futures
import dataclasses
import json
import os
import re
import subprocess
import sys

import credentials_setups
import credentials_stub
import harness as h

SECONDS_MAX = 60  # of one tool on one set-up
SETUPS_MIN = 40
WORKERS = 2

# Runs in a process of its own: botocore reads the environment and the home folder when it is imported.
RESOLVE = """
import hashlib, json, sys
def fingerprint(text):
    return hashlib.sha256(text.encode()).hexdigest() if text else None
try:
    import boto3
    session = boto3.session.Session(profile_name=sys.argv[1] or None)
    found = session.get_credentials()
    if found is None:
        raise LookupError('no credentials')
    k = found.get_frozen_credentials()
    print(json.dumps({'found': True, 'key': k.access_key, 'secret': fingerprint(k.secret_key),
                      'token': fingerprint(k.token), 'region': session.region_name, 'end': k.secret_key[-4:]}))
except Exception as e:
    print(json.dumps({'found': False, 'error': f'{type(e).__name__}: {e}'}))
"""


@dataclasses.dataclass
class outcome:
    found: bool
    key: str = None
    secret: str = None  # SHA-256
    token: str = None
    region: str = None
    error: str = None
    code: int = None
    end: str = None  # of the secret

    def same(self, other):
        return (self.found, self.key, self.secret, self.token, self.region if self.found else None) == (
            other.found, other.key, other.secret, other.token, other.region if other.found else None)


def run(command, env, cwd):
    return subprocess.run([str(c) for c in command], env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=SECONDS_MAX, start_new_session=True)


def by_botocore(s, env):
    got = run([sys.executable, "-B", "-c", RESOLVE, s.profile], env, s.home)
    h.expect_equal(got.returncode, 0, f"{s.name}: botocore\n{got.stderr}")
    return outcome(**json.loads(got.stdout))


def by_trainyard(s, env):
    command = [h.BIN, "doctor", "--credentials", "--json", "--show-key-id"]
    got = run(command + (["--profile", s.profile] if s.profile else []), env, s.home)
    h.expect(got.stdout, f"{s.name}: trainyard printed nothing\n{got.stderr}")
    said = json.loads(got.stdout)
    h.expect("canary" not in got.stdout + got.stderr, f"{s.name}: a secret was printed\n{got.stdout}\n{got.stderr}")
    h.expect_equal(said["found"], got.returncode == 0, f"{s.name}: found, by exit code {got.returncode}")
    return outcome(said["found"], said.get("access_key_id"), said.get("secret_sha256"), said.get("token_sha256"),
                   said["region"]["name"], said["error"], got.returncode)


def check_cli(s, env, botocore):
    """`aws configure list` shows the last four characters of key and secret."""
    aws = h.FOREIGN / "venv" / "bin" / "aws"
    got = run([sys.executable, aws, "configure", "list"] + (["--profile", s.profile] if s.profile else []), env, s.home)
    shown = {name: m.group(1) for name in ("access_key", "secret_key")
             if (m := re.search(rf"{name}[ :]+\*{{16}}(.{{4}})", got.stdout))}
    if not botocore.found:
        h.expect(got.returncode != 0 or not shown, f"{s.name}: the CLI found keys, botocore did not\n{got.stdout}")
        return
    if botocore.key:  # nothing is shown of an empty one
        h.expect_equal(shown, {"access_key": botocore.key[-4:], "secret_key": botocore.end},
                       f"{s.name}: ends by the CLI\n{got.stdout}\n{got.stderr}")
    region = re.search(r"^ *region[ :]+(\S+)", got.stdout, re.M).group(1)
    h.expect_equal(None if region.startswith("<") else region, botocore.region, f"{s.name}: region by the CLI")


def check_alone(s, stub):
    """What the set-up itself expects, without anyone to compare with."""
    ours = by_trainyard(s, s.make(h.folder() / "homes", stub))
    h.expect_equal(ours.code, s.code or 0, f"{s.name}: exit code\n{ours}")
    if ours.found and s.key:
        h.expect_equal(ours.key, s.key, f"{s.name}: key")
    return ours.found


def check(s, stub):
    env = s.make(h.folder() / "homes", stub)
    botocore, ours = by_botocore(s, env), by_trainyard(s, env)
    check_cli(s, env, botocore)
    told = f"\nbotocore: {botocore}\ntrainyard: {ours}"
    if s.code is not None:
        h.expect_equal(ours.code, s.code, f"{s.name}: exit code{told}")
    if s.differs:
        h.expect(not botocore.same(ours), f"{s.name}: no longer differs; take it out of the table{told}")
        h.expect_equal(botocore.found, s.theirs_found, f"{s.name}: found by botocore{told}")
        h.expect(s.theirs_found or ours.found or s.code, f"{s.name}: nothing differs{told}")
    else:
        h.expect(botocore.same(ours), f"{s.name}: they disagree{told}")
    if ours.found and s.key:
        h.expect_equal(ours.key, s.key, f"{s.name}: key")
    return ours.found


def check_table(setups):
    """README.md names each difference, once."""
    text = (h.HERE / "README.md").read_text().split("## Where our credential chain differs")[1]
    named = re.findall(r"^\| `([\w-]+)` \|", text, re.M)
    h.expect_equal(sorted(named), sorted(s.name for s in setups if s.differs), "differences in README.md")


def need_the_others():
    try:
        import boto3  # noqa: F401
    except ImportError:
        h.skip("boto3 is not installed; interop.setup_python says why")
    if not (h.FOREIGN / "venv" / "bin" / "aws").exists():
        h.skip("the AWS CLI is not installed; interop.setup_python says why")


def main():
    alone = "--alone" in sys.argv
    if not alone:
        need_the_others()
    stub = credentials_stub.stub()
    setups = credentials_setups.all_setups(stub)
    names = collections.Counter(s.name for s in setups)
    h.expect_equal([n for n, times in names.items() if times > 1], [], "names used twice")
    h.expect(len(setups) >= SETUPS_MIN, f"only {len(setups)} set-ups")
    check_table(setups)
    wanted = os.environ.get("TRAINYARD_SETUP")  # one alone, to look into it
    chosen = [s for s in setups if not wanted or s.name == wanted]
    failed, found = [], 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for s, done in [(s, pool.submit(check_alone if alone else check, s, stub)) for s in chosen]:
            try:
                found += done.result()
            except h.mismatch as e:
                failed.append(str(e))
    h.expect(not failed, f"{len(failed)} of {len(chosen)} set-ups\n" + "\n\n".join(failed))
    differ = sum(1 for s in chosen if s.differs)
    print(f"{len(chosen)} set-ups: {found} with credentials, {differ} with a documented difference")


if __name__ == "__main__":
    h.main(main)

#!/usr/bin/env python3
"""The dispatcher on a disk, a machine and a memory that fail it: it stops, and nothing is lost or started twice.

    disk.py TRAINYARD

Every test ends with a run to the end without the fault, judged by `trainyard audit` against the local AWS's jobs.
Needs Python's standard library; strace for one test, the right to mount for another: they say so when they skip.
"""
import json
import pathlib
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

import running

JOBS = 150
BODY_BYTES = 3000
STOPPED = r"nothing more is started or deleted"


def job(n, size=BODY_BYTES):
    body = json.loads(json.dumps(running.JOB))
    body["name"] = f"job-{n}"
    body["request"]["HyperParameters"]["filling"] = "x" * min(size, 2500)
    for i in range(size // 2500):
        body["request"]["HyperParameters"][f"filling-{i}"] = "x" * 2500
    return json.dumps(body)


class Disk(running.FleetProgram):
    def submit(self, count, first=0, size=BODY_BYTES):
        text = "\n".join(job(first + n, size) for n in range(count))
        done = self.call("submit", "-c", "fleet.yaml", "-", text=text)
        self.assertEqual(done.returncode, 0, done.stderr)

    def begin(self, count=JOBS):
        self.local()
        self.make_queue()
        self.submit(count)

    def run_to_the_end(self, under=(), **popen):
        """One `run` until idle; its exit code and standard error."""
        done = subprocess.run([*under, self.PROGRAM, "run", "-c", "fleet.yaml", "--until-idle", "--poll-wait", "1"],
                              cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=running.SECONDS_MAX, **popen)
        return done.returncode, done.stderr

    def audit(self):
        done = self.call("audit", "ledger.db", "--fleet", "fleet.yaml", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def recover(self, count=JOBS):
        """After the fault: everything comes to its end, and every job was started exactly once."""
        code, said = self.run_to_the_end()
        self.assertEqual(code, 0, said)
        found = self.audit()
        self.assertEqual((found["jobs"], found["states"]), (count, {"succeeded": count}), found)
        self.assertEqual(found["sagemaker"]["listed"], count, "one SageMaker job for each")
        return found

    def test_files_that_may_not_grow(self):
        self.begin()

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        code, said = self.run_to_the_end(preexec_fn=limit)
        self.assertEqual(code, 1, said)
        self.assertRegex(said, STOPPED)
        self.recover()

    def test_full_disk(self):
        mount = self.folder / "small"
        mount.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", mount], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", mount])
        self.fleet(change=lambda text: text.replace("ledger: ledger.db", "ledger: small/ledger.db"))
        self.begin()
        code, said = self.run_to_the_end()
        self.assertEqual(code, 1, said)
        self.assertRegex(said, "disk is full")
        for suffix in ("", "-wal"):
            shutil.copy(mount / f"ledger.db{suffix}", self.folder / f"ledger.db{suffix}")
        self.fleet()
        self.recover()

    def test_sync_that_fails(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        probe = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"ptrace is not allowed here: {probe.stderr.strip()}")
        self.begin()
        failures = 0
        for nth in (2, 5, 9, 14):
            inject = f"inject=fsync,fdatasync:error=EIO:when={nth}"
            code, said = self.run_to_the_end(under=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
                                                    "-e", inject])
            self.assertIn(code, (0, 1), said)
            failures += code
            if code == 1:
                self.assertRegex(said, "start again")
        self.assertGreaterEqual(failures, 2, "the injected failures were not met")
        self.recover()

    def test_stopped_for_longer_than_every_time_limit(self):
        self.begin()
        child = self.start("run", "-c", "fleet.yaml", "--until-idle", "--poll-wait", "1")
        self.line(child.stderr, r"serving")
        child.send_signal(signal.SIGSTOP)
        # No event tells that time has passed: more than a call's limit and a message's visibility, 30 s each. What it
        # had received is visible again, and its requests are answered or cut off.
        select.select([], [], [], 33)
        child.send_signal(signal.SIGCONT)
        self.assertEqual(child.wait(running.SECONDS_MAX), 0, child.stderr.read())
        self.recover()

    def test_memory_that_runs_out(self):
        self.local()
        self.make_queue()
        child = self.start("run", "-c", "fleet.yaml", "--poll-wait", "1")
        self.line(child.stderr, r"serving")
        pages = int(pathlib.Path(f"/proc/{child.pid}/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + (2 << 20)
        resource.prlimit(child.pid, resource.RLIMIT_AS, (limit, limit))
        self.submit(60, size=100_000)
        code = child.wait(running.SECONDS_MAX)
        self.assertNotEqual(code, 0, "it can end only by stopping")
        self.recover(60)

    def test_a_backup_that_forgot_starts(self):
        self.begin(20)
        child = self.start("run", "-c", "fleet.yaml", "--poll-wait", "1")
        self.line(child.stderr, r"admin on (http://\S+)")
        self.until(lambda: self.states().get("succeeded") == 20)
        done = self.call("audit", "ledger.db", "--backup", "copy.db", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["jobs"]), (0, 20), done.stderr)
        in_use = self.call("audit", "ledger.db")
        self.assertEqual(in_use.returncode, 2)
        self.assertIn("--backup FILE", in_use.stderr)
        self.submit(10, first=20)
        self.until(lambda: self.states().get("succeeded") == 30)
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(running.SECONDS_MAX), 0)

        done = self.call("restore", "ledger.db", "copy.db")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(list(self.folder.glob("ledger.db.replaced-*")))
        done = self.call("audit", "ledger.db", "--json")
        self.assertTrue(json.loads(done.stdout)["restored_and_not_reconciled"])
        done = self.call("audit", "ledger.db", "--fleet", "fleet.yaml", "--json")
        self.assertEqual(done.returncode, 4, "ten jobs run that this ledger never started")
        self.assertEqual(json.loads(done.stdout)["phantom"], 10)
        self.submit(5, first=30)
        code, said = self.run_to_the_end()
        self.assertEqual(code, 0, said)
        found = self.audit()
        self.assertEqual((found["jobs"], found["recorded_phantoms"]), (25, 10), found)
        self.assertEqual(found["sagemaker"]["listed"], 35)
        self.assertFalse(found["restored_and_not_reconciled"])

    def states(self):
        count = {}
        for line in self.call("jobs", "-c", "fleet.yaml", "--json").stdout.splitlines():
            state = json.loads(line)["state"]
            count[state] = count.get(state, 0) + 1
        return count

    def until(self, condition):
        deadline = time.monotonic() + running.SECONDS_MAX
        while not condition():
            self.assertLess(time.monotonic(), deadline)


if __name__ == "__main__":
    running.RunningProgram.PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)

"""What tests of the finished program share: a folder of its own, children that end with the test, lines to wait for."""
import ctypes
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SECONDS_MAX = 60
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class RunningProgram(unittest.TestCase):
    PROGRAM = ""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-world-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.environment.update(AWS_ACCESS_KEY_ID="000000000000", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1",
                                AWS_EC2_METADATA_DISABLED="true")

    def start(self, *arguments):
        child = subprocess.Popen([self.PROGRAM, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent)

        def end():
            child.kill()
            child.wait()
            child.stdout.close()
            child.stderr.close()
        self.addCleanup(end)
        return child

    def line(self, pipe, pattern):
        """The first line of a pipe that matches, within the time."""
        deadline, seen = time.monotonic() + SECONDS_MAX, b""
        while not (m := re.search(pattern, seen.decode(errors="replace"))):
            self.assertTrue(select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0], f"no {pattern}: {seen}")
            got = os.read(pipe.fileno(), 65536)
            self.assertTrue(got, f"ended before {pattern}: {seen}")
            seen += got
        return m

    def local(self, *options):
        child = self.start("local", "--port", "0", "--time-scale", "1000", *options)
        self.environment["AWS_ENDPOINT_URL"] = self.line(child.stdout, r"listening on (http://\S+)").group(1)
        return child

"""What tests of the finished program share: a folder of its own, children that end with the test, lines to wait for."""
import ctypes
import datetime
import hashlib
import hmac
import json
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
import urllib.request

SECONDS_MAX = 60
PR_SET_PDEATHSIG = 1
FLEET = """installation: test
ledger: ledger.db
admin: {admin}
reconcile_seconds: 0.1
accounts:
  - id: "111111111111"
    role: arn:aws:iam::111111111111:role/spoke
    execution_role: arn:aws:iam::111111111111:role/exec
    bucket: s3://b
    regions: [us-east-1]
    limits: {{ml.m5.xlarge: 20}}
    api_rates: {{create: 100, stop: 100, describe: 100, list: 100}}
tenants:
  - name: vision
queues:
  - {{name: jobs, region: us-east-1, tenants: [vision]}}
"""
JOB = {"kind": "training", "name": "one", "request": {
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"}, "RoleArn": "${pool.execution_role}",
    "OutputDataConfig": {"S3OutputPath": "${pool.bucket}/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600}, "HyperParameters": {"trainyard-local-seconds": "30"}}}


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


class FleetProgram(RunningProgram):
    """A program with a fleet file of one account and one queue."""

    def setUp(self):
        super().setUp()
        self.environment.update(AWS_ENDPOINT_URL="http://127.0.0.1:1")
        self.fleet()

    def fleet(self, admin="127.0.0.1:0", change=lambda text: text):
        (self.folder / "fleet.yaml").write_text(change(FLEET.format(admin=admin)))

    def call(self, *arguments, text=None):
        done = subprocess.run([self.PROGRAM, *arguments], cwd=self.folder, env=self.environment, input=text or "",
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertNotIn(self.environment["AWS_SECRET_ACCESS_KEY"] * 2, done.stdout + done.stderr)
        return done

    def make_queue(self):
        """One queue in the local AWS without a foreign client: the demo's own way is CreateQueue over SigV4, so sign here."""
        host = self.environment["AWS_ENDPOINT_URL"].removeprefix("http://")
        body = b'{"QueueName":"jobs"}'
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {"content-type": "application/x-amz-json-1.0", "host": host, "x-amz-date": at,
                   "x-amz-target": "AmazonSQS.CreateQueue"}
        names = ";".join(headers)
        canonical = "POST\n/\n\n" + "".join(f"{k}:{v}\n" for k, v in headers.items()) + f"\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{at[:8]}/us-east-1/sqs/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4test"
        for part in (at[:8], "us-east-1", "sqs", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential=000000000000/{scope}, SignedHeaders={names}, "
                                    f"Signature={signature}")
        request = urllib.request.Request(self.environment["AWS_ENDPOINT_URL"], body, headers)
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            self.assertIn("QueueUrl", json.load(answer))

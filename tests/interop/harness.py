"""What the interop programs share: processes that never outlive the test, waits with a bound, a fleet, the journal.

Needs the environment that CMakeLists.txt here sets: TRAINYARD_BIN, TRAINYARD_DATA, TRAINYARD_INTEROP (where setup.py
put the foreign clients). Exit code 77 means skipped; the reason is printed.
"""
import atexit
import csv
import ctypes
import gzip
import itertools
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = os.environ.get("TRAINYARD_BIN", "trainyard")
DATA = pathlib.Path(os.environ.get("TRAINYARD_DATA", "."))
FOREIGN = pathlib.Path(os.environ.get("TRAINYARD_INTEROP", "."))
HERE = pathlib.Path(__file__).resolve().parent

HOME_ACCOUNT, SPOKES = "000000000000", ("111111111111", "222222222222")
REGION, REGIONS = "us-east-1", ("us-east-1", "us-west-2")
INSTANCE_TYPE, INSTANCES_PER_REGION = "ml.g5.2xlarge", 64
TRACE_JOBS = 2000
# An hour of training takes a second; longer jobs of the trace are cut to that hour.
TIME_SCALE, TRAINING_SECONDS_MAX = 3600, 3600
POLL_SECONDS = 0.02  # between two looks at something that cannot be waited for


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


class mismatch(AssertionError):
    pass


def expect(condition, message):
    if not condition:
        raise mismatch(message)


def expect_equal(actual, wanted, what):
    expect(actual == wanted, f"{what}: {actual!r}, expected {wanted!r}")


# --- processes ------------------------------------------------------------------------------------------------------

_running = []
_folder = None


def folder():
    """A folder of this test alone; removed at its end unless the test failed."""
    global _folder
    if _folder is None:
        _folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-interop-"))
    return _folder


def _die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class process:
    """A child in a session of its own; standard output by line, standard error in a file."""

    def __init__(self, name, command, env=None):
        self.name, self.log = name, folder() / f"{name}.log"
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen([str(c) for c in command], env={**clean_environment(), **(env or {})},
                                          cwd=folder(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                          start_new_session=True, preexec_fn=_die_with_parent)
        self._pending = b""
        self.pidfd = os.pidfd_open(self.popen.pid)
        _running.append(self)

    def line(self, pattern, seconds=30):
        """The first match in standard output, within the time."""
        deadline = time.monotonic() + seconds
        while True:
            while b"\n" in self._pending:
                one, self._pending = self._pending.split(b"\n", 1)
                if m := re.search(pattern, one.decode(errors="replace")):
                    return m
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.popen.stdout], [], [], left)[0]:
                raise mismatch(f"{self.name} did not print {pattern!r} within {seconds} s\n{self.tail()}")
            got = os.read(self.popen.stdout.fileno(), 65536)
            if not got:
                raise mismatch(f"{self.name} ended before it printed {pattern!r}\n{self.tail()}")
            self._pending += got

    def alive(self):
        return self.popen.poll() is None

    def wait(self, seconds):
        """The exit code; a mismatch when it takes longer."""
        if not select.select([self.pidfd], [], [], seconds)[0]:
            raise mismatch(f"{self.name} did not end within {seconds} s\n{self.tail()}")
        return self.popen.wait()

    def pause(self, seconds):
        """Returns after the time, or as soon as the process ends; True when it ended."""
        return bool(select.select([self.pidfd], [], [], seconds)[0])

    def kill9(self):
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()

    def tail(self):
        return f"--- end of {self.log.name}\n" + self.log.read_text(errors="replace")[-3000:]


def _end_all():
    for p in _running:
        p.kill9()
        os.close(p.pidfd)
    _running.clear()


atexit.register(_end_all)


def main(test):
    """Runs `test()`; exit code 0, or 1 with the reason and the ends of all logs."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        test()
    except SystemExit:
        shutil.rmtree(folder(), ignore_errors=True)
        raise
    except Exception as e:
        _end_all()
        if not isinstance(e, mismatch):
            import traceback
            traceback.print_exc()
        print(f"FAILED: {e}")
        print(f"files are kept in {folder()}")
        sys.exit(1)
    _end_all()
    shutil.rmtree(folder(), ignore_errors=True)


def until(what, look, seconds=60):
    """The first true value of look(); a mismatch when there is none within the time."""
    deadline = time.monotonic() + seconds
    while True:
        if got := look():
            return got
        expect(time.monotonic() < deadline, f"{what} did not come within {seconds} s")
        select.select([], [], [], POLL_SECONDS)


def clean_environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}


# --- the local AWS and its clients ----------------------------------------------------------------------------------

def aws_environment(url, account=HOME_ACCOUNT, secret="test"):
    return {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true"}


def client(service, url, account=HOME_ACCOUNT, region=REGION, secret="test", **config):
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        skip("boto3 is not installed; interop.setup_python says why")
    return boto3.client(service, endpoint_url=url, region_name=region, aws_access_key_id=account,
                        aws_secret_access_key=secret, config=Config(retries={"max_attempts": 1}, **config))


class local_aws:
    def __init__(self, *options, name="local", time_scale=TIME_SCALE):
        self.journal_file = folder() / f"{name}-journal.jsonl"
        self.process = process(name, [BIN, "local", "--port", "0", "--journal", self.journal_file,
                                      "--time-scale", str(time_scale), *options])
        self.url = self.process.line(r"listening on (http://\S+)").group(1)

    def journal(self):
        """What the local AWS accepted, by its own record: one object per CreateTrainingJob and StopTrainingJob."""
        if not self.journal_file.exists():
            return []
        text = self.journal_file.read_bytes()
        # The last line may be half written.
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]

    def creates(self):
        return [e for e in self.journal() if e["op"] == "create"]


def write_fleet(queues, tenants, accounts=SPOKES, roles=True):
    """fleet.yaml of two accounts by two regions, as JSON: every JSON document is YAML."""
    fleet = {
        "installation": "interop", "ledger": "./ledger.db", "admin": "127.0.0.1:0", "reconcile_seconds": 0.2,
        "accounts": [{"id": a, "execution_role": f"arn:aws:iam::{a}:role/ty-exec-default", "bucket": f"s3://ty-{a}",
                      **({"role": f"arn:aws:iam::{a}:role/trainyard-spoke"} if roles else {}),
                      "regions": list(REGIONS), "limits": {INSTANCE_TYPE: INSTANCES_PER_REGION},
                      "api_rates": {"create": 1000, "stop": 1000, "describe": 1000, "list": 100}} for a in accounts],
        "tenants": [{"name": t} for t in tenants],
        "queues": [{"url": url, "region": REGION, "tenants": list(tenants)} for url in queues],
        "policy": {"order": "fair"},
    }
    file = folder() / "fleet.yaml"
    file.write_text(json.dumps(fleet, indent=1))
    return file


def run_dispatcher(fleet, url, *options):
    return process("run", [BIN, "run", "-c", fleet, "--poll-wait", "1", *options], aws_environment(url))


def jobs(fleet, url):
    """`trainyard jobs --json`, as objects."""
    done = subprocess.run([BIN, "jobs", "--json", "-c", str(fleet)], env={**clean_environment(), **aws_environment(url)},
                          cwd=folder(), capture_output=True, text=True, timeout=60)
    expect_equal(done.returncode, 0, f"exit code of trainyard jobs ({done.stderr.strip()})")
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- work -----------------------------------------------------------------------------------------------------------

def training_message(name, tenant, seconds, instances=1):
    return {"kind": "training", "name": name, "tenant": tenant, "request": {
        "AlgorithmSpecification": {"TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.4",
                                   "TrainingInputMode": "File"},
        "RoleArn": "${pool.execution_role}", "OutputDataConfig": {"S3OutputPath": "${pool.bucket}/out"},
        "HyperParameters": {"trainyard-local-seconds": str(seconds)},
        "ResourceConfig": {"InstanceType": INSTANCE_TYPE, "InstanceCount": instances, "VolumeSizeInGB": 50},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400}}}


def philly(count=TRACE_JOBS):
    """The first jobs of the Philly trace (Microsoft, October 2017) as messages: vc -> tenant, gpus -> instances."""
    file = DATA / "traces" / "philly_2017-10.csv.gz"
    if not file.exists():
        skip(f"{file} is missing; point TRAINYARD_DATA at the traces")
    with gzip.open(file, "rt") as rows:
        messages = [training_message(f"philly-{row['job_id']}", f"vc-{row['vc']}",
                                     min(int(row["duration_s"]), TRAINING_SECONDS_MAX),
                                     min(int(row["gpus"]), INSTANCES_PER_REGION))
                    for row in itertools.islice(csv.DictReader(rows), count)]
    expect_equal(len(messages), count, "jobs of the trace")
    return messages


def tenants_of(messages):
    return sorted({m["tenant"] for m in messages})


def create_queue(sqs, name, **attributes):
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def send_with_boto3(sqs, queue, messages):
    """By send_message_batch; expects the JSON protocol on the wire, not the older Query protocol."""
    seen = set()
    sqs.meta.events.register("before-send.sqs.*", lambda request, **_: seen.add(
        (request.headers.get("Content-Type"), request.headers.get("X-Amz-Target"))))
    for at in range(0, len(messages), 10):
        answer = sqs.send_message_batch(QueueUrl=queue, Entries=[
            {"Id": str(i), "MessageBody": json.dumps(m)} for i, m in enumerate(messages[at:at + 10])])
        expect(not answer.get("Failed"), f"SQS refused messages: {answer.get('Failed')}")
    expect_equal({(text_of(a), text_of(b)) for a, b in seen}, {("application/x-amz-json-1.0", "AmazonSQS.SendMessageBatch")},
                 "protocol of boto3")


def text_of(header):
    return header.decode() if isinstance(header, bytes) else header


def expect_queue_empty(sqs, queue):
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"])
    expect_equal({int(v) for v in counts["Attributes"].values()}, {0}, "messages left in the queue")


def expect_each_once(aws, fleet, messages):
    """Nothing lost, nothing started twice: the local AWS's journal against Trainyard's own account."""
    known = jobs(fleet, aws.url)
    expect_equal(sorted(j["name"] for j in known), sorted(m["name"] for m in messages), "jobs that Trainyard knows")
    expect_equal({j["state"] for j in known}, {"succeeded"}, "states of the jobs")
    creates = aws.creates()
    names = [(c["account"], c["region"], c["name"]) for c in creates]
    expect_equal(len(names), len(set(names)), "distinct names in the journal")
    attempts = [(c["tags"]["trainyard:job"], c["tags"]["trainyard:attempt"]) for c in creates]
    expect_equal(len(attempts), len(set(attempts)), "distinct (job, attempt) in the journal")
    wanted = [(j["job"], str(n)) for j in known for n in range(1, j["attempts"] + 1)]
    expect_equal(sorted(attempts), sorted(wanted), "starts that the local AWS saw")
    return known, creates

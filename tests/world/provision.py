#!/usr/bin/env python3
"""`trainyard provision` as a user meets it: a fleet is made, watched, repaired, interrupted, used and removed.

    provision.py TRAINYARD

The local AWS enforces IAM's policies and knows only roles that were created, so that a document that lacks a permission
fails here. Needs Python's standard library alone.
"""
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

PROGRAM = ""
SECONDS_MAX = 100
HUB, SPOKE, REGION = "000000000000", "111111111111", "us-east-1"
ROLES = f"arn:aws:iam::{SPOKE}:role"
FLEET = f"""installation: acme/prod
ledger: ledger.db
admin: off
reconcile_seconds: 0.1
accounts:
  - id: "{SPOKE}"
    role: {ROLES}/spoke
    execution_role: {ROLES}/ty-exec
    bucket: s3://training-{SPOKE}
    regions: [{REGION}]
    limits: {{{{ml.m5.xlarge: 20}}}}
    api_rates: {{{{create: 100, stop: 100, describe: 100, list: 100}}}}
tenants:
  - name: vision
queues:
  - {{{{name: {{queue}}, region: {REGION}, tenants: [vision], reject_queue: rejected, results_queue: results}}}}
events:
  - {{{{name: sagemaker-events, region: {REGION}}}}}
provision:
  tags: {{{{Purpose: AIModelTraining}}}}
  pipelines:
    - {{{{name: nightly, definition: nightly.json}}}}
{{more}}"""
PIPELINE = {"Version": "2020-12-01", "Steps": [{
    "Name": "s", "Type": "Lambda", "FunctionArn": f"arn:aws:lambda:{REGION}:{SPOKE}:function:f",
    "Arguments": {"trainyard-local-seconds": 20, "bucket": "${pool.bucket}"}}]}
TRAINING = {
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"}, "RoleArn": "${pool.execution_role}",
    "OutputDataConfig": {"S3OutputPath": "${pool.bucket}/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600}}
JOBS = [
    {"kind": "training", "name": "tr", "request": TRAINING},
    {"kind": "tuning", "name": "tu", "request": {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random", "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "lr", "MinValue": "0.1", "MaxValue": "1"}]}},
        "TrainingJobDefinition": {
            **TRAINING, "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File",
                                                   "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]},
            "StaticHyperParameters": {"trainyard-local-seconds": "10"}}}},
    {"kind": "pipeline", "name": "pi", "resources": {"ml.m5.xlarge": 1}, "request": {"PipelineName": "nightly"}},
    {"kind": "endpoint", "name": "en", "lifetime_seconds": 1, "request": {"EndpointConfig": {"ProductionVariants": [
        {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}]}}},
]
QUERY = {"iam": "2010-05-08", "sts": "2011-06-15"}
JSON = {"sqs": ("AmazonSQS", "1.0"), "events": ("AWSEvents", "1.1"), "sagemaker": ("SageMaker", "1.1")}


class Provision(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-provision-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        (self.folder / "nightly.json").write_text(json.dumps(PIPELINE))
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.environment.update(AWS_ACCESS_KEY_ID=HUB, AWS_SECRET_ACCESS_KEY="test", AWS_REGION=REGION,
                                AWS_EC2_METADATA_DISABLED="true", HOME=str(self.folder), AWS_MAX_ATTEMPTS="1")
        child = subprocess.Popen(
            [PROGRAM, "local", "--port", "0", "--time-scale", "1000", "--control", "--enforce-iam", "--strict-roles"],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.assertTrue(select.select([child.stdout], [], [], SECONDS_MAX)[0])
        self.url = re.search(r"http://\S+", child.stdout.readline().decode()).group(0)
        self.environment["AWS_ENDPOINT_URL"] = self.url
        self.fleet()
        # What AWS Organizations makes in every account that it creates.
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                         "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}}]}
        self.iam("CreateRole", RoleName="OrganizationAccountAccessRole", AssumeRolePolicyDocument=json.dumps(trust))
        self.iam("AttachRolePolicy", RoleName="OrganizationAccountAccessRole",
                 PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def fleet(self, queue="jobs", more="", change=lambda text: text):
        (self.folder / "fleet.yaml").write_text(change(FLEET.format(queue=queue, more=more)))

    # --- AWS by its owner's hand

    def send(self, service, account, body, headers):
        """One signed request; (status, text)."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        host, scope = self.url.removeprefix("http://"), f"{now[:8]}/{REGION}/{service}/aws4_request"
        headers = {k.lower(): v for k, v in headers.items()} | {"host": host, "x-amz-date": now}
        names = ";".join(sorted(headers))
        digest = lambda b: hashlib.sha256(b).hexdigest()
        canonical = "\n".join(["POST", "/", "", *(f"{k}:{headers[k]}" for k in sorted(headers)), "", names, digest(body)])
        key = b"AWS4test"
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest(canonical.encode())}"
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={account}/{scope}, SignedHeaders={names}, "
                                    f"Signature={hmac.new(key, text.encode(), 'sha256').hexdigest()}")
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=SECONDS_MAX) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.read().decode()

    def ask(self, service, operation, account=SPOKE, **members):
        prefix, version = JSON[service]
        status, text = self.send(service, account, json.dumps(members).encode(), {
            "content-type": f"application/x-amz-json-{version}", "x-amz-target": f"{prefix}.{operation}"})
        self.assertEqual(status, 200, text)
        return json.loads(text or "{}")

    def iam(self, operation, account=SPOKE, refused=False, **members):
        body = urllib.parse.urlencode({"Action": operation, "Version": QUERY["iam"], **members}).encode()
        status, text = self.send("iam", account, body, {"content-type": "application/x-www-form-urlencoded"})
        self.assertEqual(status == 200, not refused, text)
        return text

    def queues(self):
        urls = self.ask("sqs", "ListQueues", HUB).get("QueueUrls", [])
        return sorted(u.rsplit("/", 1)[1] for u in urls)

    def queue_url(self, name):
        return self.ask("sqs", "GetQueueUrl", HUB, QueueName=name)["QueueUrl"]

    def control(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{self.url}/_trainyard/{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return json.loads(answer.read() or "null")

    # --- the program

    def call(self, *arguments, expect=0, environment=None):
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment or self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}\n{done.stderr}")
        if (ids := self.folder / "ledger.db.external-ids.json").exists():
            for secret in json.loads(ids.read_text()).values():
                self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def provision(self, verb, *options, expect=0):
        return self.call("provision", verb, "-c", "fleet.yaml", *options, expect=expect)

    def assert_settled(self):
        self.assertEqual(self.provision("plan").stdout, "nothing to do\n")

    # --- what it promises

    def test_made_repaired_and_removed(self):
        plan = self.provision("plan", expect=4).stdout
        self.assertIn(f"+ queue {HUB}/{REGION}/jobs\n", plan)
        self.assertIn("+ tag:Purpose: AIModelTraining", plan)
        self.assertIn("11 to create, 0 to change, 0 to destroy", plan)
        self.assertEqual(self.queues(), [], "a plan changes nothing")
        self.provision("plan", "--detailed-exitcode", expect=2)
        made = json.loads(self.provision("apply", "--json").stdout)
        self.assertEqual(made["queue_url"], f"{self.url}/{HUB}/jobs")
        self.assertEqual(made["pipeline_arn"], f"arn:aws:sagemaker:{REGION}:{SPOKE}:pipeline/nightly")
        self.assertEqual(made["role_arns"][f"{SPOKE}/spoke"], f"{ROLES}/spoke")
        self.assertEqual(self.queues(), ["jobs", "jobs-dlq", "rejected", "results", "sagemaker-events"])
        self.assert_settled()
        self.provision("plan", "--detailed-exitcode")
        self.assertEqual((self.folder / "ledger.db.external-ids.json").stat().st_mode & 0o777, 0o600)
        self.assertIn("nothing to say", self.call("doctor", "-c", "fleet.yaml").stdout)
        self.assertIn(json.dumps("s3://training-" + SPOKE), self.ask(
            "sagemaker", "DescribePipeline", PipelineName="nightly")["PipelineDefinition"])

        # Drift of every kind of thing.
        self.ask("sqs", "SetQueueAttributes", HUB, QueueUrl=self.queue_url("jobs"), Attributes={"VisibilityTimeout": "5"})
        self.ask("sqs", "UntagQueue", HUB, QueueUrl=self.queue_url("rejected"), TagKeys=["Purpose"])
        self.iam("AttachRolePolicy", RoleName="spoke", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        self.iam("DeleteRolePolicy", RoleName="ty-exec", PolicyName="trainyard")
        rule = self.ask("events", "ListRules")["Rules"][0]["Name"]
        self.ask("events", "DisableRule", Name=rule)
        self.ask("sagemaker", "UpdatePipeline", PipelineName="nightly", PipelineDefinition=json.dumps(
            {"Version": "2020-12-01", "Steps": [{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]}))
        drift = self.provision("plan", expect=4).stdout
        self.assertIn("~ VisibilityTimeout: 5 -> 30", drift)
        self.assertIn("- attached:arn:aws:iam::aws:policy/AdministratorAccess", drift)
        self.assertIn("~ state: DISABLED -> ENABLED", drift)
        self.assertIn("0 to create, 6 to change, 0 to destroy", drift)
        self.provision("apply")
        self.assert_settled()
        self.assertNotIn("AdministratorAccess", self.iam("ListAttachedRolePolicies", RoleName="spoke"))

        # A lost file of secrets is written anew from what the roles ask for; nothing else changes.
        ids = self.folder / "ledger.db.external-ids.json"
        before = ids.read_text()
        ids.unlink()
        self.assert_settled()
        self.provision("apply")
        self.assertEqual(ids.read_text(), before)

        self.ask("sqs", "CreateQueue", HUB, QueueName="theirs")
        self.provision("destroy", "--yes")
        self.assertEqual(self.queues(), ["theirs"])
        self.assertEqual(self.ask("events", "ListRules")["Rules"], [])
        self.assertNotIn("<RoleName>spoke<", self.iam("ListRoles"))
        self.assertIn("nothing to do", self.provision("destroy", "--yes").stdout)

    def test_interrupted_anywhere_it_goes_on(self):
        for operation, nth in (("CreateQueue", 3), ("CreateRole", 2), ("PutRolePolicy", 2), ("CreatePipeline", 1),
                               ("PutTargets", 1)):
            with self.subTest(operation=operation, nth=nth):
                self.control("PUT", "faults", [{"operation": operation, "every": nth, "effect": "access_denied"}])
                self.provision("apply", expect=1)
                self.control("DELETE", "faults")
                self.provision("plan", expect=4)
                self.provision("apply")
                self.assert_settled()
                self.control("PUT", "faults", [{"operation": "Delete*", "every": 3, "effect": "access_denied"}])
                self.provision("destroy", "--yes", expect=1)
                self.control("DELETE", "faults")
                self.provision("destroy", "--yes")
                self.assertEqual(self.queues(), [])
                self.control("POST", "clock/advance", {"seconds": 61})  # SQS's rest for a deleted queue's name

    def test_lost_answers_and_slow_spreading_cost_time_alone(self):
        self.control("PUT", "faults", [
            {"operation": "CreateRole", "first": 2, "effect": "answer_lost"},
            {"operation": "CreatePipeline", "first": 1, "effect": "error", "error": {
                "code": "ValidationException", "message": "Could not assume role ty-exec."}}])
        self.environment["AWS_MAX_ATTEMPTS"] = "3"
        self.provision("apply")
        self.assert_settled()

    def test_what_is_not_ours_is_left_alone(self):
        self.ask("sqs", "CreateQueue", HUB, QueueName="jobs", Attributes={"VisibilityTimeout": "77"})
        self.iam("CreateRole", RoleName="spoke", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                    "Principal": {"Service": "ec2.amazonaws.com"}}]}))
        self.ask("sqs", "CreateQueue", HUB, QueueName="rejected", tags={"trainyard:owner": "other"})
        for verb in ("plan", "apply"):
            done = self.provision(verb, expect=1)
            self.assertIn(f"! queue {HUB}/{REGION}/jobs: it exists and was not made by Trainyard", done.stdout)
            self.assertIn(f"! role {SPOKE}/spoke: it exists and was not made by Trainyard", done.stdout)
            self.assertIn("it belongs to the installation 'other', not to 'acme/prod'", done.stdout)
        self.assertEqual(self.queues(), ["jobs", "rejected"])
        self.provision("destroy", "--yes")
        self.assertEqual(self.queues(), ["jobs", "rejected"])
        self.assertEqual(self.ask("sqs", "GetQueueAttributes", HUB, QueueUrl=self.queue_url("jobs"),
                                  AttributeNames=["VisibilityTimeout"])["Attributes"], {"VisibilityTimeout": "77"})
        # Said to be kept elsewhere, they are used and not touched.
        self.fleet(more=f"  existing: [jobs, rejected, '{ROLES}/spoke']\n")
        self.provision("apply")
        self.assert_settled()
        self.provision("destroy", "--yes")
        self.assertEqual(self.queues(), ["jobs", "rejected"])
        self.assertIn("ec2.amazonaws.com", urllib.parse.unquote(self.iam("GetRole", RoleName="spoke")))

    def test_errors_of_the_fleet_file(self):
        self.fleet(change=lambda t: t.replace(f"{ROLES}/ty-exec", "arn:aws:iam::999999999999:role/ty-exec"))
        self.assertIn("is not a role of account 111111111111", self.provision("plan", expect=2).stderr)
        self.fleet(more="  hub_rule: x\n")
        self.assertIn("unknown key 'hub_rule'", self.provision("plan", expect=2).stderr)
        self.fleet()
        (self.folder / "nightly.json").unlink()
        self.assertIn("nightly.json", self.provision("plan", expect=2).stderr)

    def test_the_recipe(self):
        """A tagged FIFO queue, a role with an attachment, a pipeline; then one job of four kinds through the queue, by
        nothing but the roles that were made."""
        full = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
        for more in ("", f"  managed_policies: ['{full}']\n"):
            with self.subTest(more=more):
                self.fleet("jobs.fifo", more)
                made = json.loads(self.provision("apply", "--json").stdout)
                self.assert_settled()
                self.assertEqual(self.ask("sqs", "ListQueueTags", HUB, QueueUrl=made["queue_url"])["Tags"],
                                 {"Purpose": "AIModelTraining", "trainyard:owner": "acme/prod"})
                self.assertEqual(full in self.iam("ListAttachedRolePolicies", RoleName="ty-exec"), bool(more))
                self.ask("sagemaker", "DescribePipeline", PipelineName=made["pipeline_arn"].rsplit("/", 1)[1])
                self.run_jobs(made["queue_url"], "-full" if more else "")
                self.provision("destroy", "--yes")
                self.ask("sagemaker", "DeleteModel", ModelName="m")
                self.control("POST", "clock/advance", {"seconds": 61})

    def run_jobs(self, queue, salt):
        self.ask("sagemaker", "CreateModel", ModelName="m", PrimaryContainer={"Image": "i"},
                 ExecutionRoleArn=f"{ROLES}/ty-exec")
        for job in JOBS:
            # Of different bodies in the two runs: a FIFO queue and the ledger know what was there.
            body = json.dumps({**job, "name": job["name"] + salt})
            self.ask("sqs", "SendMessage", HUB, QueueUrl=queue, MessageBody=body, MessageGroupId=job["kind"])
        (self.folder / "config").write_text(
            f"[profile hub]\nrole_arn = arn:aws:iam::{HUB}:role/trainyard-hub\nsource_profile = keys\nregion = {REGION}\n"
            f"[profile keys]\naws_access_key_id = {HUB}\naws_secret_access_key = test\n")
        environment = {k: v for k, v in self.environment.items() if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        environment.update(AWS_CONFIG_FILE=str(self.folder / "config"), AWS_PROFILE="hub", AWS_MAX_ATTEMPTS="3")
        done = self.call("run", "-c", "fleet.yaml", "--until-idle", "--poll-wait", "1", "--json", environment=environment)
        summary = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(set(summary["jobs"]), {"succeeded"}, self.call("jobs", "-c", "fleet.yaml").stdout)
        self.assertEqual(summary["accepted"], len(JOBS))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)

#!/usr/bin/env python3
"""ops/pulumi provisions a local AWS that enforces IAM; then the dispatcher works with what was provisioned, as the hub.

Fleet, queues, roles, ExternalIds and the way of events come from one fleet file. The administrator's keys only provision
and look; jobs run by the hub's session alone.
"""
import json
import os
import time

import boto3
from botocore.exceptions import ClientError

import harness as h
import tally as t
from provisioning import local
from provisioning import program as p

HUB = f"arn:aws:iam::{p.HOME}:role/trainyard-hub-research"
JOBS, RUN_SECONDS_MAX = 30, 90
SPOKES = ("111111111111", "222222222222")


def provision(aws, fleet_file):
    os.environ.update(p.ENVIRONMENT)
    return p.run(fleet_file, local.applier(aws.url), hub_trust=[f"arn:aws:iam::{p.HOME}:root"])


def session_of_hub(aws):
    """The hub's keys, as an instance would have them."""
    got = h.client("sts", aws.url, p.HOME).assume_role(RoleArn=HUB, RoleSessionName="dispatcher")["Credentials"]
    return {"AWS_ACCESS_KEY_ID": got["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": got["SecretAccessKey"],
            "AWS_SESSION_TOKEN": got["SessionToken"]}


def with_keys(aws, service, keys, region=h.REGION):
    return boto3.client(service, endpoint_url=aws.url, region_name=region, aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"], aws_session_token=keys["AWS_SESSION_TOKEN"])


def denied(call, what, code="AccessDenied", **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        t.contains(e.response["Error"]["Code"], code, what)
        return
    raise h.mismatch(f"{what} is allowed")


def lint(aws, fleet, keys):
    done = h.process("doctor", [h.BIN, "doctor", "-c", fleet], {**h.aws_environment(aws.url), **keys, **p.ENVIRONMENT})
    code = done.wait(30)
    t.equal(code, 0, f"exit code of trainyard doctor on the provisioned queues\n{done.popen.stdout.read().decode()}{done.tail()}")


def work(aws, fleet, keys):
    sqs = h.client("sqs", aws.url, p.HOME)
    queue = sqs.get_queue_url(QueueName="training-jobs")["QueueUrl"]
    messages = [h.training_message(f"job-{i}", ("vision/detection", "speech")[i % 2], seconds=60) for i in range(JOBS)]
    h.send_with_boto3(sqs, queue, messages)
    # Ends are listed once an hour here: in the time of this test only events can tell them.
    begun = time.monotonic()
    run = h.process("run", [h.BIN, "run", "-c", fleet, "--poll-wait", "1", "--until-idle"],
                    {**h.aws_environment(aws.url), **keys, **p.ENVIRONMENT})
    t.equal(run.wait(RUN_SECONDS_MAX), 0, f"exit code of trainyard run\n{run.tail()}")
    print(f"the run took {time.monotonic() - begun:.1f} s")
    creates = aws.creates()
    t.equal(len({c["name"] for c in creates}), JOBS, f"jobs started\n{run.tail()}")
    t.equal({c["account"] for c in creates} <= set(SPOKES), True, "accounts with jobs: those of the fleet")
    t.true(len({(c["account"], c["region"]) for c in creates}) == 3, "every pool had jobs")
    results = sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="training-results")["QueueUrl"],
                                       AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    t.equal(results["ApproximateNumberOfMessages"], str(JOBS), "results told")
    h.expect_queue_empty(sqs, queue)


def refusals(aws, fleet, keys):
    sqs, sts = with_keys(aws, "sqs", keys), with_keys(aws, "sts", keys)
    other = h.client("sqs", aws.url, p.HOME).create_queue(QueueName="orders")["QueueUrl"]
    mine = h.client("sqs", aws.url, p.HOME).get_queue_url(QueueName="training-jobs")["QueueUrl"]
    events = h.client("sqs", aws.url, p.HOME).get_queue_url(QueueName="sagemaker-events")["QueueUrl"]
    denied(sqs.receive_message, "the hub at another's queue", QueueUrl=other)
    denied(sqs.delete_queue, "the end of another's queue by the hub", QueueUrl=other)
    denied(sqs.delete_queue, "the end of its own queue by the hub", QueueUrl=mine)
    denied(sqs.purge_queue, "its own queue purged by the hub", QueueUrl=mine)
    denied(h.client("sqs", aws.url, p.HOME).send_message, "an event by an administrator", QueueUrl=events, MessageBody="{}")
    spoke = f"arn:aws:iam::{SPOKES[0]}:role/trainyard-spoke"
    denied(sts.assume_role, "a spoke without ExternalId", RoleArn=spoke, RoleSessionName="trainyard-x")
    denied(sts.assume_role, "a spoke with another ExternalId", RoleArn=spoke, RoleSessionName="trainyard-x", ExternalId="x" * 32)
    denied(h.client("sts", aws.url, SPOKES[1]).assume_role, "a spoke by another account", RoleArn=spoke, RoleSessionName="trainyard-x",
           ExternalId=p.EXTERNAL_ID)
    got = sts.assume_role(RoleArn=spoke, RoleSessionName="trainyard-x", ExternalId=p.EXTERNAL_ID)["Credentials"]
    keys = {"AWS_ACCESS_KEY_ID": got["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": got["SecretAccessKey"],
            "AWS_SESSION_TOKEN": got["SessionToken"]}
    sagemaker = with_keys(aws, "sagemaker", keys)
    good = {**h.training_message("x", "speech", 60)["request"], "TrainingJobName": "ty-by-hand-1",
            "RoleArn": f"arn:aws:iam::{SPOKES[0]}:role/ty-exec", "OutputDataConfig": {"S3OutputPath": "s3://training-111111111111/out"},
            "Tags": [{"Key": "trainyard:owner", "Value": "research"}]}
    h.client("iam", aws.url, SPOKES[0]).create_role(RoleName="Admin", AssumeRolePolicyDocument=json.dumps(
        p.documents.render("execution-trust", account=SPOKES[0])))
    for what, change in (("another name", {"TrainingJobName": "by-hand-1"}), ("no tag", {"Tags": []}),
                         ("another installation's tag", {"Tags": [{"Key": "trainyard:owner", "Value": "production"}]}),
                         ("another role", {"RoleArn": f"arn:aws:iam::{SPOKES[0]}:role/Admin"}),
                         ("another type", {"ResourceConfig": {**good["ResourceConfig"], "InstanceType": "ml.p5.48xlarge"}}),
                         ("six days", {"StoppingCondition": {"MaxRuntimeInSeconds": 6 * 86400}})):
        denied(sagemaker.create_training_job, f"a spoke's job with {what}", **{**good, **change})
    t.contains(sagemaker.create_training_job(**good)["TrainingJobArn"], "ty-by-hand-1", "and a spoke's job as it should be")
    denied(with_keys(aws, "sagemaker", keys, "eu-central-1").list_training_jobs, "a spoke in another region")
    denied(sagemaker.delete_training_job, "the end of a name", TrainingJobName="ty-by-hand-1")


def main():
    aws = h.local_aws("--enforce-iam", "--strict-roles")
    value = {**p.example(), "admin": "off", "reconcile_seconds": "3600"}
    for account in value["accounts"]:
        account["api_rates"] = {"create": "100", "describe": "100"}
        account["limits"] = {h.INSTANCE_TYPE: str(JOBS // 6)}  # so that no pool takes all
    fleet = h.folder() / "fleet.yaml"
    fleet.write_text(json.dumps(value))
    made = provision(aws, fleet)
    t.contains(made.exports["queue_url"], "/ai-model-training.fifo", "queue_url")
    described = h.client("sagemaker", aws.url, p.HOME).describe_pipeline(PipelineName="trainyard-research")
    t.equal(described["PipelineArn"], made.exports["pipeline_arn"], "pipeline_arn")
    keys = session_of_hub(aws)
    t.run([lint, work, refusals], aws, fleet, keys, log=aws.process.tail)


if __name__ == "__main__":
    h.main(main)

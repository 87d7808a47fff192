#!/usr/bin/env python3
"""boto3 against `trainyard local`: STS and SageMaker's training jobs; answers and exception classes.

    tests/interop/clients.py
"""
import time

import harness as h
import tally as t

ACCOUNT = "444444444444"


def raises(exception, call, **arguments):
    """The error that the call raised; a mismatch when it raised none or another one."""
    try:
        answer = call(**arguments)
    except exception as e:
        return e
    raise h.mismatch(f"{call.__name__}({arguments}) gave {answer}, expected {exception}")


def code_of(call, **arguments):
    from botocore.exceptions import ClientError
    return raises(ClientError, call, **arguments).response["Error"]["Code"]


def identities(aws):
    from botocore.exceptions import ClientError
    import boto3
    sts = h.client("sts", aws.url, ACCOUNT)
    t.equal(sts.get_caller_identity()["Account"], ACCOUNT, "GetCallerIdentity")
    role = "arn:aws:iam::111111111111:role/trainyard-spoke"
    who = sts.assume_role(RoleArn=role, RoleSessionName="probe")
    t.true(":assumed-role/trainyard-spoke/probe" in who["AssumedRoleUser"]["Arn"], "AssumedRoleUser")
    key = who["Credentials"]
    t.true(key["Expiration"].timestamp() > time.time() + 800, "Expiration")

    def as_role(token):
        return boto3.client("sts", endpoint_url=aws.url, region_name=h.REGION, aws_access_key_id=key["AccessKeyId"],
                            aws_secret_access_key=key["SecretAccessKey"], aws_session_token=token)
    t.equal(as_role(key["SessionToken"]).get_caller_identity()["Account"], "111111111111", "account of the role")
    raises(ClientError, as_role("forged").get_caller_identity)
    for service, call, code in [("sqs", "list_queues", {"SignatureDoesNotMatch", "InvalidSignatureException"}),
                                ("sagemaker", "list_training_jobs", {"SignatureDoesNotMatch", "InvalidSignatureException"}),
                                ("sts", "get_caller_identity", {"SignatureDoesNotMatch"})]:
        forged = h.client(service, aws.url, ACCOUNT, secret="wrong")
        got = code_of(getattr(forged, call))
        t.true(got in code, f"{service} with a wrong secret answered {got}")


def training_jobs(aws):
    from botocore.exceptions import ClientError
    sm = h.client("sagemaker", aws.url, ACCOUNT)

    def request(name, seconds=60, instances=1):
        r = h.training_message(name, "t", seconds, instances)["request"]
        return {**r, "TrainingJobName": name, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/exec",
                "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
                "Tags": [{"Key": "trainyard:job", "Value": name}]}
    arn = sm.create_training_job(**request("first"))["TrainingJobArn"]
    t.equal(arn, f"arn:aws:sagemaker:{h.REGION}:{ACCOUNT}:training-job/first", "TrainingJobArn")
    raises(sm.exceptions.ResourceInUse, sm.create_training_job, **request("first"))
    t.equal(sm.list_tags(ResourceArn=arn)["Tags"], [{"Key": "trainyard:job", "Value": "first"}], "tags")
    waiter = sm.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="first", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    done = sm.describe_training_job(TrainingJobName="first")
    t.equal((done["TrainingJobStatus"], done["SecondaryStatus"]), ("Completed", "Completed"), "status")
    t.equal(done["HyperParameters"], {"trainyard-local-seconds": "60"}, "what was asked for comes back")
    t.true(done["SecondaryStatusTransitions"][0]["Status"] == "Starting", "transitions")

    # A week of training takes minutes here: it is still running when it is stopped.
    sm.create_training_job(**request("long", seconds=7 * 86400))
    sm.stop_training_job(TrainingJobName="long")
    waiter.wait(TrainingJobName="long", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    t.equal(sm.describe_training_job(TrainingJobName="long")["TrainingJobStatus"], "Stopped", "stopped job")
    t.equal(code_of(sm.stop_training_job, TrainingJobName="long"), "ValidationException", "stopping twice")

    missing = raises(ClientError, sm.describe_training_job, TrainingJobName="none")
    t.equal(missing.response["Error"], {"Code": "ValidationException", "Message": "Requested resource not found."},
                   "a job that does not exist")
    raises(sm.exceptions.ResourceLimitExceeded, sm.create_training_job, **request("greedy", instances=9_999_999))
    t.equal(code_of(sm.create_training_job, **request("-bad-name")), "ValidationException", "a bad name")

    for i in range(7):
        sm.create_training_job(**request(f"page-{i}"))
    pages = list(sm.get_paginator("list_training_jobs").paginate(NameContains="page-", PaginationConfig={"PageSize": 3}))
    t.equal([len(p["TrainingJobSummaries"]) for p in pages], [3, 3, 1], "page sizes")
    t.equal(sorted(s["TrainingJobName"] for p in pages for s in p["TrainingJobSummaries"]),
                   [f"page-{i}" for i in range(7)], "paged jobs")
    t.equal(sm.list_training_jobs(StatusEquals="Stopped")["TrainingJobSummaries"][0]["TrainingJobName"], "long",
                   "jobs by status")


def main():
    aws = h.local_aws()
    t.run((identities, training_jobs), aws, log=aws.process.tail)


if __name__ == "__main__":
    h.main(main)

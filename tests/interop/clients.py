#!/usr/bin/env python3
"""boto3 against `trainyard local`: does a foreign SDK get the answers and the exception classes that AWS gives it?

    tests/interop/clients.py [--query]

With --query it is the boto3 of 2023, which speaks the Query protocol of SQS; only SQS is asked then.
"""
import hashlib
import sys
import time

import harness as h

ACCOUNT = "444444444444"
LONG_POLL_SECONDS = 1
QUERY = "--query" in sys.argv[1:]


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


def receive(sqs, queue, **options):
    if "MessageSystemAttributeNames" not in sqs.meta.service_model.operation_model("ReceiveMessage").input_shape.members:
        options = {{"MessageSystemAttributeNames": "AttributeNames"}.get(k, k): v for k, v in options.items()}
    return sqs.receive_message(QueueUrl=queue, **{"MaxNumberOfMessages": 10, **options}).get("Messages", [])


def queues(aws):
    sqs = h.client("sqs", aws.url, ACCOUNT)
    url = h.create_queue(sqs, "one", VisibilityTimeout="30")
    h.expect_equal(url, f"{aws.url}/{ACCOUNT}/one", "queue URL")
    h.expect_equal(h.create_queue(sqs, "one", VisibilityTimeout="30"), url, "the same queue created again")
    h.expect(raises(sqs.exceptions.QueueNameExists, sqs.create_queue, QueueName="one",
                    Attributes={"VisibilityTimeout": "31"}), "other attributes")
    h.expect_equal(sqs.get_queue_url(QueueName="one")["QueueUrl"], url, "get_queue_url")
    raises(sqs.exceptions.QueueDoesNotExist, sqs.get_queue_url, QueueName="none")
    raises(sqs.exceptions.QueueDoesNotExist, sqs.send_message, QueueUrl=f"{aws.url}/{ACCOUNT}/none", MessageBody="x")
    for i in range(12):
        h.create_queue(sqs, f"many-{i:02}")
    paged = [u for page in sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix="many-", PaginationConfig={"PageSize": 5}) for u in page.get("QueueUrls", [])]
    h.expect_equal(sorted(u.rsplit("/", 1)[1] for u in paged), [f"many-{i:02}" for i in range(12)], "list_queues pages")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    h.expect_equal(attributes["QueueArn"], f"arn:aws:sqs:{h.REGION}:{ACCOUNT}:one", "QueueArn")
    h.expect_equal(attributes["VisibilityTimeout"], "30", "VisibilityTimeout")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "45"})
    h.expect_equal(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"],
                   {"VisibilityTimeout": "45"}, "changed attribute")
    # Another account sees none of it.
    h.expect_equal(h.client("sqs", aws.url, "555555555555").list_queues().get("QueueUrls", []), [], "foreign queues")
    sqs.delete_queue(QueueUrl=f"{aws.url}/{ACCOUNT}/many-00")


def messages(aws):
    sqs = h.client("sqs", aws.url, ACCOUNT)
    url = h.create_queue(sqs, "messages", VisibilityTimeout="60")
    body = "snow ☃ & <xml>"
    sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes={
        "trainyard.kind": {"DataType": "String", "StringValue": "training"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}})
    h.expect_equal(sent["MD5OfMessageBody"], hashlib.md5(body.encode()).hexdigest(), "MD5OfMessageBody")
    (got,) = receive(sqs, url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
    h.expect_equal((got["Body"], got["MessageId"]), (body, sent["MessageId"]), "message")
    h.expect_equal(got["MessageAttributes"]["raw"]["BinaryValue"], b"\x00\xff", "binary attribute")
    h.expect_equal(got["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"], "MD5OfMessageAttributes")
    h.expect_equal(got["Attributes"]["ApproximateReceiveCount"], "1", "receive count")
    h.expect_equal(receive(sqs, url), [], "an invisible message")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = receive(sqs, url, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    h.expect_equal(again["Attributes"]["ApproximateReceiveCount"], "2", "receive count after visibility 0")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    h.expect_queue_empty(sqs, url)

    answer = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": f"b{i}"} for i in range(10)])
    h.expect_equal(len(answer["Successful"]), 10, "batch")
    e = sqs.exceptions
    raises(e.TooManyEntriesInBatchRequest, sqs.send_message_batch, QueueUrl=url,
           Entries=[{"Id": str(i), "MessageBody": "x"} for i in range(11)])
    raises(e.BatchEntryIdsNotDistinct, sqs.send_message_batch, QueueUrl=url,
           Entries=[{"Id": "a", "MessageBody": "x"}, {"Id": "a", "MessageBody": "y"}])
    raises(e.EmptyBatchRequest, sqs.send_message_batch, QueueUrl=url, Entries=[])
    raises(e.ReceiptHandleIsInvalid, sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense")
    raises(e.InvalidMessageContents, sqs.send_message, QueueUrl=url, MessageBody="a\x01b")
    seen = []
    while got := receive(sqs, url):
        seen += [m["Body"] for m in got]
        done = sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)])
        h.expect_equal(len(done["Successful"]), len(got), "delete_message_batch")
    h.expect_equal(sorted(seen), sorted(f"b{i}" for i in range(10)), "batch bodies")
    began = time.monotonic()
    h.expect_equal(receive(sqs, url, WaitTimeSeconds=LONG_POLL_SECONDS), [], "long poll of an empty queue")
    h.expect(time.monotonic() - began > LONG_POLL_SECONDS * 0.9, "the long poll came back at once")
    sqs.send_message(QueueUrl=url, MessageBody="gone")
    sqs.purge_queue(QueueUrl=url)
    h.expect_equal(receive(sqs, url), [], "a purged queue")
    raises(e.PurgeQueueInProgress, sqs.purge_queue, QueueUrl=url)


def fifo(aws):
    sqs = h.client("sqs", aws.url, ACCOUNT)
    url = h.create_queue(sqs, "ordered.fifo", FifoQueue="true", VisibilityTimeout="60")
    for group, body in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3")]:
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body)
    first = sqs.send_message(QueueUrl=url, MessageBody="other", MessageGroupId="a", MessageDeduplicationId="a1")
    h.expect("SequenceNumber" in first, "a duplicate is answered like the first")
    h.expect_equal(code_of(sqs.send_message, QueueUrl=url, MessageBody="x"), "MissingParameter", "no MessageGroupId")
    h.expect_equal(code_of(sqs.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="a"), "InvalidParameterValue",
                   "no MessageDeduplicationId")
    (got,) = receive(sqs, url, MaxNumberOfMessages=1, MessageSystemAttributeNames=["All"])
    group = got["Attributes"]["MessageGroupId"]
    h.expect_equal(got["Body"], f"{group}1", "the oldest of its group")
    rest = [m["Body"] for m in receive(sqs, url)]
    h.expect(all(not b.startswith(group) for b in rest), f"group {group} is locked, got {rest}")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    if group == "a":
        h.expect_equal([m["Body"] for m in receive(sqs, url)], ["a2", "a3"], "group a in order")


def dead_letters(aws):
    sqs = h.client("sqs", aws.url, ACCOUNT)
    dead = h.create_queue(sqs, "dead")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = h.create_queue(sqs, "source", VisibilityTimeout="0",
                         RedrivePolicy=f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"2"}}')
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for n in (1, 2):
        h.expect_equal([m["Body"] for m in receive(sqs, url)], ["poison"], f"receive {n}")
    h.expect_equal(receive(sqs, url), [], "receive 3")
    h.expect_equal([m["Body"] for m in receive(sqs, dead)], ["poison"], "the dead-letter queue")


def identities(aws):
    from botocore.exceptions import ClientError
    import boto3
    sts = h.client("sts", aws.url, ACCOUNT)
    h.expect_equal(sts.get_caller_identity()["Account"], ACCOUNT, "GetCallerIdentity")
    role = "arn:aws:iam::111111111111:role/trainyard-spoke"
    who = sts.assume_role(RoleArn=role, RoleSessionName="probe")
    h.expect(":assumed-role/trainyard-spoke/probe" in who["AssumedRoleUser"]["Arn"], "AssumedRoleUser")
    key = who["Credentials"]
    h.expect(key["Expiration"].timestamp() > time.time() + 800, "Expiration")

    def as_role(token):
        return boto3.client("sts", endpoint_url=aws.url, region_name=h.REGION, aws_access_key_id=key["AccessKeyId"],
                            aws_secret_access_key=key["SecretAccessKey"], aws_session_token=token)
    h.expect_equal(as_role(key["SessionToken"]).get_caller_identity()["Account"], "111111111111", "account of the role")
    raises(ClientError, as_role("forged").get_caller_identity)
    for service, call, code in [("sqs", "list_queues", {"SignatureDoesNotMatch", "InvalidSignatureException"}),
                                ("sagemaker", "list_training_jobs", {"SignatureDoesNotMatch", "InvalidSignatureException"}),
                                ("sts", "get_caller_identity", {"SignatureDoesNotMatch"})]:
        forged = h.client(service, aws.url, ACCOUNT, secret="wrong")
        got = code_of(getattr(forged, call))
        h.expect(got in code, f"{service} with a wrong secret answered {got}")


def training_jobs(aws):
    from botocore.exceptions import ClientError
    sm = h.client("sagemaker", aws.url, ACCOUNT)

    def request(name, seconds=60, instances=1):
        r = h.training_message(name, "t", seconds, instances)["request"]
        return {**r, "TrainingJobName": name, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/exec",
                "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
                "Tags": [{"Key": "trainyard:job", "Value": name}]}
    arn = sm.create_training_job(**request("first"))["TrainingJobArn"]
    h.expect_equal(arn, f"arn:aws:sagemaker:{h.REGION}:{ACCOUNT}:training-job/first", "TrainingJobArn")
    raises(sm.exceptions.ResourceInUse, sm.create_training_job, **request("first"))
    h.expect_equal(sm.list_tags(ResourceArn=arn)["Tags"], [{"Key": "trainyard:job", "Value": "first"}], "tags")
    waiter = sm.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="first", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    done = sm.describe_training_job(TrainingJobName="first")
    h.expect_equal((done["TrainingJobStatus"], done["SecondaryStatus"]), ("Completed", "Completed"), "status")
    h.expect_equal(done["HyperParameters"], {"trainyard-local-seconds": "60"}, "what was asked for comes back")
    h.expect(done["SecondaryStatusTransitions"][0]["Status"] == "Starting", "transitions")

    # A week of training takes minutes here: it is still running when it is stopped.
    sm.create_training_job(**request("long", seconds=7 * 86400))
    sm.stop_training_job(TrainingJobName="long")
    waiter.wait(TrainingJobName="long", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    h.expect_equal(sm.describe_training_job(TrainingJobName="long")["TrainingJobStatus"], "Stopped", "stopped job")
    h.expect_equal(code_of(sm.stop_training_job, TrainingJobName="long"), "ValidationException", "stopping twice")

    missing = raises(ClientError, sm.describe_training_job, TrainingJobName="none")
    h.expect_equal(missing.response["Error"], {"Code": "ValidationException", "Message": "Requested resource not found."},
                   "a job that does not exist")
    raises(sm.exceptions.ResourceLimitExceeded, sm.create_training_job, **request("greedy", instances=9_999_999))
    h.expect_equal(code_of(sm.create_training_job, **request("-bad-name")), "ValidationException", "a bad name")

    for i in range(7):
        sm.create_training_job(**request(f"page-{i}"))
    pages = list(sm.get_paginator("list_training_jobs").paginate(NameContains="page-", PaginationConfig={"PageSize": 3}))
    h.expect_equal([len(p["TrainingJobSummaries"]) for p in pages], [3, 3, 1], "page sizes")
    h.expect_equal(sorted(s["TrainingJobName"] for p in pages for s in p["TrainingJobSummaries"]),
                   [f"page-{i}" for i in range(7)], "paged jobs")
    h.expect_equal(sm.list_training_jobs(StatusEquals="Stopped")["TrainingJobSummaries"][0]["TrainingJobName"], "long",
                   "jobs by status")


def wire(aws):
    """What this boto3 sends, so that a change of its protocol does not go unseen."""
    sqs, seen = h.client("sqs", aws.url, ACCOUNT), set()
    sqs.meta.events.register("before-send.sqs.*", lambda request, **_: seen.add(
        h.text_of(request.headers.get("Content-Type")).split(";")[0]))
    url = h.create_queue(sqs, "wire")
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    h.expect_equal(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"a": "1", "b": "2"}, "tags")
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    h.expect_equal(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"b": "2"}, "tags left")
    tagged = sqs.create_queue(QueueName="wire-tagged", tags={"c": "3"})["QueueUrl"]
    h.expect_equal(sqs.list_queue_tags(QueueUrl=tagged)["Tags"], {"c": "3"}, "tags of a new queue")
    h.expect_equal(code_of(sqs.delete_queue, QueueUrl=url + "x"), "AWS.SimpleQueueService.NonExistentQueue", "code")
    wanted = "application/x-www-form-urlencoded" if QUERY else "application/x-amz-json-1.0"
    h.expect_equal(seen, {wanted}, "content types")


def main():
    aws = h.local_aws()
    failed = []
    sqs_parts = (queues, messages, fifo, dead_letters, wire)
    for part in sqs_parts if QUERY else (*sqs_parts, identities, training_jobs):
        try:
            part(aws)
            print(f"{part.__name__}: ok", flush=True)
        except Exception as e:  # the other parts still tell something
            failed.append(part.__name__)
            print(f"{part.__name__}: {type(e).__name__}: {e}", flush=True)
    h.expect(not failed, f"{', '.join(failed)}\n{aws.process.tail()}")


if __name__ == "__main__":
    h.main(main)

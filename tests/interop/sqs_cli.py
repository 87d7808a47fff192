#!/usr/bin/env python3
"""SQS by the AWS CLI against `trainyard local`: every one of the 23 operations as a person types it."""
import hashlib
import json
import subprocess

import harness as h
import tally as t
from cli import cli

ACCOUNT, STRANGER = "444444444444", "555555555555"
CLIENT_ERROR = 255  # the CLI's exit code when the service refuses


def arn(name):
    return f"arn:aws:sqs:{h.REGION}:{ACCOUNT}:{name}"


def refused(aws, code, text, operation, *words):
    t.equal(aws.error("sqs", *words), (
        CLIENT_ERROR, f"An error occurred ({code}) when calling the {operation} operation: {text}"), f"aws sqs {words}")


def queues(local, aws):
    url = aws("sqs", "create-queue", "--queue-name", "one", "--attributes", "VisibilityTimeout=45,DelaySeconds=0",
              "--tags", "team=vision,stage=test")["QueueUrl"]
    t.equal(url, f"{local.url}/{ACCOUNT}/one", "queue URL")
    t.equal(aws.text("sqs", "get-queue-url", "--queue-name", "one"), url, "get-queue-url")
    got = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "VisibilityTimeout", "QueueArn")
    t.equal(got, {"Attributes": {"VisibilityTimeout": "45", "QueueArn": arn("one")}}, "attributes")
    t.equal(aws("sqs", "set-queue-attributes", "--queue-url", url, "--attributes", '{"VisibilityTimeout": "60"}'), None,
            "an operation without an answer prints nothing")
    t.equal(aws.text("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All",
                     "--query", "Attributes.VisibilityTimeout"), "60", "changed")
    t.equal(aws("sqs", "list-queue-tags", "--queue-url", url), {"Tags": {"team": "vision", "stage": "test"}}, "tags")
    aws("sqs", "tag-queue", "--queue-url", url, "--tags", "stage=live")
    aws("sqs", "untag-queue", "--queue-url", url, "--tag-keys", "team")
    t.equal(aws("sqs", "list-queue-tags", "--queue-url", url), {"Tags": {"stage": "live"}}, "tags left")
    for i in range(3):
        aws("sqs", "create-queue", "--queue-name", f"many-{i}")
    t.equal(len(aws("sqs", "list-queues", "--queue-name-prefix", "many-", "--page-size", "1")["QueueUrls"]), 3,
            "the CLI's own paging")
    first = aws("sqs", "list-queues", "--queue-name-prefix", "many-", "--max-items", "2", "--page-size", "2")
    t.equal(len(first["QueueUrls"]), 2, "two of three")
    rest = aws("sqs", "list-queues", "--queue-name-prefix", "many-", "--starting-token", first["NextToken"])
    t.equal(len(rest["QueueUrls"]), 1, "the third by its token")
    t.equal(aws("sqs", "delete-queue", "--queue-url", f"{local.url}/{ACCOUNT}/many-0"), None, "delete-queue")
    t.equal(aws.text("sqs", "list-queues", "--queue-name-prefix", "many-0", "--query", "QueueUrls"), "None", "deleted")
    refused(aws, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", "GetQueueUrl",
            "get-queue-url", "--queue-name", "none")
    refused(aws, "InvalidAttributeName", "Unknown Attribute Colour.", "GetQueueAttributes",
            "get-queue-attributes", "--queue-url", url, "--attribute-names", "Colour")
    refused(aws, "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute "
            "VisibilityTimeout", "CreateQueue", "create-queue", "--queue-name", "one", "--attributes", "VisibilityTimeout=1")


def messages(local, aws):
    url = aws("sqs", "create-queue", "--queue-name", "messages")["QueueUrl"]
    body = "snow ☃ & <xml>"
    sent = aws("sqs", "send-message", "--queue-url", url, "--message-body", body, "--message-attributes",
               json.dumps({"kind": {"DataType": "String", "StringValue": "training"},
                           "raw": {"DataType": "Binary", "BinaryValue": "bytes"}}))
    t.equal(sent["MD5OfMessageBody"], hashlib.md5(body.encode()).hexdigest(), "digest")
    (got,) = aws("sqs", "receive-message", "--queue-url", url, "--message-system-attribute-names", "All",
                 "--message-attribute-names", "All", "--wait-time-seconds", "1")["Messages"]
    t.equal((got["Body"], got["MessageId"]), (body, sent["MessageId"]), "message")
    t.equal(got["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"], "digest of attributes")
    t.equal(got["MessageAttributes"]["raw"], {"BinaryValue": "Ynl0ZXM=", "DataType": "Binary"},
            "a binary attribute: the CLI reads it as it is and prints base64")
    t.equal(got["Attributes"]["ApproximateReceiveCount"], "1", "receive count")
    t.equal(aws("sqs", "receive-message", "--queue-url", url), None, "an invisible message")
    aws("sqs", "change-message-visibility", "--queue-url", url, "--receipt-handle", got["ReceiptHandle"],
        "--visibility-timeout", "0")
    (again,) = aws("sqs", "receive-message", "--queue-url", url)["Messages"]
    t.equal(again["Body"], body, "visible again")
    t.equal(aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", again["ReceiptHandle"]), None, "delete")
    sent = aws("sqs", "send-message-batch", "--queue-url", url, "--entries", json.dumps(
        [{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2"}, {"Id": "c", "MessageBody": "\x01"}]))
    t.equal([e["Id"] for e in sent["Successful"]], ["a", "b"], "batch")
    t.equal([(e["Id"], e["Code"], e["SenderFault"]) for e in sent["Failed"]], [("c", "InvalidMessageContents", True)],
            "the failed entry")
    got = aws("sqs", "receive-message", "--queue-url", url, "--max-number-of-messages", "10")["Messages"]
    handles = {m["Body"]: m["ReceiptHandle"] for m in got}
    t.equal(set(handles), {"1", "2"}, "both")
    changed = aws("sqs", "change-message-visibility-batch", "--queue-url", url, "--entries", json.dumps(
        [{"Id": "a", "ReceiptHandle": handles["1"], "VisibilityTimeout": 0}]))
    t.equal(changed, {"Successful": [{"Id": "a"}]}, "visibility batch")
    deleted = aws("sqs", "delete-message-batch", "--queue-url", url, "--entries", json.dumps(
        [{"Id": "a", "ReceiptHandle": handles["2"]}, {"Id": "x", "ReceiptHandle": "garbage"}]))
    t.equal(([e["Id"] for e in deleted["Successful"]], [e["Code"] for e in deleted["Failed"]]),
            (["a"], ["ReceiptHandleIsInvalid"]), "delete batch")
    t.equal(aws("sqs", "purge-queue", "--queue-url", url), None, "purge-queue")
    refused(aws, "AWS.SimpleQueueService.PurgeQueueInProgress",
            "Only one PurgeQueue operation on messages is allowed every 60 seconds.", "PurgeQueue",
            "purge-queue", "--queue-url", url)
    refused(aws, "ReceiptHandleIsInvalid", 'The input receipt handle "garbage" is not a valid receipt handle.',
            "DeleteMessage", "delete-message", "--queue-url", url, "--receipt-handle", "garbage")
    refused(aws, "InvalidParameterValue", "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and "
            "<= 20, if provided.", "ReceiveMessage", "receive-message", "--queue-url", url, "--wait-time-seconds", "21")


def sharing(local, aws):
    url = aws("sqs", "create-queue", "--queue-name", "shared")["QueueUrl"]
    aws("sqs", "add-permission", "--queue-url", url, "--label", "send", "--aws-account-ids", STRANGER, "--actions",
        "SendMessage", "GetQueueUrl")
    policy = json.loads(aws.text("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "Policy",
                                 "--query", "Attributes.Policy"))
    t.equal(policy["Statement"], [{"Sid": "send", "Effect": "Allow",
                                   "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"},
                                   "Action": ["SQS:SendMessage", "SQS:GetQueueUrl"], "Resource": arn("shared")}], "policy")
    h.client("sqs", local.url, STRANGER).send_message(QueueUrl=url, MessageBody="from outside")
    t.equal(aws.text("sqs", "receive-message", "--queue-url", url, "--query", "Messages[].Body"), "from outside", "let in")
    t.equal(aws("sqs", "remove-permission", "--queue-url", url, "--label", "send"), None, "remove-permission")
    t.refused(h.client("sqs", local.url, STRANGER).send_message, "AccessDenied", QueueUrl=url, MessageBody="x")


def redrive(local, aws):
    dead = aws("sqs", "create-queue", "--queue-name", "dead")["QueueUrl"]
    url = aws("sqs", "create-queue", "--queue-name", "source", "--attributes", json.dumps({
        "VisibilityTimeout": "0",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1})}))["QueueUrl"]
    t.equal(aws("sqs", "list-dead-letter-source-queues", "--queue-url", dead), {"queueUrls": [url]}, "sources")
    for i in range(3):
        aws("sqs", "send-message", "--queue-url", url, "--message-body", f"poison {i}")
    for _ in range(2):
        aws("sqs", "receive-message", "--queue-url", url, "--max-number-of-messages", "10")
    t.equal(aws.text("sqs", "get-queue-attributes", "--queue-url", dead, "--attribute-names",
                     "ApproximateNumberOfMessages", "--query", "Attributes.ApproximateNumberOfMessages"), "3", "dead")
    handle = aws("sqs", "start-message-move-task", "--source-arn", arn("dead"), "--max-number-of-messages-per-second",
                 "1")["TaskHandle"]
    (task,) = aws("sqs", "list-message-move-tasks", "--source-arn", arn("dead"))["Results"]
    t.equal((task["TaskHandle"], task["Status"], task["ApproximateNumberOfMessagesToMove"]), (handle, "RUNNING", 3), "task")
    t.true(aws("sqs", "cancel-message-move-task", "--task-handle", handle)["ApproximateNumberOfMessagesMoved"] >= 1, "moved")
    refused(aws, "ResourceNotFoundException",
            "The resource that you specified for the SourceArn parameter doesn't exist.", "ListMessageMoveTasks",
            "list-message-move-tasks", "--source-arn", arn("nowhere"))


def a_process(local, aws):
    """The program itself, as a shell starts it: its exit code and what it prints where."""
    program = h.FOREIGN / "venv" / "bin" / "aws"
    if not program.exists():
        h.skip("the AWS CLI is not installed; interop.setup_python says why")
    env = {**h.clean_environment(), **h.aws_environment(local.url, ACCOUNT)}
    for name, code, out in [("one", 0, f"{local.url}/{ACCOUNT}/one\n"), ("none", CLIENT_ERROR, "")]:
        done = subprocess.run([program, "sqs", "get-queue-url", "--queue-name", name, "--output", "text",
                               "--endpoint-url", local.url], env=env, cwd=h.folder(), capture_output=True,
                              text=True, timeout=60)
        t.equal((done.returncode, done.stdout), (code, out), f"aws sqs get-queue-url --queue-name {name}")


def main():
    local = h.local_aws()
    t.run((queues, messages, sharing, redrive, a_process), local, cli(local.url, ACCOUNT), log=local.process.tail)


if __name__ == "__main__":
    h.main(main)

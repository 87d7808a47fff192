"""SendMessageBatch, DeleteMessageBatch, ChangeMessageVisibilityBatch: what fails an entry, and what fails the whole."""
import hashlib

import harness as h
import tally as t

from .base import bodies, client, counts, receive
from .messages import TRACE, md5_of

BAD_ID = ("A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
          "It can be at most 80 letters long.")


def by_id(entries):
    return {e["Id"]: e for e in entries}


def sending(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "batch", MaximumMessageSize="1024")
    attribute = {"a": {"DataType": "Number", "StringValue": "1"}}
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    answer = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": "plain", "MessageBody": "1"}, {"Id": "late", "MessageBody": "2", "DelaySeconds": 900},
        {"Id": "dressed", "MessageBody": "3", "MessageAttributes": attribute, "MessageSystemAttributes": header},
        {"Id": "long", "MessageBody": "x" * 1025}, {"Id": "bad", "MessageBody": "\x01"},
        {"Id": "delay", "MessageBody": "x", "DelaySeconds": 901}])
    good, bad = by_id(answer["Successful"]), by_id(answer["Failed"])
    t.equal((set(good), set(bad)), ({"plain", "late", "dressed"}, {"long", "bad", "delay"}), "each entry by itself")
    t.equal(good["plain"]["MD5OfMessageBody"], hashlib.md5(b"1").hexdigest(), "digest of an entry")
    t.equal(good["dressed"]["MD5OfMessageAttributes"], md5_of(attribute), "digest of its attributes")
    t.equal(good["dressed"]["MD5OfMessageSystemAttributes"], md5_of(header), "digest of its system attributes")
    t.equal((bad["long"]["Code"], bad["long"]["SenderFault"], bad["long"]["Message"]), (
        "InvalidParameterValue", True,
        "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."), "too long")
    t.equal((bad["bad"]["Code"], bad["bad"]["SenderFault"]), ("InvalidMessageContents", True), "a control character")
    t.equal(bad["delay"]["Code"], "InvalidParameterValue", "a delay out of range")
    t.equal(counts(sqs, url), (2, 0, 1), "only the good ones were taken")
    ten = sqs.send_message_batch(QueueUrl=h.create_queue(sqs, "batch-ten"), Entries=[
        {"Id": f"{i}-_Z", "MessageBody": f"b{i}"} for i in range(10)])
    t.equal(len(ten["Successful"]), 10, "ten entries")
    t.true("Failed" not in ten, "no failures: the list is left out")


def whole(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "batch-whole")
    one = {"Id": "a", "MessageBody": "x"}
    for what, entries, text in [
            ("EmptyBatchRequest", [], "There should be at least one SendMessageBatchRequestEntry in the request."),
            ("TooManyEntriesInBatchRequest", [{"Id": str(i), "MessageBody": "x"} for i in range(11)],
             "Maximum number of entries per request are 10. You have sent 11."),
            ("BatchEntryIdsNotDistinct", [one, one], "Id a repeated."),
            ("InvalidBatchEntryId", [{"Id": "a b", "MessageBody": "x"}], BAD_ID),
            ("InvalidBatchEntryId", [{"Id": "a" * 81, "MessageBody": "x"}], BAD_ID),
            ("BatchRequestTooLong", [{"Id": i, "MessageBody": "x" * 524289} for i in "ab"],
             "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.")]:
        t.refused(sqs.send_message_batch, f"AWS.SimpleQueueService.{what}", shape=what, status=400, QueueUrl=url,
                  Entries=entries, text=text)
    for call in (sqs.delete_message_batch, sqs.change_message_visibility_batch):
        t.refused(call, "AWS.SimpleQueueService.EmptyBatchRequest", QueueUrl=url, Entries=[])
        t.refused(call, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", QueueUrl=url, Entries=[
            {"Id": "a", "ReceiptHandle": "x"}] * 2)
        t.refused(call, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": "x"} for i in range(11)])
    t.equal(counts(sqs, url), (0, 0, 0), "a refused batch leaves nothing")


def draining(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "batch-drain", VisibilityTimeout="60")
    for at in range(0, 30, 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "MessageBody": f"b{at + i}"} for i in range(10)])
    seen, handles = [], []
    while got := receive(sqs, url):
        seen += bodies(got)
        handles += [m["ReceiptHandle"] for m in got]
    t.equal(sorted(seen), sorted(f"b{i}" for i in range(30)), "each message once")
    t.equal(len(set(handles)), 30, "distinct handles")
    answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
        {"Id": "again", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
        {"Id": "later", "ReceiptHandle": handles[1], "VisibilityTimeout": 600},
        {"Id": "bad", "ReceiptHandle": "garbage", "VisibilityTimeout": 0},
        {"Id": "beyond", "ReceiptHandle": handles[2], "VisibilityTimeout": 43201}])
    t.equal({e["Id"] for e in answer["Successful"]}, {"again", "later"}, "changed")
    failed = by_id(answer["Failed"])
    t.equal((failed["bad"]["Code"], failed["bad"]["SenderFault"]), ("ReceiptHandleIsInvalid", True), "a handle that is none")
    t.equal(failed["beyond"]["Code"], "InvalidParameterValue", "beyond twelve hours")
    t.equal(bodies(receive(sqs, url)), [seen[0]], "the one that was made visible")
    for at in range(0, 30, 10):
        answer = sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": r} for i, r in enumerate(handles[at:at + 9])] + [
            {"Id": "bad", "ReceiptHandle": "garbage"}])
        t.equal(sorted(e["Id"] for e in answer["Successful"]), [str(i) for i in range(9)], "deleted")
        t.equal([(e["Id"], e["Code"]) for e in answer["Failed"]], [("bad", "ReceiptHandleIsInvalid")], "not deleted")
    t.equal(counts(sqs, url), (0, 3, 0), "what no batch named is left")


PARTS = (sending, whole, draining)

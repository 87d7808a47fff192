"""FIFO queues: order and locking of groups, deduplication, sequence numbers, repeated receives."""
import hashlib

import harness as h
import tally as t

from .base import bodies, client, receive

NO_DEDUPLICATION = ("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                    "explicitly")


def send(sqs, url, group, body, dedup=None):
    return sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=dedup or body)


def order(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "ordered.fifo", FifoQueue="true", VisibilityTimeout="60")
    sent = [send(sqs, url, body[0], body) for body in ("a1", "b1", "a2", "a3", "b2")]
    numbers = [m["SequenceNumber"] for m in sent]
    t.true(all(len(n) == 20 and n.isdigit() for n in numbers), "sequence numbers have 20 digits")
    t.equal(numbers, sorted(numbers), "they grow")
    (first,) = receive(sqs, url, MaxNumberOfMessages=1, MessageSystemAttributeNames=["All"])
    t.equal(first["Body"], "a1", "the oldest message")
    t.equal({k: first["Attributes"][k] for k in ("MessageGroupId", "MessageDeduplicationId", "SequenceNumber")},
            {"MessageGroupId": "a", "MessageDeduplicationId": "a1", "SequenceNumber": numbers[0]}, "attributes of FIFO")
    rest = receive(sqs, url)
    t.equal(bodies(rest), ["b1", "b2"], "group a is locked, group b comes in order")
    send(sqs, url, "a", "a4")
    t.equal(receive(sqs, url), [], "a new message does not unlock its group")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    last = receive(sqs, url)
    t.equal(bodies(last), ["a2", "a3", "a4"], "the rest of group a in order")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=last[0]["ReceiptHandle"], VisibilityTimeout=0)
    t.equal(bodies(receive(sqs, url)), ["a2"], "made visible again: only what comes before those still in flight")
    # After a timeout the order is kept and the old handle no longer deletes.
    short = h.create_queue(sqs, "short.fifo", FifoQueue="true", VisibilityTimeout="1")
    for body in ("1", "2"):
        send(sqs, short, "g", body)
    once = receive(sqs, short)
    again = receive(sqs, short, WaitTimeSeconds=5, VisibilityTimeout=60)
    t.equal((bodies(once), bodies(again)), (["1", "2"], ["1", "2"]), "in order again after the timeout")
    t.refused(sqs.delete_message, "InvalidParameterValue", QueueUrl=short, ReceiptHandle=once[0]["ReceiptHandle"],
              text=f"Value {once[0]['ReceiptHandle']} for parameter ReceiptHandle is invalid. "
                   "Reason: The receipt handle has expired.")


def many_groups(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "groups.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for n in range(10):
        answer = sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": g, "MessageBody": f"{g}{n}", "MessageGroupId": g} for g in "abcde"])
        t.equal(len(answer["Successful"]), 5, "a batch over five groups")
    seen = {g: [] for g in "abcde"}
    while got := receive(sqs, url):
        for m in got:
            seen[m["Body"][0]].append(m["Body"])
        sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)])
    for g, order_of_group in seen.items():
        t.equal(order_of_group, [f"{g}{n}" for n in range(10)], f"group {g} in order, nothing twice")


def deduplication(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "once.fifo", FifoQueue="true")
    first = send(sqs, url, "g", "first", dedup="d")
    other = send(sqs, url, "other", "second", dedup="d")
    t.equal(other["MessageId"], first["MessageId"], "a duplicate is answered with the first message")
    t.equal(other["MD5OfMessageBody"], hashlib.md5(b"second").hexdigest(), "and with the digest of what was sent")
    (got,) = receive(sqs, url)
    t.equal(got["Body"], "first", "the duplicate is not delivered")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    send(sqs, url, "g", "third", dedup="d")
    t.equal(receive(sqs, url), [], "deleting the first does not end its five minutes")
    sqs.purge_queue(QueueUrl=url)
    send(sqs, url, "g", "fourth", dedup="d")
    t.equal(bodies(receive(sqs, url)), ["fourth"], "purging forgets what was sent")
    t.refused(sqs.send_message, "MissingParameter", QueueUrl=url, MessageBody="x", MessageDeduplicationId="e",
              text="The request must contain the parameter MessageGroupId.")
    t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=url, MessageBody="x", MessageGroupId="g",
              text=NO_DEDUPLICATION)
    t.refused(sqs.send_message_batch, "InvalidParameterValue", QueueUrl=url, Entries=[
        {"Id": "a", "MessageBody": "x", "MessageDeduplicationId": "e"}])
    t.refused(sqs.send_message_batch, "InvalidParameterValue", QueueUrl=url, text=NO_DEDUPLICATION, Entries=[
        {"Id": "a", "MessageBody": "x", "MessageGroupId": "g"}])
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        ids = {"MessageGroupId": "g", "MessageDeduplicationId": "f", name: "with blank"}
        t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=url, MessageBody="x", **ids,
                  text=f"Value with blank for parameter {name} is invalid. Reason: {name} can only include alphanumeric "
                       "and punctuation characters. 1 to 128 in length.")
    t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=url, MessageBody="x", DelaySeconds=2,
              MessageGroupId="g", MessageDeduplicationId="f",
              text="Value 2 for parameter DelaySeconds is invalid. "
                   "Reason: The request include parameter that is not valid for this queue type.")
    content = h.create_queue(sqs, "content.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for _ in range(2):
        sqs.send_message(QueueUrl=content, MessageBody="same", MessageGroupId="g")
    send(sqs, content, "g", "explicit", dedup=hashlib.sha256(b"same").hexdigest())
    got = receive(sqs, content, MessageSystemAttributeNames=["MessageDeduplicationId"])
    t.equal(bodies(got), ["same"], "the body decides; an explicit id equal to its digest is a duplicate too")
    t.equal(got[0]["Attributes"]["MessageDeduplicationId"], hashlib.sha256(b"same").hexdigest(), "SHA-256 of the body")
    scoped = h.create_queue(sqs, "scoped.fifo", FifoQueue="true", DeduplicationScope="messageGroup")
    for group in ("g", "h", "h"):
        send(sqs, scoped, group, f"of {group}", dedup="d")
    t.equal(sorted(bodies(receive(sqs, scoped))), ["of g", "of h"], "each group has its own")


def attempts(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "attempts.fifo", FifoQueue="true", VisibilityTimeout="60")
    for body in ("1", "2"):
        send(sqs, url, "g", body)
    first = receive(sqs, url, ReceiveRequestAttemptId="one")
    again = receive(sqs, url, ReceiveRequestAttemptId="one")
    t.equal([m["ReceiptHandle"] for m in again], [m["ReceiptHandle"] for m in first], "the same handles for a repeated receive")
    t.equal(receive(sqs, url, ReceiveRequestAttemptId="two"), [], "another attempt finds the group locked")


PARTS = (order, many_groups, deduplication, attempts)

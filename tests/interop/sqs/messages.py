"""Single messages: content, attributes, digests, visibility, delays, long polls."""
import hashlib
import struct
import threading
import time

import harness as h
import tally as t

from .base import ACCOUNT, NOT_THERE, attributes, bodies, client, counts, receive

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
# Name, value, digest: recorded against SQS.
DIGESTS = [({"timestamp": ("Number", "1493147359900")}, "235c5c510d26fb653d073faed50ae77c"),
           ({"Foo": ("String", "Bar")}, "ae7155c6026991b6d54b11589678bf9c"),
           ({"General": ("String", "Kenobi"), "Hello": ("String", "There")}, "fca026605781cb4126a1e9044df24232"),
           ({"Hello": ("String", "There")}, "a311262e065454b75da111d535b8dacd"),
           ({"MyAttribute": ("String", "foobar")}, "adb59cd4678ea5a855436b949cd07ab6")]
REFUSED_ATTRIBUTES = [
    ({"a": {"DataType": "String", "StringValue": ""}},
     "Message (user) attribute 'a' must contain a non-empty value of type 'String'."),
    ({"a": {"DataType": "Text", "StringValue": "x"}}, None),
    ({"a": {"DataType": "Number", "StringValue": "ten"}},
     "Can't cast the value of message (user) attribute 'a' to a number."),
    ({"aws.x": {"DataType": "String", "StringValue": "x"}}, None),
    ({"Amazon.x": {"DataType": "String", "StringValue": "x"}}, None),
    ({"a..b": {"DataType": "String", "StringValue": "x"}}, None),
    ({".a": {"DataType": "String", "StringValue": "x"}}, None),
    ({"a b": {"DataType": "String", "StringValue": "x"}}, None),
    ({f"a{i}": {"DataType": "String", "StringValue": "x"} for i in range(11)},
     "Number of message attributes [11] exceeds the allowed maximum [10].")]


def md5_of(attributes):
    """The digest by AWS's description, written a second time."""
    out = b""
    for name in sorted(attributes):
        kind, value = attributes[name]["DataType"], attributes[name].get("BinaryValue")
        transport = b"\2" if value is not None else b"\1"
        raw = value if value is not None else attributes[name]["StringValue"].encode()
        for part in (name.encode(), kind.encode(), None, raw):
            out += transport if part is None else struct.pack(">I", len(part)) + part
    return hashlib.md5(out).hexdigest()


def content(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "content", VisibilityTimeout="60")
    for body in ("snow ☃ & <xml>", "\t\r\n tab, return, newline ", '"quoted" \\ back', "𝄞 beyond the BMP", "]]>", " "):
        sent = sqs.send_message(QueueUrl=url, MessageBody=body)
        digest = hashlib.md5(body.encode()).hexdigest()
        t.equal(sent["MD5OfMessageBody"], digest, f"MD5OfMessageBody of {body!r}")
        t.true("MD5OfMessageAttributes" not in sent, "no attributes, no digest of them")
        (got,) = receive(sqs, url)
        t.equal((got["Body"], got["MD5OfBody"], got["MessageId"]), (body, digest, sent["MessageId"]), "message")
        t.true(len(got["MessageId"]) == 36 and len(got["ReceiptHandle"]) <= 1024, "forms of id and handle")
        t.true("Attributes" not in got and "MessageAttributes" not in got, "attributes come only when asked for")
        sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    for bad in ("a\x01b", "\x00", "\ufffe", "\x1f"):
        t.refused(sqs.send_message, "InvalidMessageContents", shape="InvalidMessageContents", QueueUrl=url, MessageBody=bad)
    t.refused(sqs.send_message, "MissingParameter", QueueUrl=url, MessageBody="",
              text="The request must contain the parameter MessageBody.")
    largest = "x" * 1048576
    t.equal(sqs.send_message(QueueUrl=url, MessageBody=largest)["MD5OfMessageBody"],
            hashlib.md5(largest.encode()).hexdigest(), "the largest message")
    t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=url, MessageBody=largest + "x",
              text="One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.")
    t.equal(len(receive(sqs, url)[0]["Body"]), 1048576, "the largest message received")
    # Two bytes each, which a JSON client may send as the six of an escape.
    sent = sqs.send_message(QueueUrl=url, MessageBody="é" * 524288)
    t.equal(sent["MD5OfMessageBody"], hashlib.md5(("é" * 524288).encode()).hexdigest(), "the largest message, escaped")
    small = h.create_queue(sqs, "small", MaximumMessageSize="1024")
    attribute = {"a": {"DataType": "String", "StringValue": "x"}}  # counts 8 bytes
    sqs.send_message(QueueUrl=small, MessageBody="x" * 1016, MessageAttributes=attribute)
    t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=small, MessageBody="x" * 1017,
              MessageAttributes=attribute,
              text="One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.")


def user_attributes(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "attributes", VisibilityTimeout="0")
    for given, digest in DIGESTS:
        sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes={
            k: {"DataType": kind, "StringValue": value} for k, (kind, value) in given.items()})
        t.equal(sent["MD5OfMessageAttributes"], digest, f"digest of {given}")
        receive(sqs, url, VisibilityTimeout=60)
    every = {"kind": {"DataType": "String", "StringValue": "train ☃"},
             "kind.label": {"DataType": "String.custom", "StringValue": "y"},
             "n": {"DataType": "Number.int", "StringValue": "-12.5e3"},
             "raw": {"DataType": "Binary.png", "BinaryValue": bytes(range(256))}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=every)
    t.equal(sent["MD5OfMessageAttributes"], md5_of(every), "digest of four attributes")
    for asked, wanted in [(["All"], every), ([".*"], every), (["kind"], ["kind"]), (["kind.*"], ["kind", "kind.label"]),
                          (["n", "raw", "none"], ["n", "raw"])]:
        (got,) = receive(sqs, url, MessageAttributeNames=asked)
        expected = {k: every[k] for k in wanted}
        t.equal(got["MessageAttributes"], expected, f"attributes by {asked}")
        t.equal(got["MD5OfMessageAttributes"], md5_of(expected), f"digest of what {asked} returns")
    (got,) = receive(sqs, url, MessageAttributeNames=["none"])
    t.true("MD5OfMessageAttributes" not in got, "no digest where nothing is returned")
    for given, text in REFUSED_ATTRIBUTES:
        t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=url, MessageBody="x", MessageAttributes=given, text=text)


def system_attributes(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "system", VisibilityTimeout="0")
    began = int(time.time() * 1000)
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes=header)
    t.equal(sent["MD5OfMessageSystemAttributes"], md5_of(header), "digest of the trace header")
    t.true("MD5OfMessageAttributes" not in sent, "it is no digest of user attributes")
    (got,) = receive(sqs, url, MessageSystemAttributeNames=["All"])
    system = got["Attributes"]
    t.equal(set(system), {"SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
                          "AWSTraceHeader"}, "system attributes of a standard queue")
    t.equal(system["AWSTraceHeader"], TRACE, "trace header")
    t.equal(system["ApproximateReceiveCount"], "1", "receive count")
    first = system["ApproximateFirstReceiveTimestamp"]
    t.true(began - 1000 <= int(system["SentTimestamp"]) <= int(first) <= began + 30000, "times are in milliseconds")
    (got,) = receive(sqs, url, MessageSystemAttributeNames=["ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"])
    t.equal(got["Attributes"], {"ApproximateReceiveCount": "2", "ApproximateFirstReceiveTimestamp": first},
            "the second receive: the count grows, the first time stays")
    t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=url, MessageBody="x", MessageSystemAttributes={
        "Colour": {"DataType": "String", "StringValue": "red"}})
    # A group on a standard queue makes it fair; it orders nothing.
    fair = h.create_queue(sqs, "fair")
    t.true("SequenceNumber" not in sqs.send_message(QueueUrl=fair, MessageBody="x", MessageGroupId="tenant"), "no sequence")
    (got,) = receive(sqs, fair, MessageSystemAttributeNames=["MessageGroupId"])
    t.equal(got["Attributes"], {"MessageGroupId": "tenant"}, "group of a standard queue")
    t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=fair, MessageBody="x", MessageDeduplicationId="d",
              text="Value d for parameter MessageDeduplicationId is invalid. "
                   "Reason: The request include parameter that is not valid for this queue type.")


def visibility(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "visibility", VisibilityTimeout="60")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (first,) = receive(sqs, url)
    t.equal(receive(sqs, url), [], "an invisible message")
    t.equal(counts(sqs, url), (0, 1, 0), "in flight")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    t.equal(counts(sqs, url), (1, 0, 0), "visible again")
    (second,) = receive(sqs, url, MessageSystemAttributeNames=["ApproximateReceiveCount"], VisibilityTimeout=1)
    t.equal(second["Attributes"], {"ApproximateReceiveCount": "2"}, "receive count")
    t.true(second["ReceiptHandle"] != first["ReceiptHandle"], "each receive gives a handle of its own")
    t.equal(bodies(receive(sqs, url, WaitTimeSeconds=5)), ["x"], "visible again after its timeout of a second")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])  # an old handle still deletes
    t.equal(counts(sqs, url), (0, 0, 0), "deleted by an old handle")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])  # and deleting twice is no error
    t.refused(sqs.change_message_visibility, "InvalidParameterValue", QueueUrl=url, VisibilityTimeout=5,
              ReceiptHandle=second["ReceiptHandle"],
              text=f"Value {second['ReceiptHandle']} for parameter ReceiptHandle is invalid. Reason: Message does not "
                   "exist or is not available for visibility timeout change.")
    t.refused(sqs.delete_message, "ReceiptHandleIsInvalid", shape="ReceiptHandleIsInvalid", status=404, QueueUrl=url,
              ReceiptHandle="garbage", text='The input receipt handle "garbage" is not a valid receipt handle.')
    t.refused(sqs.change_message_visibility, "ReceiptHandleIsInvalid", QueueUrl=url, ReceiptHandle="garbage",
              VisibilityTimeout=1)
    sqs.send_message(QueueUrl=url, MessageBody="y")
    (got,) = receive(sqs, url)
    t.refused(sqs.change_message_visibility, "InvalidParameterValue", QueueUrl=url, ReceiptHandle=got["ReceiptHandle"],
              VisibilityTimeout=43201, text="Value 43201 for parameter VisibilityTimeout is invalid. "
              "Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
    for name, low, high, bad in [("MaxNumberOfMessages", None, None, (0, 11)), ("WaitTimeSeconds", 0, 20, (-1, 21)),
                                 ("VisibilityTimeout", 0, 43200, (-1, 43201))]:
        limits = f"Must be >= {low} and <= {high}" if high else "Must be between 1 and 10"
        for value in bad:
            t.refused(sqs.receive_message, "InvalidParameterValue", QueueUrl=url, **{name: value},
                      text=f"Value {value} for parameter {name} is invalid. Reason: {limits}, if provided.")


def delays(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "delays", DelaySeconds="900")
    sqs.send_message(QueueUrl=url, MessageBody="by the queue")
    sqs.send_message(QueueUrl=url, MessageBody="at once", DelaySeconds=0)
    began = time.monotonic()
    sqs.send_message(QueueUrl=url, MessageBody="in a second", DelaySeconds=1)
    t.equal(counts(sqs, url), (1, 0, 2), "two are delayed")
    t.equal(bodies(receive(sqs, url)), ["at once"], "not delayed")
    t.equal(bodies(receive(sqs, url, WaitTimeSeconds=5)), ["in a second"], "a second later")
    t.true(0.9 < time.monotonic() - began < 4, "the delay is a second")
    for bad in (-1, 901):
        t.refused(sqs.send_message, "InvalidParameterValue", QueueUrl=url, MessageBody="x", DelaySeconds=bad,
                  text=f"Value {bad} for parameter DelaySeconds is invalid. "
                       "Reason: DelaySeconds must be >= 0 and <= 900.")


def long_polls(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "polled", ReceiveMessageWaitTimeSeconds="1")
    began = time.monotonic()
    t.equal(receive(sqs, url), [], "the queue's own wait")
    t.true(0.9 < time.monotonic() - began < 4, "it lasts a second")
    began = time.monotonic()
    t.equal(receive(sqs, url, WaitTimeSeconds=0), [], "an explicit 0 does not wait")
    t.true(time.monotonic() - began < 0.8, "it comes back at once")
    sender = threading.Timer(0.3, lambda: client(aws).send_message(QueueUrl=url, MessageBody="woken"))
    sender.start()
    began = time.monotonic()
    t.equal(bodies(receive(sqs, url, WaitTimeSeconds=20)), ["woken"], "a message ends the wait")
    t.true(time.monotonic() - began < 10, "as soon as it comes")
    sender.join()
    # A queue that is deleted ends the wait as well.
    threading.Timer(0.3, lambda: client(aws).delete_queue(QueueUrl=url)).start()
    t.refused(sqs.receive_message, NOT_THERE, QueueUrl=url, WaitTimeSeconds=20)


PARTS = (content, user_attributes, system_attributes, visibility, delays, long_polls)

"""Queues as such: names, attributes, listing, tags, encryption, deletion, purging."""
import json
import time

import harness as h
import tally as t

from .base import ACCOUNT, NOT_THERE, NOT_THERE_TEXT, QUERY, STRANGER, arn_of, attributes, client, counts, receive, url_of

DEFAULTS = {"DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
            "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "SqsManagedSseEnabled": "true",
            "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0",
            "ApproximateNumberOfMessagesDelayed": "0"}
FIFO_DEFAULTS = {"FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue",
                 "FifoThroughputLimit": "perQueue"}
RANGES = [("DelaySeconds", 0, 900), ("MaximumMessageSize", 1024, 1048576), ("MessageRetentionPeriod", 60, 1209600),
          ("ReceiveMessageWaitTimeSeconds", 0, 20), ("VisibilityTimeout", 0, 43200),
          ("KmsDataKeyReusePeriodSeconds", 60, 86400)]
BAD_NAME = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"


def names(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "one", VisibilityTimeout="30")
    t.equal(url, url_of(aws, "one"), "queue URL")
    t.equal(h.create_queue(sqs, "one", VisibilityTimeout="30"), url, "the same queue created again")
    t.equal(h.create_queue(sqs, "one"), url, "created again without attributes: what is not given is not compared")
    t.refused(sqs.create_queue, "QueueAlreadyExists", shape="QueueNameExists", status=400, QueueName="one",
              Attributes={"VisibilityTimeout": "31"},
              text="A queue already exists with the same name and a different value for attribute VisibilityTimeout")
    t.equal(sqs.get_queue_url(QueueName="one")["QueueUrl"], url, "get_queue_url")
    t.equal(sqs.get_queue_url(QueueName="one", QueueOwnerAWSAccountId=ACCOUNT)["QueueUrl"], url, "with its owner")
    t.refused(sqs.get_queue_url, NOT_THERE, shape="QueueDoesNotExist", status=400, text=NOT_THERE_TEXT, QueueName="none")
    t.refused(sqs.get_queue_url, NOT_THERE, QueueName="One")
    for name in ("", "a b", "x" * 81, "a/b", "a.b", "ä"):
        t.refused(sqs.create_queue, "MissingParameter" if not name else "InvalidParameterValue",
                  text=BAD_NAME if name else "The request must contain the parameter QueueName.", QueueName=name)
    longest = "x" * 80
    t.equal(h.create_queue(sqs, longest), url_of(aws, longest), "the longest name")
    sqs.delete_queue(QueueUrl=url)
    t.refused(sqs.get_queue_url, NOT_THERE, QueueName="one")
    t.refused(sqs.create_queue, "AWS.SimpleQueueService.QueueDeletedRecently", shape="QueueDeletedRecently",
              QueueName="one",
              text="You must wait 60 seconds after deleting a queue before you can create another with the same name.")
    missing = url_of(aws, "none")
    for call, more in [(sqs.send_message, {"MessageBody": "x"}), (sqs.receive_message, {}), (sqs.purge_queue, {}),
                       (sqs.delete_message, {"ReceiptHandle": "x"}), (sqs.list_queue_tags, {}),
                       (sqs.get_queue_attributes, {}), (sqs.list_dead_letter_source_queues, {}), (sqs.delete_queue, {}),
                       (sqs.set_queue_attributes, {"Attributes": {"DelaySeconds": "1"}}),
                       (sqs.tag_queue, {"Tags": {"a": "b"}}), (sqs.untag_queue, {"TagKeys": ["a"]}),
                       (sqs.change_message_visibility, {"ReceiptHandle": "x", "VisibilityTimeout": 1}),
                       (sqs.send_message_batch, {"Entries": [{"Id": "a", "MessageBody": "x"}]}),
                       (sqs.delete_message_batch, {"Entries": [{"Id": "a", "ReceiptHandle": "x"}]}),
                       (sqs.change_message_visibility_batch, {"Entries": [{"Id": "a", "ReceiptHandle": "x"}]}),
                       (sqs.add_permission, {"Label": "l", "AWSAccountIds": [STRANGER], "Actions": ["*"]}),
                       (sqs.remove_permission, {"Label": "l"})]:
        t.refused(call, NOT_THERE, shape="QueueDoesNotExist", text=NOT_THERE_TEXT, QueueUrl=missing, **more)


def listing(aws):
    sqs = client(aws, "444444444445")
    t.true("QueueUrls" not in sqs.list_queues(), "no queues: the list is left out")
    made = [h.create_queue(sqs, f"many-{i:02}") for i in range(12)] + [h.create_queue(sqs, "other")]
    t.equal(sorted(sqs.list_queues()["QueueUrls"]), sorted(made), "all queues")
    t.true("NextToken" not in sqs.list_queues(), "a token comes only when MaxResults was given")
    pages = list(sqs.get_paginator("list_queues").paginate(QueueNamePrefix="many-", PaginationConfig={"PageSize": 5}))
    t.equal([len(p["QueueUrls"]) for p in pages], [5, 5, 2], "page sizes")
    t.equal(sorted(u for p in pages for u in p["QueueUrls"]), sorted(made[:12]), "paged queues")
    t.true("NextToken" in sqs.list_queues(MaxResults=3), "a token while there is more")
    t.true("NextToken" not in sqs.list_queues(MaxResults=13), "no token with the last page")
    t.refused(sqs.list_queues, "InvalidParameterValue", MaxResults=1001)
    t.refused(sqs.list_queues, "InvalidParameterValue", MaxResults=0)
    t.equal(client(aws, "444444444446").list_queues().get("QueueUrls"), None, "another account sees none")
    t.equal(client(aws, "444444444445", region="eu-west-1").list_queues().get("QueueUrls"), None, "another region neither")


def settings(aws):
    sqs = client(aws)
    began = int(time.time())
    url = h.create_queue(sqs, "settings")
    got = attributes(sqs, url)
    t.equal({k: got.get(k) for k in DEFAULTS}, DEFAULTS, "defaults")
    t.equal(got["QueueArn"], arn_of("settings"), "QueueArn")
    for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
        t.true(began - 1 <= int(got[name]) <= time.time() + 1, f"{name} is in seconds")
    for name in ("FifoQueue", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"):
        t.true(name not in got, f"{name} is absent from All where it is unset")
    t.equal(attributes(sqs, url, "DelaySeconds"), {"DelaySeconds": "0"}, "one attribute")
    t.equal(sqs.get_queue_attributes(QueueUrl=url).get("Attributes", {}), {}, "without names")
    t.refused(sqs.get_queue_attributes, "InvalidAttributeName", shape="InvalidAttributeName", QueueUrl=url,
              AttributeNames=["Colour"], text="Unknown Attribute Colour.")
    for name, low, high in RANGES:
        for good in (low, high):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(good)})
            t.equal(attributes(sqs, url, name), {name: str(good)}, f"{name} {good}")
        for bad in (low - 1, high + 1):
            t.refused(sqs.set_queue_attributes, "InvalidAttributeValue", QueueUrl=url, Attributes={name: str(bad)})
    t.refused(sqs.set_queue_attributes, "InvalidAttributeValue", shape=None if QUERY else "InvalidAttributeValue",
              QueueUrl=url, Attributes={"VisibilityTimeout": "soon"})
    t.refused(sqs.set_queue_attributes, "InvalidAttributeName", QueueUrl=url, Attributes={"FifoQueue": "true"},
              text="Unknown Attribute FifoQueue.")
    t.refused(sqs.set_queue_attributes, "InvalidAttributeName", QueueUrl=url,
              Attributes={"DeduplicationScope": "queue"},
              text="You can specify the DeduplicationScope only when FifoQueue is set to true.")
    ordered = h.create_queue(sqs, "settings.fifo", FifoQueue="true")
    t.equal({k: v for k, v in attributes(sqs, ordered).items() if k in FIFO_DEFAULTS}, FIFO_DEFAULTS, "FIFO defaults")
    t.refused(sqs.set_queue_attributes, "InvalidAttributeValue", QueueUrl=ordered, Attributes={"FifoQueue": "false"},
              text="Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
    t.refused(sqs.create_queue, "InvalidParameterValue", QueueName="plain", Attributes={"FifoQueue": "true"},
              text="The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
                   "must end with .fifo suffix and be 1 to 80 in length")
    # perMessageGroupId needs the scope messageGroup.
    t.refused(sqs.set_queue_attributes, "InvalidAttributeValue", QueueUrl=ordered,
              Attributes={"FifoThroughputLimit": "perMessageGroupId"})
    fast = {"FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup"}
    sqs.set_queue_attributes(QueueUrl=ordered, Attributes=fast)
    t.equal(attributes(sqs, ordered, *fast), fast, "high throughput")


def encryption(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "secret", KmsMasterKeyId="alias/aws/sqs")
    t.equal(attributes(sqs, url, "KmsMasterKeyId", "SqsManagedSseEnabled"),
            {"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "false"}, "a key ends SQS's own encryption")
    t.refused(sqs.create_queue, "InvalidAttributeName", QueueName="both",
              Attributes={"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"},
              text="You can use one type of server-side encryption (SSE) at one time. "
                   "You can either enable KMS SSE or SQS SSE.")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": ""})
    t.equal(attributes(sqs, url, "KmsMasterKeyId", "SqsManagedSseEnabled"), {"SqsManagedSseEnabled": "false"},
            "SQS's own encryption stays off when the key goes")


def tags(aws):
    sqs = client(aws)
    url = sqs.create_queue(QueueName="tagged", tags={"c": "3"})["QueueUrl"]
    t.equal(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"c": "3"}, "tags of a new queue")
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "c": "4", "Größe": ""})
    t.equal(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"a": "1", "c": "4", "Größe": ""}, "tags added and replaced")
    sqs.untag_queue(QueueUrl=url, TagKeys=["a", "never"])
    t.equal(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"c": "4", "Größe": ""}, "tags left")
    sqs.untag_queue(QueueUrl=url, TagKeys=["c", "Größe"])
    t.true(not sqs.list_queue_tags(QueueUrl=url).get("Tags"), "no tags left")
    sqs.tag_queue(QueueUrl=url, Tags={f"k{i}": "v" for i in range(50)})
    t.refused(sqs.tag_queue, "InvalidParameterValue", QueueUrl=url, Tags={"one-more": "v"},
              text="Too many tags added for queue tagged.")
    t.refused(sqs.tag_queue, "InvalidParameterValue", QueueUrl=url, Tags={"k" * 129: "v"})
    t.refused(sqs.tag_queue, "InvalidParameterValue", QueueUrl=url, Tags={"k0": "v" * 257})
    t.refused(sqs.tag_queue, "InvalidParameterValue", QueueUrl=url, Tags={"aws:x": "v"})


def purging(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "purged")
    for delay in (0, 0, 900):
        sqs.send_message(QueueUrl=url, MessageBody="gone", DelaySeconds=delay)
    receive(sqs, url, MaxNumberOfMessages=1)
    t.equal(counts(sqs, url), (1, 1, 1), "visible, in flight, delayed")
    sqs.purge_queue(QueueUrl=url)
    t.equal(counts(sqs, url), (0, 0, 0), "all three kinds are purged")
    t.refused(sqs.purge_queue, "AWS.SimpleQueueService.PurgeQueueInProgress", shape="PurgeQueueInProgress", status=403,
              QueueUrl=url, text="Only one PurgeQueue operation on purged is allowed every 60 seconds.")


def presigned(aws):
    """A GET that carries its signature in the URL: the Query protocol, whatever the client speaks otherwise."""
    import urllib.error
    import urllib.request
    sqs = client(aws)
    url = h.create_queue(sqs, "presigned")
    if not QUERY:
        # Today's botocore presigns the JSON protocol's POST, whose target header no URL can carry.
        sqs = client(aws, region=h.REGION)
        import botocore.auth
        import botocore.awsrequest
        import botocore.credentials
        keys = botocore.credentials.Credentials(ACCOUNT, "test")
        request = botocore.awsrequest.AWSRequest("GET", url, params={
            "Action": "SendMessage", "Version": "2012-11-05", "MessageBody": "by a link & more"})
        botocore.auth.SigV4QueryAuth(keys, "sqs", h.REGION, expires=60).add_auth(request)
        link = request.prepare().url
    else:
        link = sqs.generate_presigned_url("send_message", Params={"QueueUrl": url, "MessageBody": "by a link & more"},
                                          ExpiresIn=60, HttpMethod="GET")
    t.contains(link, "X-Amz-Signature=", "the link")
    with urllib.request.urlopen(link, timeout=10) as answer:
        t.equal((answer.status, answer.headers.get_content_type()), (200, "text/xml"), "the answer to the link")
        t.contains(answer.read().decode(), "<SendMessageResponse", "its body")
    t.equal([m["Body"] for m in receive(sqs, url)], ["by a link & more"], "the message of the link")
    try:
        urllib.request.urlopen(link.replace("more", "less"), timeout=10)
        raise h.mismatch("a changed link was taken")
    except urllib.error.HTTPError as e:
        t.equal(e.code, 403, "status of a changed link")
        t.contains(e.read().decode(), "<Code>SignatureDoesNotMatch</Code>", "a changed link")


def wire(aws):
    """What this boto3 sends, so that a change of its protocol does not go unseen; and how SQS names a request."""
    sqs, seen = client(aws), set()
    sqs.meta.events.register("before-send.sqs.*", lambda request, **_: seen.add(
        h.text_of(request.headers.get("Content-Type")).split(";")[0]))
    answer = sqs.create_queue(QueueName="wire")
    t.equal(seen, {"application/x-www-form-urlencoded" if QUERY else "application/x-amz-json-1.0"}, "content types")
    meta = answer["ResponseMetadata"]
    t.equal(meta["HTTPStatusCode"], 200, "status")
    t.true(len(meta["RequestId"]) == 36, "the request id is a UUID")
    t.equal(meta["HTTPHeaders"]["x-amzn-requestid"], meta["RequestId"], "the request id's header")
    t.equal(meta["HTTPHeaders"]["content-type"], "text/xml" if QUERY else "application/x-amz-json-1.0", "content type")
    forged = client(aws, secret="wrong")
    t.refused(forged.list_queues, "SignatureDoesNotMatch", status=403)
    e = t.refused(sqs.send_message, "MissingParameter", QueueUrl=answer["QueueUrl"], MessageBody="", status=400)
    t.equal(e.response["Error"].get("Type"), "Sender", "whose fault")
    if not QUERY:
        t.equal(e.response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-query-error"], "MissingParameter;Sender",
                "the error of the old protocol beside the new")


PARTS = (names, listing, settings, encryption, tags, purging, presigned, wire)

"""What the SQS parts share: one account, a client of either protocol, receiving under old and new member names."""
import sys

import harness as h

ACCOUNT, STRANGER = "444444444444", "555555555555"
QUERY = "--query" in sys.argv[1:]
NOT_THERE = "AWS.SimpleQueueService.NonExistentQueue"
# The one text that differs between the protocols.
NOT_THERE_TEXT = "The specified queue does not exist" + (" for this wsdl version." if QUERY else ".")


def client(aws, account=ACCOUNT, **options):
    return h.client("sqs", aws.url, account, **options)


def url_of(aws, name, account=ACCOUNT):
    return f"{aws.url}/{account}/{name}"


def arn_of(name, account=ACCOUNT):
    return f"arn:aws:sqs:{h.REGION}:{account}:{name}"


def receive(sqs, queue, **options):
    """Up to ten messages; the boto3 of 2023 knows MessageSystemAttributeNames as AttributeNames."""
    if "MessageSystemAttributeNames" not in sqs.meta.service_model.operation_model("ReceiveMessage").input_shape.members:
        options = {{"MessageSystemAttributeNames": "AttributeNames"}.get(k, k): v for k, v in options.items()}
    return sqs.receive_message(QueueUrl=queue, **{"MaxNumberOfMessages": 10, **options}).get("Messages", [])


def bodies(messages):
    return [m["Body"] for m in messages]


def attributes(sqs, queue, *names):
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(names or ("All",))).get("Attributes", {})


def counts(sqs, queue):
    """Visible, in flight, delayed."""
    names = [f"ApproximateNumberOfMessages{k}" for k in ("", "NotVisible", "Delayed")]
    got = attributes(sqs, queue, *names)
    return tuple(int(got[n]) for n in names)

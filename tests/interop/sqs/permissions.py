"""AddPermission, RemovePermission, the policy that they write, and what other accounts may do by it."""
import json

import harness as h
import tally as t

from .base import ACCOUNT, STRANGER, arn_of, attributes, client, receive, url_of


def permissions(aws):
    sqs, other = client(aws), client(aws, STRANGER)
    url = h.create_queue(sqs, "shared")
    caller = h.client("sts", aws.url, STRANGER).get_caller_identity()["Arn"]
    t.refused(other.send_message, "AccessDenied", status=403, QueueUrl=url, MessageBody="x",
              text=f"User: {caller} is not authorized to perform: sqs:sendmessage on resource: "
                   f"{arn_of('shared')} because no resource-based policy allows the sqs:sendmessage action")
    sqs.add_permission(QueueUrl=url, Label="send", AWSAccountIds=[STRANGER], Actions=["SendMessage"])
    policy = json.loads(attributes(sqs, url, "Policy")["Policy"])
    t.equal(policy, {"Version": "2008-10-17", "Id": f"{arn_of('shared')}/SQSDefaultPolicy", "Statement": [{
        "Sid": "send", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"},
        "Action": "SQS:SendMessage", "Resource": arn_of("shared")}]}, "the policy that AddPermission writes")
    other.send_message(QueueUrl=url, MessageBody="from outside")
    batch = other.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "batch from outside"}])
    t.equal([e["Id"] for e in batch["Successful"]], ["a"], "SendMessage covers its batch")
    t.refused(other.receive_message, "AccessDenied", QueueUrl=url)
    got = receive(sqs, url, MessageSystemAttributeNames=["SenderId"], VisibilityTimeout=0)
    t.equal({m["Body"] for m in got}, {"from outside", "batch from outside"}, "messages of the other account")
    t.refused(sqs.add_permission, "InvalidParameterValue", QueueUrl=url, Label="send", AWSAccountIds=[STRANGER],
              Actions=["*"], text="Value send for parameter Label is invalid. Reason: Already exists.")
    sqs.add_permission(QueueUrl=url, Label="read", AWSAccountIds=[STRANGER, "666666666666"],
                       Actions=["ReceiveMessage", "GetQueueUrl"])
    both = json.loads(attributes(sqs, url, "Policy")["Policy"])["Statement"]
    t.equal([s["Sid"] for s in both], ["send", "read"], "statements")
    t.equal(both[1]["Action"], ["SQS:ReceiveMessage", "SQS:GetQueueUrl"], "several actions are a list")
    t.equal(both[1]["Principal"]["AWS"], [f"arn:aws:iam::{a}:root" for a in (STRANGER, "666666666666")], "principals")
    t.equal(other.get_queue_url(QueueName="shared", QueueOwnerAWSAccountId=ACCOUNT)["QueueUrl"], url_of(aws, "shared"),
            "the other account finds the queue")
    t.equal(len(receive(other, url)), 2, "the other account receives")
    t.refused(other.delete_queue, "AccessDenied", QueueUrl=url)
    sqs.remove_permission(QueueUrl=url, Label="send")
    t.refused(other.send_message, "AccessDenied", QueueUrl=url, MessageBody="x")
    t.refused(sqs.remove_permission, "InvalidParameterValue", QueueUrl=url, Label="send",
              text="Value send for parameter Label is invalid. Reason: can't find label.")
    sqs.remove_permission(QueueUrl=url, Label="read")
    t.refused(other.receive_message, "AccessDenied", QueueUrl=url)


def refusals(aws):
    sqs = client(aws)
    url = h.create_queue(sqs, "guarded")
    allowed = ["SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes",
               "GetQueueUrl", "PurgeQueue", "ListDeadLetterSourceQueues"]
    t.refused(sqs.add_permission, "OverLimit", shape="OverLimit", status=403, QueueUrl=url, Label="l",
              AWSAccountIds=[STRANGER], Actions=allowed, text="8 Actions were found, maximum allowed is 7.")
    t.refused(sqs.add_permission, "InvalidParameterValue", QueueUrl=url, Label="l", AWSAccountIds=[STRANGER],
              Actions=["CreateQueue"])
    t.refused(sqs.add_permission, "InvalidParameterValue", QueueUrl=url, Label="no blanks", AWSAccountIds=[STRANGER],
              Actions=["*"], text="Value no blanks for parameter Label is invalid. Reason: Can only include "
                                  "alphanumeric characters, hyphens, or underscores. 1 to 80 in length.")
    t.refused(sqs.add_permission, "InvalidParameterValue", QueueUrl=url, Label="l", AWSAccountIds=["12"], Actions=["*"],
              text="Value [12] for parameter PrincipalId is invalid. Reason: Unable to verify.")
    t.refused(sqs.set_queue_attributes, "InvalidAttributeValue", QueueUrl=url, Attributes={"Policy": "{"},
              text="Invalid value for the parameter Policy.")
    # A denial wins over everything else, for the owner too.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn_of("guarded")},
            {"Effect": "Deny", "Principal": "*", "Action": "sqs:PurgeQueue", "Resource": arn_of("guarded")}]})})
    t.refused(sqs.purge_queue, "AccessDenied", status=403, QueueUrl=url)
    t.equal(receive(client(aws, STRANGER), url), [], "everyone may receive")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    t.true("Policy" not in attributes(sqs, url), "an empty policy is none")


PARTS = (permissions, refusals)

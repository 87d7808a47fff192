#!/usr/bin/env python3
"""STS and IAM by boto3 and the AWS CLI against `trainyard local`: identities, roles, policies, who may assume what.

    tests/interop/identity_boto3.py [PART...]
"""
import datetime
import json
import sys

import harness as h
import tally as t
from cli import cli

ACCOUNT, OTHER = "444444444444", "111111111111"
TRUST = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}


def session(aws, service, credentials):
    import boto3
    return boto3.client(service, endpoint_url=aws.url, region_name=h.REGION, aws_access_key_id=credentials["AccessKeyId"],
                        aws_secret_access_key=credentials["SecretAccessKey"],
                        aws_session_token=credentials["SessionToken"])


def seconds_from_now(when):
    return (when - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def callers(aws):
    sts = h.client("sts", aws.url, ACCOUNT)
    me = sts.get_caller_identity()
    t.equal(me["Account"], ACCOUNT, "Account")
    t.contains(me["Arn"], f"arn:aws:iam::{ACCOUNT}:", "Arn")
    t.equal(me["ResponseMetadata"]["HTTPHeaders"]["content-type"], "text/xml", "the Query protocol answers with XML")
    for service, call, code, status in [("sqs", "list_queues", "SignatureDoesNotMatch", 403),
                                        ("sts", "get_caller_identity", "SignatureDoesNotMatch", 403),
                                        ("sagemaker", "list_training_jobs", "InvalidSignatureException", 400)]:
        forged = h.client(service, aws.url, ACCOUNT, secret="wrong")
        t.refused(getattr(forged, call), code, status=status)
    nobody = h.client("sts", aws.url, "AKIAIOSFODNN7EXAMPLE")
    t.refused(nobody.get_caller_identity, "InvalidClientTokenId", status=403,
              text="The security token included in the request is invalid.")


def assumed_roles(aws):
    # botocore would refuse some of this itself.
    sts = h.client("sts", aws.url, ACCOUNT, parameter_validation=False)
    role = f"arn:aws:iam::{OTHER}:role/deep/path/trainyard-spoke"
    answer = sts.assume_role(RoleArn=role, RoleSessionName="probe", DurationSeconds=900)
    user, key = answer["AssumedRoleUser"], answer["Credentials"]
    t.equal(user["Arn"], f"arn:aws:sts::{OTHER}:assumed-role/trainyard-spoke/probe", "the session's ARN is without the path")
    t.true(user["AssumedRoleId"].startswith("AROA") and user["AssumedRoleId"].endswith(":probe"), "AssumedRoleId")
    t.true(key["AccessKeyId"].startswith("ASIA"), "a temporary key")
    t.true(880 < seconds_from_now(key["Expiration"]) <= 901, "fifteen minutes")
    default = sts.assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]["Expiration"]
    t.true(3580 < seconds_from_now(default) <= 3601, "an hour unless told otherwise")
    who = session(aws, "sts", key).get_caller_identity()
    t.equal((who["Account"], who["Arn"], who["UserId"]), (OTHER, user["Arn"], user["AssumedRoleId"]), "who the session is")
    t.equal(session(aws, "sqs", key).create_queue(QueueName="theirs")["QueueUrl"], f"{aws.url}/{OTHER}/theirs",
            "the session acts in the role's account")
    for token, code in [("forged", "InvalidClientTokenId"), ("", "InvalidClientTokenId")]:
        t.refused(session(aws, "sts", {**key, "SessionToken": token or None}).get_caller_identity, code, status=403)
    for bad, at in [({"DurationSeconds": 899}, "durationSeconds"), ({"RoleSessionName": "a b"}, "roleSessionName"),
                    ({"DurationSeconds": 43201}, "durationSeconds")]:
        e = t.refused(sts.assume_role, "ValidationError", status=400, **{
            "RoleArn": role, "RoleSessionName": "probe", **bad})
        t.contains(e.response["Error"]["Message"], f"at '{at}' failed to satisfy constraint", "what is wrong")


def tokens(aws):
    sts = h.client("sts", aws.url, ACCOUNT)
    key = sts.get_session_token(DurationSeconds=900)["Credentials"]
    t.equal(session(aws, "sts", key).get_caller_identity()["Account"], ACCOUNT, "a session of one's own")
    federated = sts.get_federation_token(Name="visitor", DurationSeconds=900)
    t.equal(federated["FederatedUser"]["Arn"], f"arn:aws:sts::{ACCOUNT}:federated-user/visitor", "federated user")
    t.equal(sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"], ACCOUNT, "whose key")


def roles(aws):
    iam = h.client("iam", aws.url, ACCOUNT)
    role = iam.create_role(RoleName="spoke", Path="/team/", AssumeRolePolicyDocument=json.dumps(TRUST),
                           Description="for tests", MaxSessionDuration=7200, Tags=[{"Key": "a", "Value": "1"}])["Role"]
    t.equal((role["RoleName"], role["Arn"], role["Path"]), ("spoke", f"arn:aws:iam::{ACCOUNT}:role/team/spoke", "/team/"), "role")
    t.true(role["RoleId"].startswith("AROA"), "RoleId")
    got = iam.get_role(RoleName="spoke")["Role"]
    t.equal(got["AssumeRolePolicyDocument"], TRUST, "the trust policy, which travels percent-encoded")
    t.equal((got["MaxSessionDuration"], got["Description"], got["Tags"]), (7200, "for tests", [{"Key": "a", "Value": "1"}]),
            "what was asked for")
    t.equal((got["RoleId"], got["CreateDate"].tzinfo is not None), (role["RoleId"], True), "the same role")
    t.refused(iam.create_role, "EntityAlreadyExists", shape="EntityAlreadyExistsException", status=409, RoleName="spoke",
              AssumeRolePolicyDocument=json.dumps(TRUST), text="Role with name spoke already exists.")
    t.refused(iam.get_role, "NoSuchEntity", shape="NoSuchEntityException", status=404, RoleName="none",
              text="The role with name none cannot be found.")
    t.refused(iam.create_role, "MalformedPolicyDocument", shape="MalformedPolicyDocumentException", status=400,
              RoleName="bad", AssumeRolePolicyDocument="{")
    iam.get_waiter("role_exists").wait(RoleName="spoke", WaiterConfig={"Delay": 0.1, "MaxAttempts": 20})
    iam.update_role(RoleName="spoke", Description="changed", MaxSessionDuration=3600)
    got = iam.get_role(RoleName="spoke")["Role"]
    t.equal((got["Description"], got["MaxSessionDuration"]), ("changed", 3600), "updated")
    iam.tag_role(RoleName="spoke", Tags=[{"Key": "b", "Value": "2"}])
    t.equal({x["Key"]: x["Value"] for x in iam.get_role(RoleName="spoke")["Role"]["Tags"]}, {"a": "1", "b": "2"}, "tags")
    for i in range(5):
        iam.create_role(RoleName=f"listed-{i}", Path="/listed/", AssumeRolePolicyDocument=json.dumps(TRUST))
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix="/listed/", PaginationConfig={"PageSize": 2}))
    t.equal([len(p["Roles"]) for p in pages], [2, 2, 1], "pages")
    t.equal([r["RoleName"] for p in pages for r in p["Roles"]], [f"listed-{i}" for i in range(5)], "by name")
    t.equal([p["IsTruncated"] for p in pages], [True, True, False], "IsTruncated")
    iam.delete_role(RoleName="listed-0")
    t.refused(iam.get_role, "NoSuchEntity", RoleName="listed-0")
    t.refused(h.client("iam", aws.url, OTHER).get_role, "NoSuchEntity", RoleName="spoke")


def policies(aws):
    iam = h.client("iam", aws.url, ACCOUNT)
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    policy = iam.create_policy(PolicyName="read", PolicyDocument=json.dumps(READ))["Policy"]
    t.equal((policy["Arn"], policy["DefaultVersionId"], policy["AttachmentCount"]),
            (f"arn:aws:iam::{ACCOUNT}:policy/read", "v1", 0), "policy")
    t.refused(iam.create_policy, "EntityAlreadyExists", PolicyName="read", PolicyDocument=json.dumps(READ))
    for _ in range(2):  # attaching twice is no error
        iam.attach_role_policy(RoleName="reader", PolicyArn=policy["Arn"])
    t.equal(iam.list_attached_role_policies(RoleName="reader")["AttachedPolicies"],
            [{"PolicyName": "read", "PolicyArn": policy["Arn"]}], "attached")
    t.equal(iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["AttachmentCount"], 1, "attachments")
    t.equal(iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]["Document"], READ, "document")
    iam.put_role_policy(RoleName="reader", PolicyName="inline", PolicyDocument=json.dumps(READ))
    t.equal(iam.list_role_policies(RoleName="reader")["PolicyNames"], ["inline"], "inline policies")
    t.equal(iam.get_role_policy(RoleName="reader", PolicyName="inline")["PolicyDocument"], READ, "inline document")
    t.refused(iam.delete_role, "DeleteConflict", shape="DeleteConflictException", status=409, RoleName="reader")
    t.refused(iam.delete_policy, "DeleteConflict", PolicyArn=policy["Arn"])
    t.refused(iam.attach_role_policy, "NoSuchEntity", RoleName="reader", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/none")
    t.refused(iam.put_role_policy, "MalformedPolicyDocument", RoleName="reader", PolicyName="bad", PolicyDocument="{}")
    results = iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/reader", ActionNames=[
        "sqs:ReceiveMessage", "sqs:SendMessage"])["EvaluationResults"]
    t.equal({r["EvalActionName"]: r["EvalDecision"] for r in results},
            {"sqs:ReceiveMessage": "allowed", "sqs:SendMessage": "implicitDeny"}, "simulated")
    iam.delete_role_policy(RoleName="reader", PolicyName="inline")
    iam.detach_role_policy(RoleName="reader", PolicyArn=policy["Arn"])
    iam.delete_role(RoleName="reader")
    iam.delete_policy(PolicyArn=policy["Arn"])
    t.refused(iam.get_policy, "NoSuchEntity", status=404, PolicyArn=policy["Arn"])


def trust(aws):
    """A role that exists is assumed by those alone whom its trust policy names."""
    iam = h.client("iam", aws.url, ACCOUNT)
    with_id = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "tenant-7"}}}]}
    iam.create_role(RoleName="guarded", AssumeRolePolicyDocument=json.dumps(with_id))
    arn = f"arn:aws:iam::{ACCOUNT}:role/guarded"
    friend = h.client("sts", aws.url, OTHER)
    t.refused(friend.assume_role, "AccessDenied", status=403, RoleArn=arn, RoleSessionName="probe")
    t.refused(friend.assume_role, "AccessDenied", RoleArn=arn, RoleSessionName="probe", ExternalId="tenant-8")
    key = friend.assume_role(RoleArn=arn, RoleSessionName="probe", ExternalId="tenant-7")["Credentials"]
    t.equal(session(aws, "sts", key).get_caller_identity()["Account"], ACCOUNT, "with the external id")
    stranger = h.client("sts", aws.url, "222222222222")
    t.refused(stranger.assume_role, "AccessDenied", RoleArn=arn, RoleSessionName="probe", ExternalId="tenant-7")
    t.refused(friend.assume_role, "ValidationError", RoleArn=arn, RoleSessionName="probe", ExternalId="tenant-7",
              DurationSeconds=7200, text="The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    iam.update_assume_role_policy(RoleName="guarded", PolicyDocument=json.dumps(TRUST))
    t.refused(friend.assume_role, "AccessDenied", RoleArn=arn, RoleSessionName="probe", ExternalId="tenant-7")


def by_hand(aws):
    """The same by the AWS CLI."""
    run = cli(aws.url, ACCOUNT)
    t.equal(run.text("sts", "get-caller-identity", "--query", "Account"), ACCOUNT, "aws sts get-caller-identity")
    made = run("iam", "create-role", "--role-name", "typed", "--assume-role-policy-document", json.dumps(TRUST))
    t.equal(made["Role"]["Arn"], f"arn:aws:iam::{ACCOUNT}:role/typed", "aws iam create-role")
    t.equal(run("iam", "get-role", "--role-name", "typed")["Role"]["AssumeRolePolicyDocument"], TRUST, "aws iam get-role")
    run("iam", "put-role-policy", "--role-name", "typed", "--policy-name", "p", "--policy-document", json.dumps(READ))
    t.equal(run("iam", "list-role-policies", "--role-name", "typed"), {"PolicyNames": ["p"]}, "aws iam list-role-policies")
    code, text = run.error("iam", "get-role", "--role-name", "none")
    t.equal((code, text), (255, "An error occurred (NoSuchEntity) when calling the GetRole operation: "
                                "The role with name none cannot be found."), "a role that is none")
    session_arn = run.text("sts", "assume-role", "--role-arn", f"arn:aws:iam::{ACCOUNT}:role/typed",
                           "--role-session-name", "probe", "--query", "AssumedRoleUser.Arn")
    t.equal(session_arn, f"arn:aws:sts::{ACCOUNT}:assumed-role/typed/probe", "aws sts assume-role")


PARTS = (callers, assumed_roles, tokens, roles, policies, trust, by_hand)


def main():
    aws = h.local_aws()
    t.run([p for p in PARTS if len(sys.argv) == 1 or p.__name__ in sys.argv[1:]], aws, log=aws.process.tail)


if __name__ == "__main__":
    h.main(main)

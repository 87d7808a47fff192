#!/usr/bin/env python3
"""EventBridge and Service Quotas by boto3 and the AWS CLI against `trainyard local`: buses, rules, targets, delivery to
SQS, patterns; quotas, their defaults, requests for more.

    tests/interop/events_boto3.py [PART...]
"""
import json
import sys

import harness as h
import tally as t
from cli import cli

ACCOUNT = "444444444444"
ARN = f"arn:aws:events:{h.REGION}:{ACCOUNT}"
JOBS = {"source": ["test.jobs"], "detail": {"state": ["Failed", "Stopped"]}}
TRAINING_INSTANCES = "L-00C91CB5"  # instances across all training jobs


def queue(aws, name, **attributes):
    """A queue that every rule of the account may send to."""
    sqs = h.client("sqs", aws.url, ACCOUNT)
    arn = f"arn:aws:sqs:{h.REGION}:{ACCOUNT}:{name}"
    url = h.create_queue(sqs, name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn}]}), **attributes)
    return sqs, url, arn


def taken(sqs, url, seconds=10):
    """The next message's body; what is sent to a queue comes by itself."""
    messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=seconds).get("Messages", [])
    for m in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    return messages[0]["Body"] if messages else None


def put(events, detail, source="test.jobs", kind="State change", **more):
    return events.put_events(Entries=[{"Source": source, "DetailType": kind, "Detail": json.dumps(detail), **more}])


def buses(aws):
    events = h.client("events", aws.url, ACCOUNT)
    default = events.describe_event_bus()
    t.equal((default["Name"], default["Arn"]), ("default", f"{ARN}:event-bus/default"), "the default bus is there")
    t.equal(events.create_event_bus(Name="own")["EventBusArn"], f"{ARN}:event-bus/own", "EventBusArn")
    t.refused(events.create_event_bus, "ResourceAlreadyExistsException", shape="ResourceAlreadyExistsException",
              status=400, Name="own")
    t.equal([b["Name"] for b in events.list_event_buses()["EventBuses"]], ["default", "own"], "buses")
    t.refused(events.describe_event_bus, "ResourceNotFoundException", shape="ResourceNotFoundException", Name="none")
    events.delete_event_bus(Name="own")
    t.refused(events.describe_event_bus, "ResourceNotFoundException", Name="own")


def rules(aws):
    events = h.client("events", aws.url, ACCOUNT)
    arn = events.put_rule(Name="jobs", EventPattern=json.dumps(JOBS), Description="jobs that went wrong",
                          Tags=[{"Key": "team", "Value": "vision"}])["RuleArn"]
    t.equal(arn, f"{ARN}:rule/jobs", "RuleArn")
    rule = events.describe_rule(Name="jobs")
    t.equal((rule["State"], rule["Description"], json.loads(rule["EventPattern"])), ("ENABLED", "jobs that went wrong", JOBS),
            "rule")
    t.equal(rule["EventBusName"], "default", "its bus")
    events.disable_rule(Name="jobs")
    t.equal(events.describe_rule(Name="jobs")["State"], "DISABLED", "disabled")
    events.enable_rule(Name="jobs")
    t.equal(events.describe_rule(Name="jobs")["State"], "ENABLED", "enabled")
    events.put_rule(Name="jobs", ScheduleExpression="rate(5 minutes)")
    rule = events.describe_rule(Name="jobs")
    t.true("EventPattern" not in rule and "Description" not in rule, "putting again clears what is left out")
    t.equal(rule["ScheduleExpression"], "rate(5 minutes)", "schedule")
    t.equal(events.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "team", "Value": "vision"}], "tags stay")
    for i in range(3):
        events.put_rule(Name=f"listed-{i}", EventPattern=json.dumps(JOBS))
    pages = list(events.get_paginator("list_rules").paginate(NamePrefix="listed-", PaginationConfig={"PageSize": 2}))
    t.equal([[r["Name"] for r in p["Rules"]] for p in pages], [["listed-0", "listed-1"], ["listed-2"]], "pages")
    t.refused(events.put_rule, "InvalidEventPatternException", shape="InvalidEventPatternException", Name="bad",
              EventPattern='{"source": "test"}')
    t.refused(events.put_rule, "ValidationException", Name="bad", ScheduleExpression="rate(0 minutes)")
    t.refused(events.put_rule, "ValidationException", Name="bad")
    t.refused(events.describe_rule, "ResourceNotFoundException", Name="none")


def delivery(aws):
    events = h.client("events", aws.url, ACCOUNT)
    sqs, url, arn = queue(aws, "events")
    events.put_rule(Name="deliver", EventPattern=json.dumps(JOBS))
    t.equal(events.put_targets(Rule="deliver", Targets=[{"Id": "q", "Arn": arn}])["FailedEntryCount"], 0, "PutTargets")
    t.equal(events.list_targets_by_rule(Rule="deliver")["Targets"], [{"Id": "q", "Arn": arn}], "targets")
    t.equal(events.list_rule_names_by_target(TargetArn=arn)["RuleNames"], ["deliver"], "rules of the target")
    put(events, {"state": "Completed"})
    answer = put(events, {"state": "Failed", "n": 1.5}, Resources=["arn:aws:test:::a"])
    t.equal((answer["FailedEntryCount"], len(answer["Entries"])), (0, 1), "PutEvents")
    body = json.loads(taken(sqs, url))
    t.equal(body["id"], answer["Entries"][0]["EventId"], "the event's id")
    t.equal({k: body[k] for k in ("version", "detail-type", "source", "account", "region", "resources", "detail")},
            {"version": "0", "detail-type": "State change", "source": "test.jobs", "account": ACCOUNT, "region": h.REGION,
             "resources": ["arn:aws:test:::a"], "detail": {"state": "Failed", "n": 1.5}}, "the whole event is the body")
    events.put_targets(Rule="deliver", Targets=[{"Id": "q", "Arn": arn, "InputTransformer": {
        "InputPathsMap": {"s": "$.detail.state"}, "InputTemplate": '{"was": "<s>"}'}}])
    put(events, {"state": "Stopped"})
    t.equal(json.loads(taken(sqs, url)), {"was": "Stopped"}, "transformed")
    events.put_targets(Rule="deliver", Targets=[{"Id": "q", "Arn": arn, "InputPath": "$.detail"}])
    put(events, {"state": "Failed"})
    t.equal(json.loads(taken(sqs, url)), {"state": "Failed"}, "a part of it")
    bad = events.put_events(Entries=[{"Source": "test.jobs", "DetailType": "x", "Detail": "no JSON"},
                                     {"Source": "aws.sagemaker", "DetailType": "x", "Detail": "{}"}])
    t.equal((bad["FailedEntryCount"], [e.get("ErrorCode") for e in bad["Entries"]]),
            (2, ["MalformedDetail", "NotAuthorizedForSourceException"]), "refused one by one")
    t.refused(events.delete_rule, "ValidationException", Name="deliver", text="Rule can't be deleted since it has targets.")
    t.equal(events.remove_targets(Rule="deliver", Ids=["q"])["FailedEntryCount"], 0, "RemoveTargets")
    events.delete_rule(Name="deliver")
    t.refused(events.describe_rule, "ResourceNotFoundException", Name="deliver")


def sagemaker_events(aws):
    """A training job tells its states by itself."""
    from sm.base import training
    events = h.client("events", aws.url, ACCOUNT)
    sqs, url, arn = queue(aws, "states")
    events.put_rule(Name="states", EventPattern=json.dumps({
        "source": ["aws.sagemaker"], "detail-type": ["SageMaker Training Job State Change"]}))
    events.put_targets(Rule="states", Targets=[{"Id": "q", "Arn": arn}])
    job = h.client("sagemaker", aws.url, ACCOUNT).create_training_job(**training("told"))["TrainingJobArn"]
    seen = []
    while not seen or seen[-1]["TrainingJobStatus"] == "InProgress":
        body = taken(sqs, url)
        h.expect(body, f"no event within 10 s after {len(seen)}")
        event = json.loads(body)
        t.equal(event["resources"], [job], "what it is about")
        seen.append(event["detail"])
    t.equal((seen[-1]["TrainingJobName"], seen[-1]["TrainingJobStatus"]), ("told", "Completed"), "the last state")
    t.equal(seen[0]["SecondaryStatus"], "Starting", "the first one")


def patterns(aws):
    events = h.client("events", aws.url, ACCOUNT)
    event = {"id": "1", "account": ACCOUNT, "source": "test.jobs", "time": "2026-01-01T00:00:00Z", "region": h.REGION,
             "resources": [], "detail-type": "x", "detail": {"state": "Failed", "n": 5, "ip": "10.1.2.3", "name": "Resnet-50"}}
    for detail, wanted in [({"state": ["Failed"]}, True), ({"state": ["Stopped"]}, False),
                           ({"state": [{"prefix": "Fa"}]}, True), ({"state": [{"suffix": "pped"}]}, False),
                           ({"state": [{"anything-but": ["Failed"]}]}, False), ({"n": [{"numeric": [">", 4, "<=", 5]}]}, True),
                           ({"missing": [{"exists": False}]}, True), ({"n": [{"exists": False}]}, False),
                           ({"ip": [{"cidr": "10.0.0.0/8"}]}, True), ({"name": [{"equals-ignore-case": "resnet-50"}]}, True),
                           ({"name": [{"wildcard": "Res*-5*"}]}, True),
                           ({"$or": [{"n": [1]}, {"state": ["Failed"]}]}, True)]:
        t.equal(events.test_event_pattern(EventPattern=json.dumps({"detail": detail}), Event=json.dumps(event))["Result"],
                wanted, f"{detail}")


def quotas(aws):
    quota = h.client("service-quotas", aws.url, ACCOUNT)
    services = {s["ServiceCode"] for p in quota.get_paginator("list_services").paginate() for s in p["Services"]}
    t.true("sagemaker" in services, "SageMaker has quotas")
    one = quota.get_service_quota(ServiceCode="sagemaker", QuotaCode=TRAINING_INSTANCES)["Quota"]
    t.equal((one["ServiceCode"], one["QuotaCode"]), ("sagemaker", TRAINING_INSTANCES), "quota")
    t.contains(one["QuotaArn"], f":servicequotas:{h.REGION}:{ACCOUNT}:sagemaker/{TRAINING_INSTANCES}", "QuotaArn")
    t.true(isinstance(one["Value"], float) and one["Value"] > 0, "Value")
    default = quota.get_aws_default_service_quota(ServiceCode="sagemaker", QuotaCode=TRAINING_INSTANCES)["Quota"]
    t.equal(default["QuotaName"], one["QuotaName"], "the default has the same name")
    pages = list(quota.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker",
                                                                      PaginationConfig={"PageSize": 50}))
    t.true(len(pages) > 1 and all(len(p["Quotas"]) == 50 for p in pages[:-1]), "pages of fifty")
    listed = {q["QuotaCode"]: q for p in pages for q in p["Quotas"]}
    t.equal(listed[TRAINING_INSTANCES]["Value"], one["Value"], "the list says the same")
    t.true(any(q["QuotaName"] == f"{h.INSTANCE_TYPE} for training job usage" for q in listed.values()), "types have quotas")
    change = quota.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=TRAINING_INSTANCES,
                                                  DesiredValue=one["Value"] + 100)["RequestedQuota"]
    t.equal((change["QuotaCode"], change["DesiredValue"]), (TRAINING_INSTANCES, one["Value"] + 100), "request")
    got = quota.get_requested_service_quota_change(RequestId=change["Id"])["RequestedQuota"]
    t.equal(got["Id"], change["Id"], "the request by its id")
    h.until("the approval", lambda: quota.get_requested_service_quota_change(RequestId=change["Id"])["RequestedQuota"][
        "Status"] == "APPROVED")
    t.equal(quota.get_service_quota(ServiceCode="sagemaker", QuotaCode=TRAINING_INSTANCES)["Quota"]["Value"],
            one["Value"] + 100, "an approved request is the new value")
    history = quota.list_requested_service_quota_change_history_by_quota(
        ServiceCode="sagemaker", QuotaCode=TRAINING_INSTANCES)["RequestedQuotas"]
    t.equal([c["Id"] for c in history], [change["Id"]], "history")
    t.refused(quota.get_service_quota, "NoSuchResourceException", shape="NoSuchResourceException", status=404,
              ServiceCode="sagemaker", QuotaCode="L-00000000")
    t.refused(quota.list_service_quotas, "NoSuchResourceException", ServiceCode="none")


def by_hand(aws):
    """The same by the AWS CLI."""
    run = cli(aws.url, ACCOUNT)
    t.equal(run.text("events", "put-rule", "--name", "typed", "--event-pattern", json.dumps(JOBS), "--query", "RuleArn"),
            f"{ARN}:rule/typed", "aws events put-rule")
    t.equal(run("events", "put-events", "--entries", json.dumps([{
        "Source": "test.jobs", "DetailType": "x", "Detail": "{}"}]))["FailedEntryCount"], 0, "aws events put-events")
    t.equal(run("events", "test-event-pattern", "--event-pattern", json.dumps({"source": ["a"]}), "--event", json.dumps({
        "id": "1", "account": ACCOUNT, "source": "a", "time": "2026-01-01T00:00:00Z", "region": h.REGION, "resources": [],
        "detail-type": "x", "detail": {}})), {"Result": True}, "aws events test-event-pattern")
    code, text = run.error("events", "describe-rule", "--name", "none")
    t.equal((code, text.split(":")[0]), (
        255, "An error occurred (ResourceNotFoundException) when calling the DescribeRule operation"), "a rule that is none")
    t.equal(run.text("service-quotas", "get-service-quota", "--service-code", "sagemaker", "--quota-code",
                     TRAINING_INSTANCES, "--query", "Quota.QuotaCode"), TRAINING_INSTANCES,
            "aws service-quotas get-service-quota")


PARTS = (buses, rules, delivery, sagemaker_events, patterns, quotas, by_hand)


def main():
    aws = h.local_aws()
    t.run([p for p in PARTS if len(sys.argv) == 1 or p.__name__ in sys.argv[1:]], aws, log=aws.process.tail)


if __name__ == "__main__":
    h.main(main)

"""Stands in for Pulumi's engine and AWS provider: each resource is made at once in a local AWS, by boto3."""
import threading

import boto3

from . import program as p

ATTRIBUTES = {"messageRetentionSeconds": "MessageRetentionPeriod", "visibilityTimeoutSeconds": "VisibilityTimeout",
              "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds", "sqsManagedSseEnabled": "SqsManagedSseEnabled",
              "fifoQueue": "FifoQueue", "contentBasedDeduplication": "ContentBasedDeduplication", "redrivePolicy": "RedrivePolicy"}


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(int(value)) if isinstance(value, float) else str(value)


class applier(p.recorder):
    """Its outputs are what the local AWS answered, never what the recorder would invent."""

    def __init__(self, url, secret="test"):
        super().__init__()
        self.url, self.secret = url, secret
        self.session, self.clients, self.lock = boto3.Session(), {}, threading.Lock()

    def client(self, service, place):
        """One each: to make a client takes longer than most calls. Pulumi makes resources on several threads, and a
        session is not for several."""
        account, region = place
        with self.lock:
            if (service, place) not in self.clients:
                self.clients[service, place] = self.session.client(
                    service, endpoint_url=self.url, region_name=region, aws_access_key_id=account,
                    aws_secret_access_key=self.secret)
            return self.clients[service, place]

    def outputs(self, args):
        if args.typ.startswith("pulumi:"):
            return {}
        inputs = {k: p.plain(v) for k, v in args.inputs.items()}
        return getattr(self, args.typ.split(":")[-1])(inputs, p.place_of(args.provider)) or {}

    def Queue(self, i, at):
        sqs = self.client("sqs", at)
        url = sqs.create_queue(QueueName=i["name"], Attributes={aws: text(i[k]) for k, aws in ATTRIBUTES.items() if k in i},
                               tags=i.get("tags", {}))["QueueUrl"]
        return {"url": url, "arn": sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]}

    def QueuePolicy(self, i, at):
        self.client("sqs", at).set_queue_attributes(QueueUrl=i["queueUrl"], Attributes={"Policy": i["policy"]})

    def RedriveAllowPolicy(self, i, at):
        self.client("sqs", at).set_queue_attributes(QueueUrl=i["queueUrl"],
                                                    Attributes={"RedriveAllowPolicy": i["redriveAllowPolicy"]})

    def Role(self, i, at):
        return {"arn": self.client("iam", at).create_role(RoleName=i["name"], Path=i["path"],
                                                          AssumeRolePolicyDocument=i["assumeRolePolicy"])["Role"]["Arn"]}

    def Policy(self, i, at):
        return {"arn": self.client("iam", at).create_policy(PolicyName=i["name"], Path=i["path"],
                                                            PolicyDocument=i["policy"])["Policy"]["Arn"]}

    def RolePolicyAttachment(self, i, at):
        self.client("iam", at).attach_role_policy(RoleName=i["role"], PolicyArn=i["policyArn"])

    def InstanceProfile(self, i, at):
        """The local AWS has none; nothing here runs on an instance."""

    def Pipeline(self, i, at):
        return {"arn": self.client("sagemaker", at).create_pipeline(
            PipelineName=i["pipelineName"], PipelineDisplayName=i["pipelineDisplayName"], RoleArn=i["roleArn"],
            PipelineDefinition=i["pipelineDefinition"], ClientRequestToken="0123456789abcdef0123456789abcdef")["PipelineArn"]}

    def EventBus(self, i, at):
        return {"arn": self.client("events", at).create_event_bus(Name=i["name"])["EventBusArn"]}

    def EventBusPolicy(self, i, at):
        self.client("events", at).put_permission(EventBusName=i["eventBusName"], Policy=i["policy"])

    def EventRule(self, i, at):
        self.client("events", at).put_rule(Name=i["name"], EventPattern=i["eventPattern"], Description=i["description"],
                                           EventBusName=i.get("eventBusName", "default"))

    def EventTarget(self, i, at):
        one = {"Id": i["targetId"], "Arn": i["arn"], **({"RoleArn": i["roleArn"]} if "roleArn" in i else {})}
        if "sqsTarget" in i:
            one["SqsParameters"] = {"MessageGroupId": i["sqsTarget"]["messageGroupId"]}
        failed = self.client("events", at).put_targets(Rule=i["rule"], EventBusName=i.get("eventBusName", "default"),
                                                       Targets=[one])["FailedEntries"]
        if failed:
            raise AssertionError(f"target of {i['rule']}: {failed}")

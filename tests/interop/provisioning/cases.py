"""Who may do what in a provisioned fleet: requests with the answer that IAM has to give.

A case names one request; the policies are those that the program attaches. `allow`, `deny` (by a Deny that stands there) and
`nothing` (no statement allows it).
"""
from . import program as p

A, B, STRANGER = "111111111111", "222222222222", "333333333333"
HUB = f"arn:aws:iam::{p.HOME}:role/trainyard-hub-research"
EAST, WEST = "us-east-1", "us-west-2"
ALLOW, DENY, NOTHING = "Allowed", "ExplicitlyDenied", "ImplicitlyDenied"
G5 = ["ml.g5.2xlarge"]
OWN = {"aws:RequestTag/trainyard:owner": "research"}
OWNED = {"aws:ResourceTag/trainyard:owner": "research"}
TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}


class book:
    """The documents of a fleet, and the cases asked of them."""

    def __init__(self):
        plan = p.planned(p.rich(), pipelines=("Nightly-*",), endpoint_configs=("shared-*",))
        self.plan, self.cases = plan, []
        self.spoke = {s.account.id: s for s in plan.spokes}
        self.rule = plan.rule_arn(EAST)

    def ask(self, what, wanted, principal, action, resource, context=None, *, region=EAST, identity=(), resource_policy=None,
            scps=(), owner=None):
        account = owner or (resource.split(":")[4] if resource != "*" else "") or principal.split(":")[4]
        full = {"sts": {"aws:RequestedRegion": region}, "iam": {}}.get(action.split(":")[0], {"aws:RequestedRegion": region})
        self.cases.append({"what": what, "wanted": wanted, "simulation": {
            "request": {"principal": principal, "action": action, "resource": {"resource": resource, "accountId": account},
                        "contextVariables": {**full, **(context or {})}},
            "identityPolicies": [{"name": f"p{i}", "policy": d} for i, d in enumerate(identity)],
            "serviceControlPolicies": [{"orgIdentifier": "root", "policies": [
                {"name": "FullAWSAccess", "policy": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": "*", "Resource": "*"}]}},
                *({"name": f"scp{i}", "policy": d} for i, d in enumerate(scps))]}],
            "resourceControlPolicies": [], **({"resourcePolicy": resource_policy} if resource_policy else {})}})

    def spoke_asks(self, what, wanted, action, resource, context=None, region=EAST, account=A):
        self.ask(what, wanted, f"arn:aws:iam::{account}:role/trainyard-spoke", action, resource, context, region=region,
                 identity=[self.spoke[account].role_document])

    def hub_asks(self, what, wanted, action, resource, context=None, region=EAST, **more):
        self.ask(what, wanted, HUB, action, resource, context, region=region,
                 identity=list(self.plan.hub_documents.values()), **more)


def job(kind, name="ty-resnet-0123456789abc-1", account=A, region=EAST):
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name}"


def starting(b):
    kinds = [("CreateTrainingJob", "training-job", True), ("CreateHyperParameterTuningJob", "hyper-parameter-tuning-job", True),
             ("CreateProcessingJob", "processing-job", True), ("CreateTransformJob", "transform-job", False)]
    for operation, kind, has_runtime in kinds:
        action = f"sagemaker:{operation}"
        good = {**OWN, "sagemaker:InstanceTypes": G5, **({"sagemaker:MaxRuntimeInSeconds": "86400"} if has_runtime else {})}

        def asks(what, wanted, context, name="ty-resnet-0123456789abc-1", account=A, region=EAST):
            b.spoke_asks(f"{operation}: {what}", wanted, action, job(kind, name, account, region), context, region=region)
        asks("as the dispatcher sends it", ALLOW, good)
        asks("in the account's other region", ALLOW, good, region=WEST)
        asks("in a region that is not the fleet's", DENY, good, region="eu-central-1")
        asks("of another account", NOTHING, good, account=B)
        asks("under a name that is not Trainyard's", NOTHING, good, name="nightly-1")
        asks("without the owner's tag", NOTHING, {k: v for k, v in good.items() if not k.startswith("aws:RequestTag")})
        asks("with another installation's tag", NOTHING, {**good, "aws:RequestTag/trainyard:owner": "production"})
        asks("of an instance type without a limit", NOTHING, {**good, "sagemaker:InstanceTypes": ["ml.p5.48xlarge"]})
        asks("of one type with a limit and one without", NOTHING, {**good, "sagemaker:InstanceTypes": [*G5, "ml.p5.48xlarge"]})
        asks("of no instance type", NOTHING, {k: v for k, v in good.items() if k != "sagemaker:InstanceTypes"})
        if has_runtime:
            asks("for longer than five days", NOTHING, {**good, "sagemaker:MaxRuntimeInSeconds": "432001"})
            asks("for five days", ALLOW, {**good, "sagemaker:MaxRuntimeInSeconds": "432000"})
            asks("for as long as SageMaker's default", ALLOW, {k: v for k, v in good.items() if "MaxRuntime" not in k})
    training = {**OWN, "sagemaker:InstanceTypes": G5}
    b.spoke_asks("training with a way in for debuggers", NOTHING, "sagemaker:CreateTrainingJob", job("training-job"),
                 {**training, "sagemaker:EnableRemoteDebug": "true"})
    b.spoke_asks("training that refuses debuggers", ALLOW, "sagemaker:CreateTrainingJob", job("training-job"),
                 {**training, "sagemaker:EnableRemoteDebug": "false"})
    b.spoke_asks("in the region of one account by the role of another without it", DENY, "sagemaker:CreateTrainingJob",
                 job("training-job", account=B, region=WEST), training, region=WEST, account=B)


def serving(b):
    config = {**OWN, "sagemaker:InstanceTypes": G5}
    b.spoke_asks("configuration of an endpoint", ALLOW, "sagemaker:CreateEndpointConfig", job("endpoint-config"), config)
    b.spoke_asks("configuration with another type", NOTHING, "sagemaker:CreateEndpointConfig", job("endpoint-config"),
                 {**config, "sagemaker:InstanceTypes": ["ml.p5.48xlarge"]})
    b.spoke_asks("serverless configuration", ALLOW, "sagemaker:CreateEndpointConfig", job("endpoint-config"), OWN)
    b.spoke_asks("endpoint", ALLOW, "sagemaker:CreateEndpoint", job("endpoint"), OWN)
    b.spoke_asks("endpoint's configuration", ALLOW, "sagemaker:CreateEndpoint", job("endpoint-config"), OWN)
    b.spoke_asks("endpoint with a configuration that the operator names", ALLOW, "sagemaker:CreateEndpoint",
                 job("endpoint-config", "shared-llm"), OWN)
    b.spoke_asks("endpoint with anybody's configuration", NOTHING, "sagemaker:CreateEndpoint", job("endpoint-config", "theirs"), OWN)
    b.spoke_asks("endpoint of a stranger's name", NOTHING, "sagemaker:CreateEndpoint", job("endpoint", "checkout"), OWN)
    b.spoke_asks("own endpoint's end", ALLOW, "sagemaker:DeleteEndpoint", job("endpoint"), OWNED)
    b.spoke_asks("own configuration's end", ALLOW, "sagemaker:DeleteEndpointConfig", job("endpoint-config"), OWNED)
    b.spoke_asks("a stranger's endpoint's end", NOTHING, "sagemaker:DeleteEndpoint", job("endpoint", "checkout"))
    b.spoke_asks("another installation's endpoint's end", NOTHING, "sagemaker:DeleteEndpoint", job("endpoint"),
                 {"aws:ResourceTag/trainyard:owner": "production"})
    b.spoke_asks("a model is not Trainyard's", NOTHING, "sagemaker:DeleteModel", job("model", "ty-x"))


def pipelines(b):
    nightly, other = job("pipeline", "nightly-train"), job("pipeline", "payroll")
    b.spoke_asks("named pipeline", ALLOW, "sagemaker:StartPipelineExecution", nightly)
    b.spoke_asks("list of its executions", ALLOW, "sagemaker:ListPipelineExecutions", nightly)
    b.spoke_asks("pipeline that nobody named", NOTHING, "sagemaker:StartPipelineExecution", other)
    for operation in ("DescribePipelineExecution", "StopPipelineExecution"):
        b.spoke_asks(f"{operation} of it", ALLOW, f"sagemaker:{operation}", nightly + "/execution/abc123def456")
        b.spoke_asks(f"{operation} of another", NOTHING, f"sagemaker:{operation}", other + "/execution/abc123def456")
    b.spoke_asks("a pipeline's change", NOTHING, "sagemaker:UpdatePipeline", nightly)
    b.spoke_asks("the recipe's pipeline in an account that is not home", NOTHING, "sagemaker:StartPipelineExecution",
                 job("pipeline", "trainyard-research"))
    b.hub_asks("the recipe's pipeline at home", ALLOW, "sagemaker:StartPipelineExecution",
               job("pipeline", "trainyard-research", p.HOME, "eu-west-1"), region="eu-west-1")


def watching(b):
    for kind, stem in (("training-job", "TrainingJob"), ("hyper-parameter-tuning-job", "HyperParameterTuningJob"),
                       ("processing-job", "ProcessingJob"), ("transform-job", "TransformJob")):
        b.spoke_asks(f"Describe{stem}", ALLOW, f"sagemaker:Describe{stem}", job(kind))
        b.spoke_asks(f"Describe{stem} of a stranger's", NOTHING, f"sagemaker:Describe{stem}", job(kind, "theirs"))
        b.spoke_asks(f"List{stem}s", ALLOW, f"sagemaker:List{stem}s", "*")
        b.spoke_asks(f"Stop{stem}", ALLOW, f"sagemaker:Stop{stem}", job(kind), OWNED)
        b.spoke_asks(f"Stop{stem} of another installation's", NOTHING, f"sagemaker:Stop{stem}", job(kind),
                     {"aws:ResourceTag/trainyard:owner": "production"})
        b.spoke_asks(f"Stop{stem} of one without tags", NOTHING, f"sagemaker:Stop{stem}", job(kind))
        b.spoke_asks(f"ListTags of a {kind}", ALLOW, "sagemaker:ListTags", job(kind))
    b.spoke_asks("ListEndpoints", ALLOW, "sagemaker:ListEndpoints", "*")
    b.spoke_asks("ListEndpoints elsewhere", DENY, "sagemaker:ListEndpoints", "*", region="eu-central-1")
    b.spoke_asks("ListModels is nobody's need", NOTHING, "sagemaker:ListModels", "*")
    b.spoke_asks("tags with a Create", ALLOW, "sagemaker:AddTags", job("training-job"),
                 {"sagemaker:TaggingAction": "CreateTrainingJob"})
    b.spoke_asks("tags afterwards, which would forge an owner", NOTHING, "sagemaker:AddTags", job("training-job"))
    b.spoke_asks("DeleteTags", NOTHING, "sagemaker:DeleteTags", job("training-job"))
    b.spoke_asks("DeleteTrainingJob frees a name", DENY, "sagemaker:DeleteTrainingJob", job("training-job"), OWNED)
    b.spoke_asks("DeleteProcessingJob frees a name", DENY, "sagemaker:DeleteProcessingJob", job("processing-job"), OWNED)
    b.spoke_asks("quotas", ALLOW, "servicequotas:ListServiceQuotas", "*")
    b.spoke_asks("a request for more of a quota", NOTHING, "servicequotas:RequestServiceQuotaIncrease",
                 f"arn:aws:servicequotas:{EAST}:{A}:sagemaker/L-1234ABCD")


def passing(b):
    def asks(what, wanted, role, context, account=A):
        b.spoke_asks(f"PassRole: {what}", wanted, "iam:PassRole", role, context, account=account)
    execution = f"arn:aws:iam::{A}:role/ty-exec"
    asks("the jobs' role to SageMaker", ALLOW, execution, TO_SAGEMAKER)
    asks("the jobs' role to EC2", NOTHING, execution, {"iam:PassedToService": "ec2.amazonaws.com"})
    asks("the jobs' role to nobody in particular", NOTHING, execution, None)
    asks("itself", NOTHING, f"arn:aws:iam::{A}:role/trainyard-spoke", TO_SAGEMAKER)
    asks("an administrator", NOTHING, f"arn:aws:iam::{A}:role/Admin", TO_SAGEMAKER)
    asks("a role with a longer name", NOTHING, execution + "-prod", TO_SAGEMAKER)
    asks("a role that its tenant may use", ALLOW, f"arn:aws:iam::{B}:role/guest-exec", TO_SAGEMAKER, B)
    asks("that role in an account where it is not listed", NOTHING, f"arn:aws:iam::{A}:role/guest-exec", TO_SAGEMAKER)


def nothing_else(b):
    queue = f"arn:aws:sqs:{EAST}:{A}:orders"
    b.spoke_asks("a stranger's queue's end", NOTHING, "sqs:DeleteQueue", queue)
    b.spoke_asks("a stranger's messages", NOTHING, "sqs:ReceiveMessage", queue)
    b.spoke_asks("the fleet's own queue, which is the hub's", NOTHING, "sqs:DeleteMessage", f"arn:aws:sqs:{EAST}:{p.HOME}:training-jobs")
    b.spoke_asks("another role", NOTHING, "sts:AssumeRole", f"arn:aws:iam::{A}:role/Admin")
    b.spoke_asks("a policy of its own making", NOTHING, "iam:PutRolePolicy", f"arn:aws:iam::{A}:role/trainyard-spoke")
    b.spoke_asks("data", NOTHING, "s3:GetObject", "arn:aws:s3:::training-111111111111/x")


def hub(b):
    def queue(name, account=p.HOME, region=EAST):
        return f"arn:aws:sqs:{region}:{account}:{name}"
    for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl"):
        b.hub_asks(f"{action} on a queue of jobs", ALLOW, f"sqs:{action}", queue("training-jobs"))
        b.hub_asks(f"{action} on a FIFO queue of jobs", ALLOW, f"sqs:{action}", queue("ordered.fifo"))
        b.hub_asks(f"{action} on a queue of events", ALLOW, f"sqs:{action}", queue("sagemaker-events"))
        b.hub_asks(f"{action} on a queue that is none of the fleet's", NOTHING, f"sqs:{action}", queue("orders"))
    b.hub_asks("ReceiveMessage from a queue of the same name elsewhere", NOTHING, "sqs:ReceiveMessage", queue("training-jobs", region=WEST))
    b.hub_asks("SendMessage to the results", ALLOW, "sqs:SendMessage", queue("training-results"))
    b.hub_asks("SendMessage to the rejected", ALLOW, "sqs:SendMessage", queue("training-rejected"))
    b.hub_asks("SendMessage to its own intake, which would be a loop", NOTHING, "sqs:SendMessage", queue("training-jobs"))
    b.hub_asks("DeleteMessage of a result", NOTHING, "sqs:DeleteMessage", queue("training-results"))
    b.hub_asks("a look at the dead letters", ALLOW, "sqs:GetQueueAttributes", queue("training-jobs-dlq"))
    b.hub_asks("dead letters themselves", NOTHING, "sqs:ReceiveMessage", queue("training-jobs-dlq"))
    for action in ("DeleteQueue", "PurgeQueue", "SetQueueAttributes", "AddPermission"):
        b.hub_asks(f"{action} on its own queue", NOTHING, f"sqs:{action}", queue("training-jobs"))
        b.hub_asks(f"{action} on another's", NOTHING, f"sqs:{action}", queue("orders"))
    b.hub_asks("a payload", ALLOW, "s3:GetObject", "arn:aws:s3:::big-bodies/a/b", owner=p.HOME)
    b.hub_asks("a payload's end", NOTHING, "s3:DeleteObject", "arn:aws:s3:::big-bodies/a/b", owner=p.HOME)
    b.hub_asks("another bucket", NOTHING, "s3:GetObject", "arn:aws:s3:::training-111111111111/a", owner=p.HOME)
    b.hub_asks("training at home", ALLOW, "sagemaker:CreateTrainingJob", job("training-job", account=p.HOME, region="eu-west-1"),
               {**OWN, "sagemaker:InstanceTypes": ["ml.m5.xlarge"]}, region="eu-west-1")
    b.hub_asks("training in an account that has a spoke", NOTHING, "sagemaker:CreateTrainingJob",
               job("training-job", account=A, region="eu-west-1"), {**OWN, "sagemaker:InstanceTypes": ["ml.m5.xlarge"]}, region="eu-west-1")


def becoming(b):
    """AssumeRole between accounts takes both: the hub's policies and the spoke's trust."""
    for account in (A, B):
        spoke, trust = f"arn:aws:iam::{account}:role/trainyard-spoke", b.spoke[account].trust
        b.hub_asks(f"the spoke of {account} with its ExternalId", ALLOW, "sts:AssumeRole", spoke,
                   {"sts:ExternalId": p.EXTERNAL_ID}, resource_policy=trust)
        b.hub_asks(f"the spoke of {account} without ExternalId", NOTHING, "sts:AssumeRole", spoke, resource_policy=trust)
        b.hub_asks(f"the spoke of {account} with another ExternalId", NOTHING, "sts:AssumeRole", spoke,
                   {"sts:ExternalId": p.EXTERNAL_ID[::-1]}, resource_policy=trust)
    spoke, trust = f"arn:aws:iam::{A}:role/trainyard-spoke", b.spoke[A].trust
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for who, principal in (("a stranger's account", f"arn:aws:iam::{STRANGER}:role/Admin"),
                           ("another role of the home account", f"arn:aws:iam::{p.HOME}:role/Developer"),
                           ("another role of its own account", f"arn:aws:iam::{A}:role/Developer"),
                           ("the spoke of another account", f"arn:aws:iam::{B}:role/trainyard-spoke")):
        b.ask(f"a spoke by {who}, even with everything allowed and the ExternalId", NOTHING, principal, "sts:AssumeRole", spoke,
              {"sts:ExternalId": p.EXTERNAL_ID}, identity=[everything], resource_policy=trust)
    open_trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}]}
    for account, name in ((A, "Admin"), (STRANGER, "trainyard-spoke"), (p.HOME, "Admin")):
        b.hub_asks(f"{name} of {account}, which would let it in", ALLOW if account == p.HOME else NOTHING, "sts:AssumeRole",
                   f"arn:aws:iam::{account}:role/{name}", {"sts:ExternalId": p.EXTERNAL_ID}, resource_policy=open_trust)
    services = p.documents.render("execution-trust", account=A)
    for who, context, wanted in (("SageMaker for this account", {"aws:SourceAccount": A}, ALLOW),
                                 ("SageMaker for a stranger", {"aws:SourceAccount": STRANGER}, NOTHING),
                                 ("SageMaker for nobody", {}, NOTHING)):
        b.ask(f"the jobs' role by {who}", wanted, "sagemaker.amazonaws.com", "sts:AssumeRole", f"arn:aws:iam::{A}:role/ty-exec", context,
              resource_policy=services)
    b.ask("the jobs' role by EC2", NOTHING, "ec2.amazonaws.com", "sts:AssumeRole", f"arn:aws:iam::{A}:role/ty-exec",
          {"aws:SourceAccount": A}, resource_policy=services)


def events(b):
    arn = f"arn:aws:sqs:{EAST}:{p.HOME}:sagemaker-events"
    policy = p.documents.render("events-queue", queue=arn, rule=b.rule)
    sends = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    tls = {"aws:SecureTransport": "true"}
    b.ask("an event by the bus's rule", ALLOW, "events.amazonaws.com", "sqs:SendMessage", arn, {"aws:SourceArn": b.rule, **tls},
          resource_policy=policy)
    b.ask("an event by another rule", DENY, "events.amazonaws.com", "sqs:SendMessage", arn, {"aws:SourceArn": b.rule + "-x", **tls},
          resource_policy=policy)
    b.ask("an event by no rule", DENY, "events.amazonaws.com", "sqs:SendMessage", arn, tls, resource_policy=policy)
    b.ask("the rule's ARN by another service", NOTHING, "sns.amazonaws.com", "sqs:SendMessage", arn, {"aws:SourceArn": b.rule, **tls},
          resource_policy=policy)
    b.ask("a forged event by an administrator of the account", DENY, f"arn:aws:iam::{p.HOME}:role/Admin", "sqs:SendMessage", arn, tls,
          identity=[sends], resource_policy=policy)
    b.hub_asks("the hub reads events", ALLOW, "sqs:ReceiveMessage", arn, tls, resource_policy=policy)
    b.hub_asks("the hub reads events in clear text", DENY, "sqs:ReceiveMessage", arn, {"aws:SecureTransport": "false"},
               resource_policy=policy)
    jobs = f"arn:aws:sqs:{EAST}:{p.HOME}:training-jobs"
    plain = p.documents.render("queue", queue=jobs)
    b.ask("a producer of the home account whose policy allows it", ALLOW, f"arn:aws:iam::{p.HOME}:role/Producer", "sqs:SendMessage", jobs,
          tls, identity=[sends], resource_policy=plain)
    b.ask("the same in clear text", DENY, f"arn:aws:iam::{p.HOME}:role/Producer", "sqs:SendMessage", jobs,
          {"aws:SecureTransport": "false"}, identity=[sends], resource_policy=plain)
    b.ask("a stranger's producer", NOTHING, f"arn:aws:iam::{STRANGER}:role/Producer", "sqs:SendMessage", jobs, tls, identity=[sends],
          resource_policy=plain)
    bus = b.plan.bus_arn(EAST)
    bus_policy = p.documents.render("bus", bus=bus, accounts=[f"arn:aws:iam::{a}:root" for a in (A, B)])
    forward = p.documents.render("events-forward", buses=[bus])
    sagemaker = {"events:source": ["aws.sagemaker"]}
    for account, context, wanted in ((A, sagemaker, ALLOW), (B, sagemaker, ALLOW), (STRANGER, sagemaker, NOTHING),
                                     (A, {"events:source": ["mallory"]}, NOTHING)):
        b.ask(f"{context['events:source'][0]} forwarded from {account}", wanted, f"arn:aws:iam::{account}:role/trainyard-events-research",
              "events:PutEvents", bus, context, identity=[forward], resource_policy=bus_policy)
    b.ask("events on another bus of the home account", NOTHING, f"arn:aws:iam::{A}:role/trainyard-events-research", "events:PutEvents",
          f"arn:aws:events:{EAST}:{p.HOME}:event-bus/default", sagemaker, identity=[forward], resource_policy=bus_policy)


def execution(b):
    def asks(what, wanted, action, resource, context=None, owner=A):
        b.ask(f"a job: {what}", wanted, f"arn:aws:iam::{A}:role/ty-exec", action, resource, context,
              identity=[b.spoke[A].execution_document], owner=owner)
    asks("reads its data", ALLOW, "s3:GetObject", "arn:aws:s3:::training-111111111111/in/x")
    asks("writes its model", ALLOW, "s3:PutObject", "arn:aws:s3:::training-111111111111/out/x")
    asks("lists its data", ALLOW, "s3:ListBucket", "arn:aws:s3:::training-111111111111")
    asks("another account's data", NOTHING, "s3:GetObject", "arn:aws:s3:::training-222222222222/in/x", owner=B)
    asks("deletes data", NOTHING, "s3:DeleteObject", "arn:aws:s3:::training-111111111111/in/x")
    asks("pulls AWS's image", NOTHING, "ecr:BatchGetImage", f"arn:aws:ecr:{EAST}:{STRANGER}:repository/x")
    asks("pulls its account's image", ALLOW, "ecr:BatchGetImage", f"arn:aws:ecr:{EAST}:{A}:repository/x")
    asks("pushes an image", NOTHING, "ecr:PutImage", f"arn:aws:ecr:{EAST}:{A}:repository/x")
    asks("logs", ALLOW, "logs:PutLogEvents", f"arn:aws:logs:{EAST}:{A}:log-group:/aws/sagemaker/TrainingJobs:log-stream:ty-x/algo-1")
    asks("logs elsewhere", NOTHING, "logs:PutLogEvents", f"arn:aws:logs:{EAST}:{A}:log-group:/aws/lambda/f:log-stream:x")
    asks("tells its metrics", ALLOW, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"})
    asks("others' metrics", NOTHING, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/Billing"})
    asks("starts jobs", NOTHING, "sagemaker:CreateTrainingJob", job("training-job"), {**OWN, "sagemaker:InstanceTypes": G5})
    asks("becomes the hub", NOTHING, "sts:AssumeRole", HUB, owner=p.HOME)


def organisation(b):
    import json
    scp = json.loads(p.documents.template("names-are-forever.scp"))
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for name, wanted in (("ty-resnet-0123456789abc-1", DENY), ("theirs", ALLOW)):
        b.ask(f"an administrator deletes {name} under the organisation's policy", wanted, f"arn:aws:iam::{A}:role/Admin",
              "sagemaker:DeleteTrainingJob", job("training-job", name), identity=[everything], scps=[scp])


def all_cases():
    b = book()
    for part in (starting, serving, pipelines, watching, passing, nothing_else, hub, becoming, events, execution, organisation):
        part(b)
    return b

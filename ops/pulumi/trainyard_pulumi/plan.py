"""What has to exist for a fleet: names, ARNs and policy documents. Pure: a fleet and settings in, values out."""
from __future__ import annotations

import dataclasses
import hashlib
import re

from . import documents
from .fleet import account, fleet, fleet_error, queue, role

# Kinds of job, as SageMaker's ARNs name them. Every job of Trainyard's is called ty-..., see scheduler/lifecycle.
TRAINING, TUNING, PROCESSING, TRANSFORM = "training-job", "hyper-parameter-tuning-job", "processing-job", "transform-job"
ENDPOINT, ENDPOINT_CONFIG = "endpoint", "endpoint-config"
EVENT_TYPES = ("SageMaker Training Job State Change", "SageMaker HyperParameter Tuning Job State Change",
               "SageMaker Processing Job State Change", "SageMaker Transform Job State Change",
               "SageMaker Model Building Pipeline Execution Status Change", "SageMaker Endpoint State Change")
# AWS's own: https://docs.aws.amazon.com/AmazonSQS/latest/SQSDeveloperGuide/sqs-quotas.html and IAM's quotas page
QUEUE_NAME_CHARACTERS_MAX = 80
MANAGED_POLICY_CHARACTERS_MAX = 6144
SLUG_CHARACTERS_MAX = 32
POLICIES_A_ROLE_MAX = 20  # managed ones, where the account asked for it; 10 by default
SPOKES_A_POLICY = 60  # of at most 95 characters
MAX_RECEIVE_COUNT_MIN = 5  # what `trainyard doctor` asks for
DEFAULT_FIFO_QUEUE = "ai-model-training.fifo"
DEEP_LEARNING_CONTAINERS = "763104351884"  # the account of AWS's own images in most regions


@dataclasses.dataclass(frozen=True)
class settings:
    home_account: str
    home_region: str = ""  # empty: the first queue's
    provision_role: str = "OrganizationAccountAccessRole"  # assumed in the other accounts to make things there
    hub_trust: tuple[str, ...] = ("ec2.amazonaws.com",)  # services and ARNs that may run the dispatcher
    max_runtime_seconds: int = 432_000
    max_receive_count: int = 10
    pipelines: tuple[str, ...] = ()  # names, with * and ?, of pipelines that jobs may start, in every account
    endpoint_configs: tuple[str, ...] = ()  # the same of configurations that endpoints may use beside their own
    image_accounts: tuple[str, ...] = (DEEP_LEARNING_CONTAINERS,)  # whose images jobs may pull beside their account's


@dataclasses.dataclass(frozen=True)
class planned_queue:
    queue: queue
    dead_letters: str = ""  # the name of its dead-letter queue; empty: none


@dataclasses.dataclass(frozen=True)
class spoke:
    account: account
    role_document: dict
    trust: dict | None  # none: the hub itself starts jobs there
    execution_document: dict


@dataclasses.dataclass(frozen=True)
class feed:
    """SageMaker's events of a pool go to the bus in bus_region."""
    account: str
    region: str
    bus_region: str


@dataclasses.dataclass(frozen=True)
class plan:
    installation: str
    slug: str
    home_account: str
    home_region: str
    provision_role: str
    hub_role: role
    hub_documents: dict[str, dict]
    hub_trust: dict
    for_instances: bool  # EC2 runs the dispatcher: it needs an instance profile
    recipe_queue: planned_queue
    intakes: tuple[planned_queue, ...]
    outlets: tuple[queue, ...]
    event_queues: tuple[queue, ...]
    max_receive_count: int
    spokes: tuple[spoke, ...]
    feeds: tuple[feed, ...]
    recipe_role: role
    recipe_documents: dict[str, dict]
    pipeline_name: str

    @property
    def bus_regions(self):
        return tuple(dict.fromkeys(f.bus_region for f in self.feeds))

    @property
    def places(self):
        """(account, region) of everything that is made."""
        regions = [self.home_region, *(q.region for q in self.all_queues()), *self.bus_regions]
        out = [(self.home_account, r) for r in regions]
        out += [(s.account.id, r) for s in self.spokes for r in s.account.regions]
        return tuple(dict.fromkeys(out))

    def all_queues(self):
        return [*(p.queue for p in self.intakes), *self.outlets, *self.event_queues]

    def bus_name(self):
        return f"trainyard-{self.slug}"

    def bus_arn(self, region):
        return f"arn:{partition(region)}:events:{region}:{self.home_account}:event-bus/{self.bus_name()}"

    def rule_arn(self, region):
        """Of the rule on the bus that fills the queues of events; a rule of another bus than `default` has its name."""
        return f"arn:{partition(region)}:events:{region}:{self.home_account}:rule/{self.bus_name()}/{self.bus_name()}"


def partition(region):
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def slug_of(installation):
    """The installation in names of AWS, which take fewer characters; what had to be changed stays distinct."""
    plain = re.sub(r"[^A-Za-z0-9-]", "-", installation)
    if plain == installation and len(plain) <= SLUG_CHARACTERS_MAX:
        return plain
    digest = hashlib.sha256(installation.encode()).hexdigest()[:8]
    return f"{plain[:SLUG_CHARACTERS_MAX - 9]}-{digest}"


def dead_letter_name(name):
    stem, fifo = name.removesuffix(".fifo"), ".fifo" if name.endswith(".fifo") else ""
    return stem[:QUEUE_NAME_CHARACTERS_MAX - len("-dlq" + fifo)] + "-dlq" + fifo


def queue_arn(q, home):
    return f"arn:{partition(q.region)}:sqs:{q.region}:{q.owner or home}:{q.name}"


def spoke_document(a, f, s, own_pipeline):
    # The regions stand once, in a Deny, rather than in every ARN: IAM counts characters.
    def each(kind, *names):
        return [f"arn:{partition(a.regions[0])}:sagemaker:*:{a.id}:{kind}/{name}" for name in names]
    # SageMaker writes pipelines' names in lower case in ARNs.
    named = (*s.pipelines, *([own_pipeline] if a.id == s.home_account else []))
    pipelines = each("pipeline", *(n.lower() for n in named))
    kinds = {kind: each(kind, "ty-*") for kind in (TRAINING, TUNING, PROCESSING, TRANSFORM, ENDPOINT, ENDPOINT_CONFIG)}
    passed = [*([a.execution_role.arn] if a.execution_role else []),
              *(r.arn for r in f.tenant_roles if r.account == a.id)]
    return documents.render(
        "spoke", installation=f.installation, regions=a.regions, instance_types=a.instance_types,
        max_runtime_seconds=str(s.max_runtime_seconds), training_jobs=kinds[TRAINING], tuning_jobs=kinds[TUNING],
        processing_jobs=kinds[PROCESSING], transform_jobs=kinds[TRANSFORM], endpoints=kinds[ENDPOINT],
        endpoint_configs=kinds[ENDPOINT_CONFIG],
        used_endpoint_configs=[*kinds[ENDPOINT_CONFIG], *each(ENDPOINT_CONFIG, *s.endpoint_configs)],
        pipelines=pipelines, pipeline_executions=[p + "/execution/*" for p in pipelines],
        all_jobs=[arn for arns in kinds.values() for arn in arns], passed_roles=list(dict.fromkeys(passed)))


def execution_document(id_, bucket, regions, s):
    buckets = [f"arn:{partition(regions[0])}:s3:::{bucket}"] if bucket else []
    return documents.render(
        "execution", buckets=buckets, bucket_objects=[b + "/*" for b in buckets],
        job_logs=[f"arn:{partition(r)}:logs:{r}:{id_}:log-group:/aws/sagemaker/*" for r in regions],
        image_repositories=[f"arn:{partition(r)}:ecr:{r}:{owner}:repository/*" for r in regions
                            for owner in dict.fromkeys((id_, *s.image_accounts))])


def hub_document(f, s, intakes, outlets, event_queues):
    home = s.home_account
    return documents.render(
        "hub", consumed_queues=[queue_arn(q, home) for q in (*(p.queue for p in intakes), *event_queues)],
        told_queues=[queue_arn(q, home) for q in outlets],
        dead_letter_queues=[queue_arn(queue(p.dead_letters, p.queue.region), home) for p in intakes if p.dead_letters],
        payload_objects=[f"arn:{partition(i.queue.region)}:s3:::{b}/*" for i in f.intakes for b in i.payload_buckets])


def spokes_documents(f):
    """As many policies as their characters take."""
    arns = [a.role.arn for a in f.accounts if a.role]
    return {f"spokes-{i // SPOKES_A_POLICY + 1}": documents.render("hub-spokes", spoke_roles=arns[i:i + SPOKES_A_POLICY])
            for i in range(0, len(arns), SPOKES_A_POLICY)}


def trust_of_hub(names):
    services = [n for n in names if n.endswith(".amazonaws.com")]
    principals = [n for n in names if re.fullmatch(r"arn:[\w-]+:(iam|sts)::\d{12}:.+", n)]
    if unknown := set(names) - set(services) - set(principals) or ({"nothing"} if not names else set()):
        raise fleet_error(f"hub_trust: {', '.join(sorted(unknown))}: neither a service of amazonaws.com nor an ARN")
    return documents.render("hub-trust", hub_services=services, hub_principals=principals)


def feeds_of(f, home_queues):
    """A pool's events go to its own region where a queue waits for them, else to the first one's: a bus may be in
    another region than the rule, a queue may not."""
    regions = list(dict.fromkeys(q.region for q in home_queues))
    if not regions:
        return ()
    return tuple(feed(a.id, r, r if r in regions else regions[0]) for a in f.accounts for r in a.regions)


def unique(queues):
    return tuple(dict.fromkeys(q for q in queues if q))


def check_sizes(named):
    for name, document in named.items():
        if (size := len(documents.text(document))) > MANAGED_POLICY_CHARACTERS_MAX:
            raise fleet_error(f"the policy {name} has {size} characters, IAM takes {MANAGED_POLICY_CHARACTERS_MAX}: "
                              "spread the account's regions over several roles, or shorten lists")


def make(f: fleet, s: settings) -> plan:
    if not re.fullmatch(r"\d{12}", s.home_account):
        raise fleet_error(f"home_account: '{s.home_account}' is not a 12-digit account id")
    if s.max_receive_count < MAX_RECEIVE_COUNT_MIN:
        raise fleet_error(f"max_receive_count: {s.max_receive_count} is below {MAX_RECEIVE_COUNT_MIN}: restarts and "
                          "lost answers count as receives")
    home, slug = s.home_account, slug_of(f.installation)
    region = s.home_region or f.intakes[0].queue.region
    intakes = tuple(planned_queue(q, "" if q.owner else dead_letter_name(q.name))
                    for q in unique(i.queue for i in f.intakes))
    taken = {p.queue for p in intakes}
    outlets = unique(q for i in f.intakes for q in (i.reject, i.results))
    events = unique(f.events)
    if both := {q.name for q in events if q in taken or q in outlets}:
        raise fleet_error(f"events: {', '.join(sorted(both))} is no queue of events alone")
    # The recipe's queue serves the fleet where the fleet has a FIFO queue at home, else it stands alone.
    fifos = {q for q in taken if q.fifo and not q.owner and q.region == region}
    recipe_queue = next((p for p in intakes if p.queue in fifos),
                        planned_queue(queue(DEFAULT_FIFO_QUEUE, region), dead_letter_name(DEFAULT_FIFO_QUEUE)))
    pipeline = f"trainyard-{slug}"
    spokes = tuple(spoke(
        a, spoke_document(a, f, s, pipeline),
        documents.render("spoke-trust", hub_role=f"arn:{partition(region)}:iam::{home}:role/trainyard-hub-{slug}",
                         external_id=a.external_id) if a.role else None,
        execution_document(a.id, a.bucket, a.regions, s)) for a in f.accounts)
    hub_documents = {"queues": hub_document(f, s, intakes, outlets, events), **spokes_documents(f)}
    # Where no role is assumed, the hub's own account runs jobs.
    for sp in spokes:
        if not sp.trust:
            if sp.account.id != home:
                raise fleet_error(f"account {sp.account.id} is not the home account {home}, so it needs a role")
            hub_documents["pools"] = sp.role_document
    recipe_name = f"trainyard-pipelines-{slug}"
    recipe_role = role(f"arn:{partition(region)}:iam::{home}:role/{recipe_name}", home, "/", recipe_name)
    recipe_documents = {
        "data": execution_document(home, next((a.bucket for a in f.accounts if a.id == home), ""), (region,), s),
        "jobs": documents.render(
            "pipeline", pipeline_role=recipe_role.arn,
            pipeline_jobs=[f"arn:{partition(region)}:sagemaker:{region}:{home}:training-job/pipelines-*"])}
    check_sizes({**hub_documents, **{f"of the role in {sp.account.id}": sp.role_document for sp in spokes}})
    if len(hub_documents) > POLICIES_A_ROLE_MAX:
        raise fleet_error(f"{len(f.accounts)} accounts need {len(hub_documents)} policies at the hub's role, IAM takes "
                          f"{POLICIES_A_ROLE_MAX}: give the installation fewer accounts")
    hub_name = f"trainyard-hub-{slug}"
    return plan(
        installation=f.installation, slug=slug, home_account=home, home_region=region, provision_role=s.provision_role,
        hub_role=role(f"arn:{partition(region)}:iam::{home}:role/{hub_name}", home, "/", hub_name),
        hub_documents=hub_documents, hub_trust=trust_of_hub(s.hub_trust),
        for_instances="ec2.amazonaws.com" in s.hub_trust, recipe_queue=recipe_queue, intakes=intakes,
        outlets=tuple(q for q in outlets if q not in taken), event_queues=events,
        max_receive_count=s.max_receive_count, spokes=spokes,
        feeds=feeds_of(f, [q for q in events if not q.owner]), recipe_role=recipe_role,
        recipe_documents=recipe_documents, pipeline_name=pipeline)

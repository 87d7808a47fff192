"""Roles: the hub's, which runs the dispatcher; in each account the spoke's, which starts jobs, and the jobs' own."""
import pulumi
import pulumi_aws as aws

from . import documents


def make_role(at, account, r, trust, policies, depends_on=()):
    """The role with managed policies of its own; gives the role and the attachments."""
    stem = f"{account}-{r.name}"
    made = aws.iam.Role(stem, name=r.name, path=r.path, assume_role_policy=trust,
                        opts=at.any_of(account, depends_on=list(depends_on)))
    attached = []
    for name, document in policies.items():
        policy = aws.iam.Policy(f"{stem}-{name}", name=f"{r.name}-{name}", path=r.path, policy=documents.text(document),
                                opts=at.any_of(account))
        attached.append(aws.iam.RolePolicyAttachment(f"{stem}-{name}", role=made.name, policy_arn=policy.arn,
                                                     opts=at.any_of(account)))
    return made, attached


def make_execution(at, account, r, policies):
    """A role that SageMaker takes for a job."""
    return make_role(at, account, r, documents.text(documents.render("execution-trust", account=account)), policies)


def make_hub(p, at):
    hub, _ = make_role(at, p.home_account, p.hub_role, documents.text(p.hub_trust), p.hub_documents)
    if p.for_instances:
        aws.iam.InstanceProfile(p.hub_role.name, name=p.hub_role.name, role=hub.name, opts=at.any_of(p.home_account))
    return hub


def make_spokes(p, at, hub):
    for spoke in p.spokes:
        a = spoke.account
        if a.execution_role:
            make_execution(at, a.id, a.execution_role, {"data": spoke.execution_document})
        if spoke.trust:
            # The trust holds the ExternalId; and IAM refuses a principal that does not exist yet.
            make_role(at, a.id, a.role, pulumi.Output.secret(documents.text(spoke.trust)), {"jobs": spoke.role_document},
                      depends_on=[hub])

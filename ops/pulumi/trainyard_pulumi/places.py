"""One provider for each account and region."""
import pulumi
import pulumi_aws as aws

from .plan import partition


class places:
    """The home account is reached with Pulumi's own credentials, every other by the role that may provision it."""

    def __init__(self, p):
        self.plan, self.providers = p, {}
        for account, region in p.places:
            roles = None
            if account != p.home_account:
                roles = [aws.ProviderAssumeRoleArgs(
                    role_arn=f"arn:{partition(region)}:iam::{account}:role/{p.provision_role}",
                    session_name=f"trainyard-provision-{p.slug}")]
            self.providers[account, region] = aws.Provider(
                f"{account}-{region}", region=region, assume_roles=roles,
                # Credentials of another account than the plan means would make everything in the wrong place.
                allowed_account_ids=[account],
                default_tags=aws.ProviderDefaultTagsArgs(tags={"trainyard:owner": p.installation}))

    def at(self, account, region, **options):
        return pulumi.ResourceOptions(provider=self.providers[account, region], **options)

    def home(self, region="", **options):
        return self.at(self.plan.home_account, region or self.plan.home_region, **options)

    def any_of(self, account, **options):
        """For IAM, which has no region."""
        return self.at(account, next(r for a, r in self.plan.places if a == account), **options)

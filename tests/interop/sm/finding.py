"""Tags, Search and its suggestions, and what SageMaker says to what is no call."""
import tally as t

from .base import ACCOUNT, ARN, ROLE, endpoint_config, model, paged, processing, training, wait


def tags(aws):
    sm = aws.client(parameter_validation=False)
    given = [{"Key": "team", "Value": "vision"}, {"Key": "empty", "Value": ""}]
    sm.create_training_job(**training("tagged", Tags=given))
    sm.create_model(**model("tagged", Tags=given))
    sm.create_processing_job(**processing("tagged", Tags=given))
    sm.create_endpoint_config(**endpoint_config("tagged", "tagged"), Tags=given)
    for resource in ("training-job", "model", "processing-job", "endpoint-config"):
        arn = f"{ARN}:{resource}/tagged"
        t.equal(by_key(sm.list_tags(ResourceArn=arn)["Tags"]), {"team": "vision", "empty": ""}, f"tags of {resource}")
        added = sm.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "speech"}, {"Key": "new", "Value": "1"}])
        t.equal(by_key(added["Tags"]), {"team": "speech", "empty": "", "new": "1"}, f"tags added to {resource}")
        sm.delete_tags(ResourceArn=arn, TagKeys=["empty", "never"])
        t.equal(by_key(sm.list_tags(ResourceArn=arn)["Tags"]), {"team": "speech", "new": "1"}, f"tags left of {resource}")
    arn = f"{ARN}:training-job/tagged"
    sm.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(48)])
    t.refused(sm.add_tags, "ResourceLimitExceeded", shape="ResourceLimitExceeded", ResourceArn=arn,
              Tags=[{"Key": "one-more", "Value": "v"}])
    found, sizes = paged(sm, "list_tags", "Tags", 50, ResourceArn=arn)
    t.equal((len(found), sizes), (50, [50]), "fifty tags")
    e = t.refused(sm.list_tags, "ValidationException", ResourceArn=arn, MaxResults=49)
    t.contains(e.response["Error"]["Message"], "Value '49' at 'maxResults' failed to satisfy constraint: Member must have "
               "value greater than or equal to 50", "a page too small")
    t.refused(sm.list_tags, "ValidationException", ResourceArn=f"{ARN}:training-job/none")


def by_key(found):
    return {x["Key"]: x["Value"] for x in found}


def search(aws):
    account = "444444444447"
    sm = aws.client(account)
    own = {"RoleArn": ROLE.replace(ACCOUNT, account)}
    for i in range(5):
        sm.create_training_job(**training(f"found-{i}", Tags=[{"Key": "team", "Value": "vision" if i % 2 else "speech"}],
                                          **own))
        wait(sm, "training_job_completed_or_stopped", TrainingJobName=f"found-{i}")

    def names(filters, **more):
        answer = sm.search(Resource="TrainingJob", SearchExpression={"Filters": filters, **more})
        return sorted(r["TrainingJob"]["TrainingJobName"] for r in answer["Results"])
    t.equal(names([{"Name": "TrainingJobName", "Operator": "Contains", "Value": "found-"}]),
            [f"found-{i}" for i in range(5)], "by name")
    t.equal(names([{"Name": "Tags.team", "Operator": "Equals", "Value": "vision"}]), ["found-1", "found-3"], "by tag")
    t.equal(names([{"Name": "TrainingJobStatus", "Operator": "NotEquals", "Value": "Completed"}]), [], "by status")
    t.equal(names([{"Name": "TrainingJobName", "Operator": "In", "Value": "found-0,found-4"}]), ["found-0", "found-4"], "in")
    two = [{"Name": "Tags.team", "Operator": "Equals", "Value": "speech"},
           {"Name": "TrainingJobName", "Operator": "Equals", "Value": "found-1"}]
    t.equal(names(two), [], "both")
    t.equal(names(two, Operator="Or"), ["found-0", "found-1", "found-2", "found-4"], "either")
    found, sizes = paged(sm, "search", "Results", 2, Resource="TrainingJob", SortBy="CreationTime", SortOrder="Ascending")
    t.equal(sizes, [2, 2, 1], "pages")
    t.equal([r["TrainingJob"]["TrainingJobName"] for r in found], [f"found-{i}" for i in range(5)], "sorted by time")
    t.equal(found[0]["TrainingJob"]["TrainingJobStatus"], "Completed", "records are whole")
    suggestions = sm.get_search_suggestions(Resource="TrainingJob", SuggestionQuery={
        "PropertyNameQuery": {"PropertyNameHint": "TrainingJobNa"}})["PropertyNameSuggestions"]
    t.contains([s["PropertyName"] for s in suggestions], "TrainingJobName", "suggestions")


def no_calls(aws):
    t.refused(aws.client(secret="wrong").list_training_jobs, "InvalidSignatureException", status=400)
    answer = aws.client().list_models()["ResponseMetadata"]
    t.equal(answer["HTTPHeaders"]["content-type"], "application/x-amz-json-1.1", "content type")
    t.true(len(answer["RequestId"]) == 36, "the request id is a UUID")


PARTS = (tags, search, no_calls)

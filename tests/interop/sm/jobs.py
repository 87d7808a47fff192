"""Training, processing and transform jobs: from create to their end, stopping, listing, deleting, refusals."""
import datetime

import harness as h
import tally as t

from .base import (ACCOUNT, ARN, ROLE, asked_comes_back, invalid, model, paged, processing, training, transform, wait)

NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


def training_jobs(aws):
    sm = aws.client()
    request = training("first", HyperParameters={"trainyard-local-seconds": "60", "rate": "0.1"},
                       Environment={"A": "1"}, Tags=[{"Key": "team", "Value": "vision"}])
    arn = sm.create_training_job(**request)["TrainingJobArn"]
    t.equal(arn, f"{ARN}:training-job/first", "TrainingJobArn")
    wait(sm, "training_job_completed_or_stopped", TrainingJobName="first")
    done = sm.describe_training_job(TrainingJobName="first")
    t.equal((done["TrainingJobStatus"], done["SecondaryStatus"]), ("Completed", "Completed"), "status")
    asked_comes_back(done, request)
    t.equal(done["TrainingJobArn"], arn, "ARN of the description")
    t.equal([x["Status"] for x in done["SecondaryStatusTransitions"]],
            ["Starting", "Downloading", "Training", "Uploading", "Completed"], "transitions")
    t.true(done["CreationTime"] <= done["TrainingStartTime"] <= done["TrainingEndTime"] <= done["LastModifiedTime"], "times")
    t.true(done["TrainingTimeInSeconds"] >= 60, "TrainingTimeInSeconds is in SageMaker's seconds")
    t.true(done["BillableTimeInSeconds"] >= done["TrainingTimeInSeconds"], "billed for at least that")
    t.equal(done["ModelArtifacts"]["S3ModelArtifacts"], "s3://bucket/out/first/output/model.tar.gz", "artefacts")
    t.refused(sm.create_training_job, "ResourceInUse", shape="ResourceInUse", status=400, **training("first"),
              text="Training job names must be unique within an AWS account and region, and a training job with this "
                   f"name already exists ({arn})")
    invalid(sm.stop_training_job, "The request was rejected because the training job is in status Completed.",
            TrainingJobName="first")
    invalid(sm.describe_training_job, "Requested resource not found.", TrainingJobName="none")
    failing = {"trainyard-local-outcome": "Failed: AlgorithmError: no data"}
    sm.create_training_job(**training("failing", HyperParameters=failing))
    wait_until_over(sm, "failing")
    failed = sm.describe_training_job(TrainingJobName="failing")
    t.equal((failed["TrainingJobStatus"], failed["FailureReason"]), ("Failed", "AlgorithmError: no data"), "a failed job")
    t.refused(sm.create_training_job, "ResourceLimitExceeded", shape="ResourceLimitExceeded", **training(
        "greedy", ResourceConfig={"InstanceType": h.INSTANCE_TYPE, "InstanceCount": 9999999, "VolumeSizeInGB": 50}))


def wait_until_over(sm, name):
    h.until(f"the end of {name}", lambda: sm.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in (
        "Completed", "Failed", "Stopped"))


def training_validation(aws):
    sm = aws.client(parameter_validation=False)  # botocore would refuse some of this itself
    e = t.refused(sm.create_training_job, "ValidationException", status=400, **training("-bad"))
    # With the pattern as AWS shows it: the models have dropped its anchors.
    t.equal(e.response["Error"]["Message"].replace(": ^", ": "), "1 validation error detected: Value '-bad' at "
            "'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            f"{NAME_PATTERN}", "a name that begins with a hyphen")
    long_name = "x" * 64
    e = t.refused(sm.create_training_job, "ValidationException", **training(long_name))
    t.contains(e.response["Error"]["Message"], f"Value '{long_name}' at 'trainingJobName' failed to satisfy constraint: "
               "Member must have length less than or equal to 63", "a name of 64 characters")
    e = t.refused(sm.create_training_job, "ValidationException", **training(
        "ok", StoppingCondition={"MaxRuntimeInSeconds": 0}))
    t.equal(e.response["Error"]["Message"], "1 validation error detected: Value '0' at 'stoppingCondition."
            "maxRuntimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1", "zero")
    e = t.refused(sm.create_training_job, "ValidationException", **training("ok", RoleArn="nobody"))
    t.contains(e.response["Error"]["Message"], "at 'roleArn' failed to satisfy constraint", "a role that is none")
    e = t.refused(sm.create_training_job, "ValidationException", **training(
        "-x", StoppingCondition={"MaxRuntimeInSeconds": 0}))
    t.contains(e.response["Error"]["Message"], "2 validation errors detected: ", "both are told")
    e = t.refused(sm.list_training_jobs, "ValidationException", MaxResults=101)
    t.contains(e.response["Error"]["Message"], "Value '101' at 'maxResults' failed to satisfy constraint: "
               "Member must have value less than or equal to 100", "a page too large")


def stopping_training(aws):
    sm = aws.lasting()
    sm.create_training_job(**training("long"))
    t.equal(sm.describe_training_job(TrainingJobName="long")["TrainingJobStatus"], "InProgress", "a job that lasts")
    sm.stop_training_job(TrainingJobName="long")
    t.equal(sm.describe_training_job(TrainingJobName="long")["TrainingJobStatus"], "Stopping", "stopping")
    wait(sm, "training_job_completed_or_stopped", TrainingJobName="long")
    stopped = sm.describe_training_job(TrainingJobName="long")
    t.equal((stopped["TrainingJobStatus"], stopped["SecondaryStatus"]), ("Stopped", "Stopped"), "stopped")
    invalid(sm.stop_training_job, "The request was rejected because the training job is in status Stopped.",
            TrainingJobName="long")


def listing_training(aws):
    sm = aws.client("444444444445")
    before = utc_now() - datetime.timedelta(seconds=5)
    own = {"RoleArn": ROLE.replace(ACCOUNT, "444444444445")}
    for i in range(7):
        sm.create_training_job(**training(f"page-{i}", **own))
    for i in range(7):
        wait(sm, "training_job_completed_or_stopped", TrainingJobName=f"page-{i}")
    found, sizes = paged(sm, "list_training_jobs", "TrainingJobSummaries", 3, NameContains="page-", SortBy="Name",
                         SortOrder="Ascending")
    t.equal(sizes, [3, 3, 1], "page sizes")
    t.equal([s["TrainingJobName"] for s in found], [f"page-{i}" for i in range(7)], "by name")
    t.equal({s["TrainingJobStatus"] for s in found}, {"Completed"}, "states")
    newest = sm.list_training_jobs(MaxResults=2)["TrainingJobSummaries"]
    t.equal([s["TrainingJobName"] for s in newest], ["page-6", "page-5"], "the newest first")
    t.equal(sm.list_training_jobs(CreationTimeBefore=before)["TrainingJobSummaries"], [], "none before")
    t.equal(len(sm.list_training_jobs(CreationTimeAfter=before)["TrainingJobSummaries"]), 7, "all after")
    t.equal(sm.list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"], [], "none failed")
    t.equal(aws.client("444444444446").list_training_jobs()["TrainingJobSummaries"], [], "another account sees none")


def updating_and_deleting(aws):
    sm = aws.lasting()
    pool = {"InstanceType": h.INSTANCE_TYPE, "InstanceCount": 1, "VolumeSizeInGB": 50, "KeepAlivePeriodInSeconds": 600}
    arn = sm.create_training_job(**training("warm", ResourceConfig=pool))["TrainingJobArn"]
    t.equal(sm.update_training_job(TrainingJobName="warm", ResourceConfig={"KeepAlivePeriodInSeconds": 0})[
        "TrainingJobArn"], arn, "UpdateTrainingJob")
    t.refused(sm.delete_training_job, "ResourceInUse", TrainingJobName="warm")
    quick = aws.client()
    quick.create_training_job(**training("gone"))
    wait_until_over(quick, "gone")
    quick.delete_training_job(TrainingJobName="gone")
    h.until("the deletion", lambda: "gone" not in [
        s["TrainingJobName"] for s in quick.list_training_jobs(NameContains="gone")["TrainingJobSummaries"]])
    invalid(quick.describe_training_job, "Requested resource not found.", TrainingJobName="gone")
    t.equal(quick.create_training_job(**training("gone"))["TrainingJobArn"], f"{ARN}:training-job/gone", "the name is free")


def processing_jobs(aws):
    sm = aws.client()
    request = processing("clean", Environment={"A": "1"}, StoppingCondition={"MaxRuntimeInSeconds": 3600})
    t.equal(sm.create_processing_job(**request)["ProcessingJobArn"], f"{ARN}:processing-job/clean", "ProcessingJobArn")
    wait(sm, "processing_job_completed_or_stopped", ProcessingJobName="clean")
    done = sm.describe_processing_job(ProcessingJobName="clean")
    t.equal(done["ProcessingJobStatus"], "Completed", "status")
    asked_comes_back(done, request)
    t.true(done["CreationTime"] <= done["ProcessingStartTime"] <= done["ProcessingEndTime"], "times")
    t.refused(sm.create_processing_job, "ResourceInUse", shape="ResourceInUse", **processing("clean"))
    invalid(sm.describe_processing_job, "Could not find requested job with name: none", ProcessingJobName="none")
    for i in range(4):
        sm.create_processing_job(**processing(f"pages-{i}"))
    found, sizes = paged(sm, "list_processing_jobs", "ProcessingJobSummaries", 3, NameContains="pages-")
    t.equal((len(found), sizes), (4, [3, 1]), "pages")
    slow = aws.lasting()
    slow.create_processing_job(**processing("long"))
    t.equal(slow.describe_processing_job(ProcessingJobName="long")["ProcessingJobStatus"], "InProgress", "running")
    slow.stop_processing_job(ProcessingJobName="long")
    wait(slow, "processing_job_completed_or_stopped", ProcessingJobName="long")
    t.equal(slow.describe_processing_job(ProcessingJobName="long")["ProcessingJobStatus"], "Stopped", "stopped")
    sm.delete_processing_job(ProcessingJobName="clean")
    h.until("the deletion", lambda: "clean" not in [
        s["ProcessingJobName"] for s in sm.list_processing_jobs(NameContains="clean")["ProcessingJobSummaries"]])
    invalid(sm.describe_processing_job, "Could not find requested job with name: clean", ProcessingJobName="clean")


def transform_jobs(aws):
    sm = aws.client()
    sm.create_model(**model("scorer"))
    request = transform("score", "scorer", BatchStrategy="MultiRecord", MaxPayloadInMB=6, Environment={"A": "1"})
    t.equal(sm.create_transform_job(**request)["TransformJobArn"], f"{ARN}:transform-job/score", "TransformJobArn")
    wait(sm, "transform_job_completed_or_stopped", TransformJobName="score")
    done = sm.describe_transform_job(TransformJobName="score")
    t.equal(done["TransformJobStatus"], "Completed", "status")
    for key in ("ModelName", "BatchStrategy", "MaxPayloadInMB", "Environment"):
        t.equal(done[key], request[key], key)
    t.equal(done["TransformInput"]["DataSource"], request["TransformInput"]["DataSource"], "input")
    t.equal(done["TransformOutput"]["S3OutputPath"], "s3://bucket/out", "output")
    t.true(done["CreationTime"] <= done["TransformStartTime"] <= done["TransformEndTime"], "times")
    t.refused(sm.create_transform_job, "ResourceInUse", shape="ResourceInUse", **transform("score", "scorer"))
    e = t.refused(sm.describe_transform_job, "ValidationException", TransformJobName="none")
    t.contains(e.response["Error"]["Message"], "Could not find requested job with name: none", "a job that is none")
    invalid(sm.create_transform_job, f'Could not find model "{ARN}:model/none".', **transform("other", "none"))
    for i in range(3):
        sm.create_transform_job(**transform(f"part-{i}", "scorer"))
    found, sizes = paged(sm, "list_transform_jobs", "TransformJobSummaries", 2, NameContains="part-")
    t.equal((len(found), sizes), (3, [2, 1]), "pages")
    slow = aws.lasting()
    slow.create_model(**model("scorer"))
    slow.create_transform_job(**transform("long", "scorer"))
    slow.stop_transform_job(TransformJobName="long")
    wait(slow, "transform_job_completed_or_stopped", TransformJobName="long")
    t.equal(slow.describe_transform_job(TransformJobName="long")["TransformJobStatus"], "Stopped", "stopped")


PARTS = (training_jobs, training_validation, stopping_training, listing_training, updating_and_deleting, processing_jobs,
         transform_jobs)

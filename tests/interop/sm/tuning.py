"""Hyperparameter tuning jobs and the training jobs that they start; training plans."""
import harness as h
import tally as t

from .base import ARN, paged, tuning

OVER = ("Completed", "Failed", "Stopped")


def state(sm, name):
    return sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["HyperParameterTuningJobStatus"]


def tuning_jobs(aws):
    sm = aws.client()
    request = tuning("sweep", jobs=4, parallel=2)
    t.equal(sm.create_hyper_parameter_tuning_job(**request)["HyperParameterTuningJobArn"],
            f"{ARN}:hyper-parameter-tuning-job/sweep", "HyperParameterTuningJobArn")
    h.until("the end of the sweep", lambda: state(sm, "sweep") in OVER)
    done = sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="sweep")
    t.equal(done["HyperParameterTuningJobStatus"], "Completed", "status")
    t.equal(done["HyperParameterTuningJobConfig"], request["HyperParameterTuningJobConfig"], "configuration")
    counters = done["TrainingJobStatusCounters"]
    t.equal({k: counters.get(k, 0) for k in ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")},
            {"Completed": 4, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}, "counters")
    t.equal(done["ObjectiveStatusCounters"], {"Succeeded": 4, "Pending": 0, "Failed": 0}, "objectives")
    found, sizes = paged(sm, "list_training_jobs_for_hyper_parameter_tuning_job", "TrainingJobSummaries", 3,
                         HyperParameterTuningJobName="sweep")
    t.equal(sizes, [3, 1], "pages of its training jobs")
    t.equal({s["TrainingJobStatus"] for s in found}, {"Completed"}, "states of its training jobs")
    for s in found:
        t.true(0.001 <= float(s["TunedHyperParameters"]["rate"]) <= 0.1, "each tried a value of the range")
    best = done["BestTrainingJob"]
    t.true(best["TrainingJobName"] in {s["TrainingJobName"] for s in found}, "the best is one of them")
    t.equal(best["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"], "accuracy", "its metric")
    child = sm.describe_training_job(TrainingJobName=best["TrainingJobName"])
    t.equal(child["TuningJobArn"], f"{ARN}:hyper-parameter-tuning-job/sweep", "a training job names its tuning job")
    t.equal(child["HyperParameters"]["epochs"], "3", "static hyperparameters")
    t.refused(sm.create_hyper_parameter_tuning_job, "ResourceInUse", shape="ResourceInUse", **tuning("sweep"))
    t.refused(sm.describe_hyper_parameter_tuning_job, "ResourceNotFound", shape="ResourceNotFound", status=400,
              HyperParameterTuningJobName="none")
    e = t.refused(sm.create_hyper_parameter_tuning_job, "ValidationException", **tuning("x" * 33))
    t.contains(e.response["Error"]["Message"], "at 'hyperParameterTuningJobName' failed to satisfy constraint: Member must "
               "have length less than or equal to 32", "a name of 33 characters")
    for i in range(3):
        sm.create_hyper_parameter_tuning_job(**tuning(f"small-{i}", jobs=1, parallel=1))
    found, sizes = paged(sm, "list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries", 2,
                         NameContains="small-")
    t.equal((len(found), sizes), (3, [2, 1]), "pages")
    sm.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="sweep")
    h.until("the deletion", lambda: "sweep" not in [s["HyperParameterTuningJobName"] for s in (
        sm.list_hyper_parameter_tuning_jobs(NameContains="sweep")["HyperParameterTuningJobSummaries"])])
    t.refused(sm.describe_hyper_parameter_tuning_job, "ResourceNotFound", HyperParameterTuningJobName="sweep")


def stopping_tuning(aws):
    sm = aws.lasting()
    sm.create_hyper_parameter_tuning_job(**tuning("long"))
    t.equal(state(sm, "long"), "InProgress", "a tuning job that lasts")
    sm.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="long")
    h.until("the stop", lambda: state(sm, "long") in OVER)
    t.equal(state(sm, "long"), "Stopped", "stopped")
    t.refused(sm.stop_hyper_parameter_tuning_job, "ResourceNotFound", HyperParameterTuningJobName="none")


def plans(aws):
    sm = aws.client()
    offers = sm.search_training_plan_offerings(InstanceType="ml.p5.48xlarge", InstanceCount=1, DurationHours=24,
                                               TargetResources=["training-job"])["TrainingPlanOfferings"]
    t.true(len(offers) > 0, "there are offerings")
    offer = offers[0]
    t.contains(offer["TargetResources"], "training-job", "targets of the offering")
    t.equal(offer["ReservedCapacityOfferings"][0]["InstanceType"], "ml.p5.48xlarge", "type of the offering")
    arn = sm.create_training_plan(TrainingPlanName="plan", TrainingPlanOfferingId=offer["TrainingPlanOfferingId"])[
        "TrainingPlanArn"]
    t.equal(arn, f"{ARN}:training-plan/plan", "TrainingPlanArn")
    plan = sm.describe_training_plan(TrainingPlanName="plan")
    t.equal((plan["TrainingPlanName"], plan["TrainingPlanArn"]), ("plan", arn), "plan")
    t.true(plan["Status"] in ("Pending", "Active", "Scheduled", "Expired"), f"status {plan['Status']}")
    t.equal(plan["TotalInstanceCount"], 1, "instances")
    t.equal([p["TrainingPlanName"] for p in sm.list_training_plans()["TrainingPlanSummaries"]], ["plan"], "plans")
    t.refused(sm.create_training_plan, "ResourceInUse", TrainingPlanName="plan",
              TrainingPlanOfferingId=offer["TrainingPlanOfferingId"])
    t.refused(sm.describe_training_plan, "ResourceNotFound", shape="ResourceNotFound", TrainingPlanName="none")
    t.refused(sm.create_training_plan, "ResourceNotFound", TrainingPlanName="other", TrainingPlanOfferingId="tpo-none")


PARTS = (tuning_jobs, stopping_tuning, plans)

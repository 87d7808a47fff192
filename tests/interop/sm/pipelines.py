"""Pipelines: definitions, executions, their steps and parameters, callbacks over SQS, stopping, retrying."""
import json
import uuid

import harness as h
import tally as t

from .base import ACCOUNT, ARN, ROLE, paged, processing, training

OVER = ("Succeeded", "Failed", "Stopped")


def token():
    return str(uuid.uuid4())


def without(request, *keys):
    return {k: v for k, v in request.items() if k not in keys}


def definition(*steps, parameters=()):
    return json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": list(parameters), "Steps": list(steps)})


def step(name, kind, arguments, after=()):
    return {"Name": name, "Type": kind, "Arguments": arguments, **({"DependsOn": list(after)} if after else {})}


CLEAN = step("clean", "Processing", without(processing("x"), "ProcessingJobName"))
TRAIN = step("train", "Training", {**without(training("x"), "TrainingJobName"),
                                   "HyperParameters": {"epochs": {"Get": "Parameters.epochs"}}}, ["clean"])
EPOCHS = {"Name": "epochs", "Type": "String", "DefaultValue": "3"}


def create(sm, name, body, **more):
    return sm.create_pipeline(PipelineName=name, ClientRequestToken=token(), RoleArn=ROLE, PipelineDefinition=body, **more)[
        "PipelineArn"]


def start(sm, name, **more):
    return sm.start_pipeline_execution(PipelineName=name, ClientRequestToken=token(), **more)["PipelineExecutionArn"]


def state(sm, execution):
    return sm.describe_pipeline_execution(PipelineExecutionArn=execution)["PipelineExecutionStatus"]


def steps_of(sm, execution):
    found = sm.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
    return {s["StepName"]: s for s in found}


def definitions(aws):
    sm = aws.client()
    text = definition(CLEAN, TRAIN, parameters=[EPOCHS])
    arn = create(sm, "build", text, PipelineDisplayName="Build", PipelineDescription="cleans and trains")
    t.equal(arn, f"{ARN}:pipeline/build", "PipelineArn")
    shown = sm.describe_pipeline(PipelineName="build")
    t.equal((shown["PipelineName"], shown["PipelineDisplayName"], shown["PipelineStatus"], shown["RoleArn"]),
            ("build", "Build", "Active", ROLE), "pipeline")
    t.equal(json.loads(shown["PipelineDefinition"]), json.loads(text), "definition")
    t.equal(sm.describe_pipeline(PipelineName=arn)["PipelineName"], "build", "by its ARN")
    e = t.refused(create, "ValidationException", sm=sm, name="build", body=text)
    t.contains(e.response["Error"]["Message"], "build", "a name that is taken")
    once = token()
    same = {"PipelineName": "once", "ClientRequestToken": once, "RoleArn": ROLE, "PipelineDefinition": text}
    t.equal(*(sm.create_pipeline(**same)["PipelineArn"] for _ in range(2)), "the same token creates nothing new")
    t.equal(sm.update_pipeline(PipelineName="build", PipelineDescription="trains")["PipelineArn"], arn, "update")
    t.equal(sm.describe_pipeline(PipelineName="build")["PipelineDescription"], "trains", "updated")
    t.refused(sm.describe_pipeline, "ResourceNotFound", shape="ResourceNotFound", PipelineName="none")
    t.refused(create, "ValidationException", sm=sm, name="broken", body='{"Version": "2020-12-01"')
    for i in range(3):
        create(sm, f"listed-{i}", text)
    found, sizes = paged(sm, "list_pipelines", "PipelineSummaries", 2, PipelineNamePrefix="listed")
    t.equal((sizes, {p["PipelineName"] for p in found}), ([2, 1], {f"listed-{i}" for i in range(3)}), "pages")
    t.equal(sm.delete_pipeline(PipelineName="listed-0", ClientRequestToken=token())["PipelineArn"],
            f"{ARN}:pipeline/listed-0", "delete")
    h.until("the deletion", lambda: len(sm.list_pipelines(PipelineNamePrefix="listed")["PipelineSummaries"]) == 2)
    t.refused(sm.describe_pipeline, "ResourceNotFound", PipelineName="listed-0")


def executions(aws):
    sm = aws.client()
    create(sm, "run", definition(CLEAN, TRAIN, parameters=[EPOCHS]))
    execution = start(sm, "run", PipelineExecutionDisplayName="nightly",
                      PipelineParameters=[{"Name": "epochs", "Value": "5"}])
    head, tail = execution.rsplit("/", 1)
    t.equal((head, len(tail)), (f"{ARN}:pipeline/run/execution", 12), "PipelineExecutionArn")
    h.until("the end of the execution", lambda: state(sm, execution) in OVER)
    shown = sm.describe_pipeline_execution(PipelineExecutionArn=execution)
    t.equal((shown["PipelineExecutionStatus"], shown["PipelineExecutionDisplayName"], shown["PipelineArn"]),
            ("Succeeded", "nightly", f"{ARN}:pipeline/run"), "execution")
    steps = steps_of(sm, execution)
    t.equal({n: s["StepStatus"] for n, s in steps.items()}, {"clean": "Succeeded", "train": "Succeeded"}, "steps")
    t.true(steps["clean"]["EndTime"] <= steps["train"]["StartTime"], "one after the other")
    job = steps["train"]["Metadata"]["TrainingJob"]["Arn"].rsplit("/", 1)[1]
    t.equal(sm.describe_training_job(TrainingJobName=job)["HyperParameters"]["epochs"], "5", "the parameter reached the job")
    cleaned = steps["clean"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[1]
    t.equal(sm.describe_processing_job(ProcessingJobName=cleaned)["ProcessingJobStatus"], "Completed", "the other job")
    found, _ = paged(sm, "list_pipeline_parameters_for_execution", "PipelineParameters", 10, PipelineExecutionArn=execution)
    t.equal(found, [{"Name": "epochs", "Value": "5"}], "parameters")
    text = sm.describe_pipeline_definition_for_execution(PipelineExecutionArn=execution)["PipelineDefinition"]
    t.equal([s["Name"] for s in json.loads(text)["Steps"]], ["clean", "train"], "definition of the execution")
    sm.update_pipeline_execution(PipelineExecutionArn=execution, PipelineExecutionDescription="told later")
    t.equal(sm.describe_pipeline_execution(PipelineExecutionArn=execution)["PipelineExecutionDescription"], "told later",
            "updated execution")
    once = token()
    first = sm.start_pipeline_execution(PipelineName="run", ClientRequestToken=once)["PipelineExecutionArn"]
    t.equal(sm.start_pipeline_execution(PipelineName="run", ClientRequestToken=once)["PipelineExecutionArn"], first,
            "the same token starts nothing new")
    start(sm, "run")
    found, sizes = paged(sm, "list_pipeline_executions", "PipelineExecutionSummaries", 2, PipelineName="run")
    t.equal((len(found), sizes), (3, [2, 1]), "executions")
    t.refused(sm.describe_pipeline_execution, "ResourceNotFound", shape="ResourceNotFound",
              PipelineExecutionArn=f"{ARN}:pipeline/run/execution/aaaaaaaaaaaa")
    t.refused(sm.start_pipeline_execution, "ResourceNotFound", PipelineName="none", ClientRequestToken=token())


def failing(aws):
    sm = aws.client()
    bad = step("train", "Training", {**without(training("x"), "TrainingJobName"), "HyperParameters": {
        "trainyard-local-outcome": "Failed: AlgorithmError: no data"}})
    create(sm, "bad", definition(bad))
    execution = start(sm, "bad")
    h.until("the end of the execution", lambda: state(sm, execution) in OVER)
    t.equal(state(sm, execution), "Failed", "a step failed")
    failed = steps_of(sm, execution)["train"]
    t.equal(failed["StepStatus"], "Failed", "the step")
    t.contains(failed["FailureReason"], "AlgorithmError: no data", "why")
    again = sm.retry_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken=token())["PipelineExecutionArn"]
    t.equal(again, execution, "a retry is the same execution")
    h.until("the end of the retry", lambda: state(sm, execution) in OVER)
    t.equal(state(sm, execution), "Failed", "it failed again")


def callbacks(aws):
    """A callback step sends a message with a token to SQS and waits for an answer."""
    sm, sqs = aws.client(), h.client("sqs", aws.fast.url, ACCOUNT)
    url = h.create_queue(sqs, "callbacks")
    ask = {"Name": "ask", "Type": "Callback", "SqsQueueUrl": url, "Arguments": {"question": "go on?"},
           "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}]}
    create(sm, "asks", definition(ask))

    def asked():
        (m,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
        return json.loads(m["Body"])
    execution = start(sm, "asks")
    message = asked()
    t.equal(message["arguments"], {"question": "go on?"}, "arguments in the message")
    t.equal((message["pipelineExecutionArn"], message["status"]), (execution, "Executing"), "who asks")
    t.equal(len(message["token"]), 10, "the token")
    t.equal(steps_of(sm, execution)["ask"]["StepStatus"], "Executing", "it waits")
    t.equal(sm.send_pipeline_execution_step_success(CallbackToken=message["token"], OutputParameters=[
        {"Name": "answer", "Value": "yes"}])["PipelineExecutionArn"], execution, "success")
    h.until("the end of the execution", lambda: state(sm, execution) in OVER)
    t.equal(state(sm, execution), "Succeeded", "it went on")
    outputs = steps_of(sm, execution)["ask"]["Metadata"]["Callback"]["OutputParameters"]
    t.equal(outputs, [{"Name": "answer", "Value": "yes"}], "outputs")
    execution = start(sm, "asks")
    t.equal(sm.send_pipeline_execution_step_failure(CallbackToken=asked()["token"], FailureReason="no")[
        "PipelineExecutionArn"], execution, "failure")
    h.until("the end of the execution", lambda: state(sm, execution) in OVER)
    t.equal(state(sm, execution), "Failed", "it failed")
    t.refused(sm.send_pipeline_execution_step_success, "ResourceNotFound", CallbackToken="aaaaaaaaaa")


def stopping_executions(aws):
    sm = aws.lasting()
    create(sm, "long", definition(CLEAN))
    execution = start(sm, "long")
    h.until("the step to begin", lambda: "ProcessingJob" in steps_of(sm, execution).get("clean", {}).get("Metadata", {}))
    job = steps_of(sm, execution)["clean"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[1]
    t.equal(sm.stop_pipeline_execution(PipelineExecutionArn=execution, ClientRequestToken=token())[
        "PipelineExecutionArn"], execution, "stop")
    h.until("the stop", lambda: state(sm, execution) in OVER)
    t.equal(state(sm, execution), "Stopped", "stopped")
    t.equal(steps_of(sm, execution)["clean"]["StepStatus"], "Stopped", "its step")
    t.equal(sm.describe_processing_job(ProcessingJobName=job)["ProcessingJobStatus"], "Stopped", "and its job")


PARTS = (definitions, executions, failing, callbacks, stopping_executions)

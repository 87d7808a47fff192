// A process that is killed, as its data file sees it: everything of every service is there again, and goes
// on.
#include <unistd.h>

#include <filesystem>

#include "engine/base/encoding.hpp"
#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

const std::string role = R"("RoleArn":"arn:aws:iam::111122223333:role/train")";
const std::string queue_arn = "arn:aws:sqs:us-east-1:111122223333:q";
const std::string token = R"("ClientRequestToken":"11111111111111111111111111111111")";

std::string training(const std::string& name, const std::string& more = "") {
    return R"({"TrainingJobName":")" + name + "\"," + role +
           R"(,"AlgorithmSpecification":{"TrainingInputMode":"File","TrainingImage":"i"},)"
           R"("OutputDataConfig":{"S3OutputPath":"s3://b"},"ResourceConfig":{"InstanceType":"ml.m5.large",)"
           R"("InstanceCount":1,"VolumeSizeInGB":1},"StoppingCondition":{"MaxRuntimeInSeconds":3600})" +
           more + "}";
}

const std::string tuning =
    R"({"HyperParameterTuningJobName":"t","HyperParameterTuningJobConfig":{"Strategy":"Random","RandomSeed":7,)"
    R"("HyperParameterTuningJobObjective":{"Type":"Minimize","MetricName":"loss"},"ResourceLimits":)"
    R"({"MaxNumberOfTrainingJobs":4,"MaxParallelTrainingJobs":2},"ParameterRanges":{"ContinuousParameterRanges":)"
    R"([{"Name":"lr","MinValue":"0.1","MaxValue":"0.9"}]}},"TrainingJobDefinition":{)" +
    role +
    R"(,"AlgorithmSpecification":{"TrainingInputMode":"File","TrainingImage":"i","MetricDefinitions":)"
    R"([{"Name":"loss","Regex":"x"}]},"OutputDataConfig":{"S3OutputPath":"s3://b"},"ResourceConfig":)"
    R"({"InstanceType":"ml.m5.large","InstanceCount":1,"VolumeSizeInGB":1},"StoppingCondition":)"
    R"({"MaxRuntimeInSeconds":3600}},"Tags":[{"Key":"k","Value":"v"}]})";

const std::string pipeline =
    R"({"PipelineName":"p",)" + token + "," + role +
    R"(,"PipelineDefinition":"{\"Version\":\"2020-12-01\",\"Steps\":[{\"Name\":\"c\",\"Type\":\"Callback\",)"
    R"(\"SqsQueueUrl\":\"http://localhost/111122223333/q\",\"Arguments\":{},\"OutputParameters\":[]}]}"})";

class data_services : public local_world {
protected:
    data_services() {
        std::string name = (fs::temp_directory_path() / "world-data-XXXXXX").string();
        directory_ = mkdtemp(name.data());
        options.control = true;
        options.instance_limit = 20;
        options.data_file = (directory_ / "0.db").string();
    }
    ~data_services() override { fs::remove_all(directory_); }

    // What a killed process leaves is what was in the file at that moment.
    void kill() {
        const std::string from = options.data_file;
        const std::string to_file = (directory_ / (std::to_string(++kills_) + ".db")).string();
        for (const char* part : {"", "-wal"})
            if (fs::exists(from + part)) fs::copy_file(from + part, to_file + part);
        const mono_time grace = io::real_clock().mono() + 5s;
        group.spawn([this, grace] { return served->shutdown(grace); });
        run();
        served.reset();
        options.data_file = to_file;
        ++options.seed;
        open(options);
    }
    std::string ask(const char* service, const std::string& target, const std::string& body,
                    const sigv4::credentials& who = key("111122223333")) {
        const auto out = call(json_request(target, body), who, service);
        return std::to_string(out.status) + " " + out.body;
    }
    std::string ok(const char* service, const std::string& target, const std::string& body) {
        std::string out = ask(service, target, body);
        EXPECT_EQ(out.substr(0, 3), "200") << target << out;
        return out.substr(4);
    }
    std::string sagemaker(const std::string& operation, const std::string& body) {
        return ok("sagemaker", "SageMaker." + operation, body);
    }
    std::string form(const char* service, const std::string& version,
                     const std::vector<std::pair<std::string, std::string>>& fields,
                     const sigv4::credentials& who = key("111122223333")) {
        std::string text = "Version=" + version;
        for (const auto& [name, value] : fields) text += "&" + name + "=" + percent_encode(value);
        return call(form_request(text), who, service).body;
    }
    std::string iam(std::vector<std::pair<std::string, std::string>> fields) {
        return form("iam", "2010-05-08", fields);
    }
    static std::string without_request_id(std::string xml) {
        const auto at = xml.find("<ResponseMetadata>");
        return at == std::string::npos ? xml : xml.substr(0, at);
    }
    void control(const std::string& path, const std::string& body) {
        http::request r;
        r.target = "/_trainyard/" + path;
        r.fields = {{"Host", to.authority()}};
        r.body = body;
        EXPECT_EQ(send(r).status, 200);
    }
    void advance(int seconds) { control("clock/advance", R"({"seconds":)" + std::to_string(seconds) + "}"); }

    // What every service tells of what it has.
    std::vector<std::string> everything(const std::string& execution) {
        std::vector<std::string> out;
        for (const auto& [operation, body] : std::vector<std::pair<std::string, std::string>>{
                 {"ListTrainingJobs", R"({"MaxResults":100})"},
                 {"DescribeTrainingJob", R"({"TrainingJobName":"a"})"},
                 {"DescribeTrainingJob", R"({"TrainingJobName":"stopped"})"},
                 {"DescribeTrainingJob", R"({"TrainingJobName":"pool"})"},
                 {"DescribeHyperParameterTuningJob", R"({"HyperParameterTuningJobName":"t"})"},
                 {"ListTrainingJobsForHyperParameterTuningJob", R"({"HyperParameterTuningJobName":"t"})"},
                 {"DescribeProcessingJob", R"({"ProcessingJobName":"p"})"},
                 {"DescribeTransformJob", R"({"TransformJobName":"tr"})"},
                 {"DescribeModel", R"({"ModelName":"m"})"},
                 {"ListEndpointConfigs", "{}"},
                 {"DescribeEndpoint", R"({"EndpointName":"e"})"},
                 {"DescribePipeline", R"({"PipelineName":"p"})"},
                 {"ListPipelineExecutions", R"({"PipelineName":"p"})"},
                 {"ListPipelineExecutionSteps", R"({"PipelineExecutionArn":")" + execution + "\"}"},
                 {"ListTrainingPlans", "{}"},
                 {"ListTags",
                  R"({"ResourceArn":"arn:aws:sagemaker:us-east-1:111122223333:processing-job/p"})"},
                 {"ListTags", R"({"ResourceArn":"arn:aws:sagemaker:us-east-1:111122223333:model/m"})"}})
            out.push_back(sagemaker(operation, body));
        for (const auto& [operation, body] : std::vector<std::pair<std::string, std::string>>{
                 {"ListEventBuses", "{}"},
                 {"DescribeEventBus", R"({"Name":"other"})"},
                 {"DescribeRule", R"({"Name":"r"})"},
                 {"ListTargetsByRule", R"({"Rule":"r"})"},
                 {"DescribeRule", R"({"Name":"timed"})"},
                 {"ListTagsForResource",
                  R"({"ResourceARN":"arn:aws:events:us-east-1:111122223333:rule/r"})"}})
            out.push_back(ok("events", "AWSEvents." + operation, body));
        for (const auto& [operation, body] : std::vector<std::pair<std::string, std::string>>{
                 {"ListRequestedServiceQuotaChangeHistory", "{}"},
                 {"GetServiceQuota", R"({"ServiceCode":"sqs","QuotaCode":"L-06F64AC3"})"}})
            out.push_back(ask("servicequotas", "ServiceQuotasV20190624." + operation, body));
        for (const auto& fields : std::vector<std::vector<std::pair<std::string, std::string>>>{
                 {{"Action", "GetRole"}, {"RoleName", "train"}},
                 {{"Action", "ListAttachedRolePolicies"}, {"RoleName", "train"}},
                 {{"Action", "GetRolePolicy"}, {"RoleName", "train"}, {"PolicyName", "inline"}},
                 {{"Action", "GetPolicyVersion"},
                  {"PolicyArn", "arn:aws:iam::111122223333:policy/mine"},
                  {"VersionId", "v2"}},
                 {{"Action", "ListAccessKeys"}, {"UserName", "ann"}},
                 {{"Action", "ListOpenIDConnectProviders"}}})
            out.push_back(without_request_id(iam(fields)));
        return out;
    }

    // Something of everything. Gives the ARN of an execution.
    std::string populate() {
        ok("sqs", "AmazonSQS.CreateQueue",
           R"({"QueueName":"q","Attributes":{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":)"
           R"({\"Service\":\"events.amazonaws.com\"},\"Action\":\"sqs:SendMessage\"}]}"}})");
        ok("events", "AWSEvents.CreateEventBus", R"({"Name":"other","Description":"d"})");
        ok("events", "AWSEvents.PutPermission",
           R"({"EventBusName":"other","StatementId":"s","Action":"events:PutEvents","Principal":"222233334444"})");
        ok("events", "AWSEvents.PutRule",
           R"({"Name":"r","EventPattern":"{\"source\":[\"aws.sagemaker\"],\"detail\":{\"TrainingJobStatus\":)"
           R"([\"Completed\"]}}","Tags":[{"Key":"k","Value":"v"}]})");
        ok("events", "AWSEvents.PutTargets",
           R"({"Rule":"r","Targets":[{"Id":"1","Arn":")" + queue_arn + "\"}]}");
        ok("events", "AWSEvents.PutRule", R"_({"Name":"timed","ScheduleExpression":"rate(2 hours)"})_");
        const std::string trust =
            R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"*","Service":"sagemaker.amazonaws.com"},)"
            R"("Action":"sts:AssumeRole"}]})";
        const std::string allow =
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*",)"
            R"("Condition":{"StringLike":{"aws:username":"a*"}}}]})";
        iam({{"Action", "CreateRole"}, {"RoleName", "train"}, {"AssumeRolePolicyDocument", trust}});
        iam({{"Action", "CreatePolicy"}, {"PolicyName", "mine"}, {"PolicyDocument", allow}});
        const std::string mine = "arn:aws:iam::111122223333:policy/mine";
        iam({{"Action", "CreatePolicyVersion"}, {"PolicyArn", mine}, {"PolicyDocument", allow}});
        iam({{"Action", "AttachRolePolicy"}, {"RoleName", "train"}, {"PolicyArn", mine}});
        iam({{"Action", "PutRolePolicy"},
             {"RoleName", "train"},
             {"PolicyName", "inline"},
             {"PolicyDocument", allow}});
        iam({{"Action", "CreateUser"}, {"UserName", "ann"}});
        iam({{"Action", "CreateOpenIDConnectProvider"}, {"Url", "https://id.example.com"}});
        sagemaker("CreateTrainingJob", training("a", R"(,"Tags":[{"Key":"k","Value":"v"}])"));
        sagemaker("CreateTrainingJob", training("stopped"));
        std::string kept = training("pool");
        kept.replace(kept.find(R"("VolumeSizeInGB":1)"), 18,
                     R"("VolumeSizeInGB":1,"KeepAlivePeriodInSeconds":600)");
        sagemaker("CreateTrainingJob", kept);
        sagemaker("StopTrainingJob", R"({"TrainingJobName":"stopped"})");
        sagemaker("CreateHyperParameterTuningJob", tuning);
        sagemaker(
            "CreateProcessingJob",
            R"({"ProcessingJobName":"p","ProcessingResources":{"ClusterConfig":{"InstanceType":)"
            R"("ml.m5.large","InstanceCount":1,"VolumeSizeInGB":1}},"AppSpecification":{"ImageUri":"i"},)" +
                role + "}");
        sagemaker("AddTags", R"({"ResourceArn":"arn:aws:sagemaker:us-east-1:111122223333:processing-job/p",)"
                             R"("Tags":[{"Key":"late","Value":"v"}]})");
        sagemaker("CreateModel",
                  R"({"ModelName":"m","ExecutionRoleArn":"arn:aws:iam::111122223333:role/train",)"
                  R"("PrimaryContainer":{"Image":"i"}})");
        sagemaker("AddTags", R"({"ResourceArn":"arn:aws:sagemaker:us-east-1:111122223333:model/m",)"
                             R"("Tags":[{"Key":"late","Value":"v"}]})");
        sagemaker(
            "CreateTransformJob",
            R"({"TransformJobName":"tr","ModelName":"m","TransformInput":{"DataSource":{"S3DataSource":)"
            R"({"S3DataType":"S3Prefix","S3Uri":"s3://b/i"}}},"TransformOutput":{"S3OutputPath":"s3://b/o"},)"
            R"("TransformResources":{"InstanceType":"ml.m5.large","InstanceCount":1}})");
        sagemaker("CreateEndpointConfig",
                  R"({"EndpointConfigName":"c","ProductionVariants":[{"VariantName":"v","ModelName":"m",)"
                  R"("InstanceType":"ml.m5.large","InitialInstanceCount":1}]})");
        sagemaker("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
        sagemaker("CreatePipeline", pipeline);
        const std::string started =
            sagemaker("StartPipelineExecution",
                      R"({"PipelineName":"p","ClientRequestToken":"22222222222222222222222222222222"})");
        const auto at = started.find("arn:");
        return started.substr(at, started.find('"', at) - at);
    }

    world_options options;

private:
    fs::path directory_;
    int kills_ = 0;
};

TEST_F(data_services, everything_is_there_again_at_any_moment) {
    open(options);
    const std::string execution = populate();
    for (const int seconds : {0, 1, 3, 40, 100, 7'200}) {
        SCOPED_TRACE(seconds);
        advance(seconds);
        const auto before = everything(execution);
        kill();
        const auto after = everything(execution);
        ASSERT_EQ(before.size(), after.size());
        for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i], after[i]);
    }
    EXPECT_THAT(sagemaker("DescribeTrainingJob", R"({"TrainingJobName":"a"})"), HasSubstr("Completed"));
    EXPECT_THAT(sagemaker("DescribeHyperParameterTuningJob", R"({"HyperParameterTuningJobName":"t"})"),
                HasSubstr(R"("HyperParameterTuningJobStatus":"Completed")"));
    EXPECT_THAT(sagemaker("DescribeEndpoint", R"({"EndpointName":"e"})"), HasSubstr("InService"));
}

// The times at which things happen fall between two kills, so that timers alone write them.
TEST_F(data_services, work_goes_on_and_is_told_once) {
    open(options);
    populate();
    std::string seen;
    for (int i = 0; i < 12; ++i) {
        kill();
        advance(11);
        seen += ok("sqs", "AmazonSQS.ReceiveMessage",
                   R"({"QueueUrl":"q","MaxNumberOfMessages":10,"VisibilityTimeout":40000})");
    }
    // Of the training jobs a and pool and of four trials, and the callback of the pipeline's step.
    EXPECT_EQ(served->stats().messages, 7U) << seen;
    for (const char* name :
         {"training-job/a", "training-job/pool", "training-job/t-001-", "training-job/t-004-"})
        EXPECT_THAT(seen, HasSubstr(name));
    EXPECT_THAT(seen, Not(HasSubstr("training-job/stopped")));
}

TEST_F(data_services, instances_in_use_and_limits_that_were_raised_still_count) {
    options.instance_limit = 3;
    open(options);
    sagemaker("CreateTrainingJob", training("a"));
    sagemaker("CreateTrainingJob", training("b"));
    sagemaker("CreateTrainingJob", training("c"));
    kill();
    EXPECT_THAT(ask("sagemaker", "SageMaker.CreateTrainingJob", training("d")),
                HasSubstr("with current utilization of 3 Instances"));
    const std::string quotas =
        ok("servicequotas", "ServiceQuotasV20190624.ListServiceQuotas", R"({"ServiceCode":"sagemaker"})");
    EXPECT_FALSE(quotas.empty());
    advance(100);
    kill();
    sagemaker("CreateTrainingJob", training("d"));
}

TEST_F(data_services, sessions_and_keys_still_sign) {
    open(options);
    populate();
    const std::string made = iam({{"Action", "CreateAccessKey"}, {"UserName", "ann"}});
    const auto ann = key(between(made, "AccessKeyId"), between(made, "SecretAccessKey"));
    const std::string assumed = form("sts", "2011-06-15",
                                     {{"Action", "AssumeRole"},
                                      {"RoleArn", "arn:aws:iam::111122223333:role/train"},
                                      {"RoleSessionName", "ses"}});
    auto session = key(between(assumed, "AccessKeyId"), between(assumed, "SecretAccessKey"));
    session.session_token = secret{between(assumed, "SessionToken")};
    kill();
    EXPECT_THAT(call(form_request(identity_form), ann, "sts").body, HasSubstr(":user/ann"));
    EXPECT_THAT(call(form_request(identity_form), session, "sts").body, HasSubstr("assumed-role/train/ses"));
    advance(3'700);
    kill();
    EXPECT_THAT(call(form_request(identity_form), session, "sts").body, HasSubstr("Expired"));
}

TEST_F(data_services, what_is_deleted_stays_deleted) {
    open(options);
    populate();
    advance(200);
    sagemaker("DeleteTrainingJob", R"({"TrainingJobName":"a"})");
    sagemaker("DeleteProcessingJob", R"({"ProcessingJobName":"p"})");
    sagemaker("DeleteModel", R"({"ModelName":"m"})");
    sagemaker("DeleteEndpoint", R"({"EndpointName":"e"})");
    ok("events", "AWSEvents.RemoveTargets", R"({"Rule":"r","Ids":["1"]})");
    ok("events", "AWSEvents.DeleteRule", R"({"Name":"r"})");
    ok("events", "AWSEvents.DeleteEventBus", R"({"Name":"other"})");
    advance(100);
    kill();
    EXPECT_THAT(ask("sagemaker", "SageMaker.DescribeTrainingJob", R"({"TrainingJobName":"a"})"),
                HasSubstr("400"));
    EXPECT_THAT(ask("sagemaker", "SageMaker.DescribeProcessingJob", R"({"ProcessingJobName":"p"})"),
                HasSubstr("400"));
    EXPECT_EQ(sagemaker("ListModels", "{}"), R"({"Models":[]})");
    EXPECT_EQ(sagemaker("ListEndpoints", "{}"), R"({"Endpoints":[]})");
    EXPECT_THAT(ask("events", "AWSEvents.DescribeRule", R"({"Name":"r"})"), HasSubstr("400"));
    EXPECT_THAT(ok("events", "AWSEvents.ListEventBuses", "{}"), Not(HasSubstr("other")));
    sagemaker("CreateTrainingJob", training("a"));
}

}  // namespace
}  // namespace trainyard::aws::local

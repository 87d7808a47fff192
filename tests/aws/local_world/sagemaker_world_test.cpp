// SageMaker within the world: its changes of state reach EventBridge, its pipelines reach queues.
#include "engine/base/json.hpp"
#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

class sagemaker_world : public local_world {
protected:
    void begin(const std::string& service) {
        world_options options;
        options.control = true;
        open(std::move(options));
        const std::string policy = service.empty()
                                       ? ""
                                       : R"(,"Attributes":{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",)"
                                         R"(\"Principal\":{\"Service\":\")" +
                                             service + R"(\"},\"Action\":\"sqs:SendMessage\"}]}"})";
        ask("sqs", "AmazonSQS.CreateQueue", R"({"QueueName":"q")" + policy + "}");
    }
    std::string ask(const char* service, const std::string& target, const std::string& body) {
        const http::response r = call(json_request(target, body), key("111122223333"), service);
        EXPECT_EQ(r.status, 200) << target << r.body;
        return r.body;
    }
    std::string sagemaker(const std::string& operation, const std::string& body) {
        return ask("sagemaker", "SageMaker." + operation, body);
    }
    void advance(int seconds) {
        http::request r;
        r.method = "POST";
        r.target = "/_trainyard/clock/advance";
        r.fields.add("Host", to.authority());
        r.body = R"({"seconds":)" + std::to_string(seconds) + "}";
        EXPECT_EQ(send(r).status, 200);
    }
    std::string receive() {
        return ask("sqs", "AmazonSQS.ReceiveMessage", R"({"QueueUrl":"q","MaxNumberOfMessages":10})");
    }
};

TEST_F(sagemaker_world, eventbridge_hears_of_jobs_in_their_time) {
    begin("events.amazonaws.com");
    ask("events", "AWSEvents.PutRule",
        R"({"Name":"r","EventPattern":"{\"source\":[\"aws.sagemaker\"],\"detail\":{\"ProcessingJobStatus\":[\"Completed\"]}}"})");
    ask("events", "AWSEvents.PutTargets",
        R"({"Rule":"r","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"}]})");
    sagemaker(
        "CreateProcessingJob",
        R"({"ProcessingJobName":"p","ProcessingResources":{"ClusterConfig":{"InstanceType":"ml.m5.large",)"
        R"("InstanceCount":1,"VolumeSizeInGB":1}},"AppSpecification":{"ImageUri":"i"},)"
        R"("RoleArn":"arn:aws:iam::111122223333:role/r"})");
    advance(30);
    EXPECT_EQ(receive().find("processing-job/p"), std::string::npos);
    advance(60);
    EXPECT_THAT(receive(), HasSubstr("SageMaker Processing Job State Change"));
}

TEST_F(sagemaker_world, a_callback_step_sends_to_its_queue) {
    begin("");
    sagemaker(
        "CreatePipeline",
        R"({"PipelineName":"p","ClientRequestToken":"11111111111111111111111111111111",)"
        R"("RoleArn":"arn:aws:iam::111122223333:role/r","PipelineDefinition":"{\"Version\":\"2020-12-01\",\"Steps\":)"
        R"([{\"Name\":\"c\",\"Type\":\"Callback\",\"SqsQueueUrl\":\"http://localhost/111122223333/q\",\"Arguments\":{},)"
        R"(\"OutputParameters\":[]}]}"})");
    sagemaker("StartPipelineExecution",
              R"({"PipelineName":"p","ClientRequestToken":"22222222222222222222222222222222"})");
    advance(5);
    EXPECT_THAT(receive(), HasSubstr("token"));
}

}  // namespace
}  // namespace trainyard::aws::local

// Rules of what befalls jobs: from a file, and by the control API.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/base/json.hpp"
#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

class job_rules_of_a_world : public local_world {
protected:
    ~job_rules_of_a_world() override { std::filesystem::remove(file); }
    world_options with_rules(const std::string& rules) {
        std::ofstream{file} << rules;
        world_options out;
        out.control = true;
        out.rules_file = file.string();
        return out;
    }
    http::response control(std::string method, const std::string& path, std::string body = "") {
        http::request r;
        r.method = std::move(method);
        r.target = "/_trainyard/" + path;
        r.fields = {{"Host", to.authority()}};
        r.body = std::move(body);
        return send(std::move(r));
    }
    // The reason of a job that was made now and has run for an hour.
    std::string failure_of(const std::string& name) {
        std::string body = create_body;
        body.replace(body.find(R"("a")"), 3, "\"" + name + "\"");
        EXPECT_EQ(call(json_request("SageMaker.CreateTrainingJob", body), key("test"), "sagemaker").status,
                  200);
        time.advance(1h);
        const std::string answer =
            call(json_request("SageMaker.DescribeTrainingJob", R"({"TrainingJobName":")" + name + "\"}"),
                 key("test"), "sagemaker")
                .body;
        const auto described = json::document::parse(answer);
        return std::string{described->root().find("FailureReason").string().value_or("none")};
    }
    std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("job-rules-" + std::to_string(::getpid()) + ".json");
};

TEST_F(job_rules_of_a_world, come_from_a_file_and_change_by_the_control_api) {
    open(with_rules(R"({"rules":[{"effect":"client","text":"by file"}]})"));
    EXPECT_EQ(failure_of("a"), "ClientError: by file");
    const auto put =
        control("PUT", "sagemaker/rules", R"([{"effect":"algorithm","text":"by hand","name":"b*"}])");
    EXPECT_EQ(put.status, 200) << put.body;
    EXPECT_EQ(control("GET", "sagemaker/rules").body,
              R"({"rules":[{"effect":"algorithm","name":"b*","probability":1,"text":"by hand"}]})");
    EXPECT_EQ(failure_of("b"), "AlgorithmError: by hand");
    EXPECT_EQ(failure_of("c"), "none");
    const auto wrong = control("PUT", "sagemaker/rules", R"([{"effect":"client"},{"effect":"explode"}])");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_THAT(wrong.body, HasSubstr("rule 2: effect"));
    EXPECT_EQ(failure_of("b2"), "AlgorithmError: by hand") << "nothing changed";
    EXPECT_THAT(control("DELETE", "sagemaker/rules").body, HasSubstr("by file"));
    EXPECT_EQ(failure_of("d"), "ClientError: by file");
    control("PUT", "sagemaker/rules", "[]");
    control("POST", "reset");
    EXPECT_EQ(failure_of("a"), "ClientError: by file") << "a world that begins anew has its file's rules";
}

TEST_F(job_rules_of_a_world, a_wrong_file_names_the_member) {
    for (const auto& [rules, text] :
         {std::pair{R"([{"effect":"capacity","typo":1}])", "rule 1: typo"},
          {R"([{"effect":"slow_start","after_seconds":-1}])", "rule 1: after_seconds"},
          {R"({"rule":[]})", "must be a JSON array"},
          {"[", "job rules '"}}) {
        served.emplace(io, time, with_rules(rules), registry);
        const auto port = served->listen("127.0.0.1", 0);
        ASSERT_FALSE(port.has_value());
        EXPECT_THAT(port.error().message, HasSubstr(text));
        EXPECT_THAT(port.error().message, HasSubstr(file.string()));
        served.reset();
    }
    world_options nowhere;
    nowhere.rules_file = "/nowhere/rules.json";
    served.emplace(io, time, nowhere, registry);
    EXPECT_EQ(served->listen("127.0.0.1", 0).error().code, errc::io);
    served.reset();
}

TEST_F(job_rules_of_a_world, a_limit_of_an_unknown_use_is_refused) {
    world_options options;
    options.instance_limits = {{"*/*/ml.m5.large/spare time", 1}};
    served.emplace(io, time, options, registry);
    EXPECT_THAT(served->listen("127.0.0.1", 0).error().message,
                HasSubstr("the use is none of training job usage, spot training job usage"));
    served.reset();
}

TEST_F(job_rules_of_a_world, a_limit_of_one_use) {
    world_options options;
    options.instance_limits = {{"*/*/ml.m5.large/training job usage", 0}};
    open(options);
    EXPECT_THAT(call(json_request("SageMaker.CreateTrainingJob", create_body), key("test"), "sagemaker").body,
                HasSubstr("'ml.m5.large for training job usage' is 0 Instances"));
}

}  // namespace
}  // namespace trainyard::aws::local

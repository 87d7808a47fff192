// One guard before every operation: asked once, after the model's constraints and before anything else.
#include "tests/aws/local_sagemaker/training_fixture.hpp"

namespace trainyard::aws::local {
namespace {

struct asked_guard {
    std::vector<std::string> asked;
    std::optional<service_error> answer;
    sagemaker_options options() {
        sagemaker_options out;
        out.guard = [this](const operation_call& c) {
            asked.push_back(c.operation);
            return answer;
        };
        return out;
    }
};

class sagemaker_guard : protected asked_guard, public service_fixture {
protected:
    sagemaker_guard() : service_fixture(options()) {}
};

TEST_F(sagemaker_guard, is_asked_once_for_each_call) {
    ok("CreateTrainingJob", create_text("a"));
    EXPECT_EQ(asked, std::vector<std::string>{"CreateTrainingJob"});
    answer = service_error{400, "AccessDeniedException", "", "not authorized to perform: iam:PassRole", true};
    EXPECT_EQ(refusal("CreateTrainingJob", create_text("b")),
              "AccessDeniedException: not authorized to perform: iam:PassRole");
    EXPECT_EQ(refusal("CreateTrainingJob", create_text("a")),
              "AccessDeniedException: not authorized to perform: iam:PassRole")
        << "before the name is looked at";
}

TEST_F(sagemaker_guard, what_breaks_the_model_is_told_first) {
    answer = service_error{400, "AccessDeniedException", "", "no", true};
    EXPECT_EQ(refusal("CreateTrainingJob", R"({"TrainingJobName":"a"})").substr(0, 20),
              "ValidationException:");
    EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace trainyard::aws::local

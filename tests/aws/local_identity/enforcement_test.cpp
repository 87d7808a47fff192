// What operations need, and who has it: least-privilege documents against the evaluator.
#include "tests/aws/local_identity/iam_fixture.hpp"

namespace trainyard::aws::local {
namespace {

class enforcement_test : public iam_fixture {
protected:
    // "allowed", or the text of the refusal, of a call of a service.
    std::string asked(const std::string& service, const principal& caller, const std::string& operation,
                      const std::string& input) {
        const auto parsed = json::document::parse(input);
        EXPECT_TRUE(parsed) << input;
        const operation_call c{operation, parsed->root(), caller, region_name{"eu-west-1"}, "http://h", now};
        return forbidden(checked, service, c, store).value_or("allowed");
    }
    std::string needs(const std::string& service, const std::string& operation, const std::string& input) {
        const auto parsed = json::document::parse(input);
        const operation_call c{operation, parsed->root(), who, region_name{"eu-west-1"}, "http://h", now};
        std::string out;
        for (const access& a : required_access(service, c, store))
            out.append(out.empty() ? "" : "; ").append(a.action).append(" ").append(a.resource);
        return out;
    }
    principal session(const std::string& role) {
        return session_of(ok("AssumeRole", R"({"RoleSessionName":"s1","RoleArn":")" + role + "\"}"));
    }
};

TEST_F(enforcement_test, what_operations_need) {
    create_role("train", trusts(R"({"Service":"sagemaker.amazonaws.com"})"), R"(,"Path":"/ml/")");
    const std::string here = ":eu-west-1:111122223333:";
    struct row {
        const char *service, *operation, *input;
        std::string needs;
    };
    const row rows[] = {
        {"sqs", "CreateQueue", R"({"QueueName":"q"})", "sqs:CreateQueue arn:aws:sqs" + here + "q"},
        {"sqs", "ListQueues", "{}", "sqs:ListQueues arn:aws:sqs" + here + "*"},
        {"sqs", "SendMessage", R"({"QueueUrl":"q"})", ""},
        {"sagemaker", "CreateTrainingJob", R"({"TrainingJobName":"a"})",
         "sagemaker:CreateTrainingJob arn:aws:sagemaker" + here + "training-job/a"},
        {"sagemaker", "CreateTrainingJob", R"({"TrainingJobName":"a","Tags":[{"Key":"k","Value":"v"}]})",
         "sagemaker:CreateTrainingJob arn:aws:sagemaker" + here +
             "training-job/a; sagemaker:AddTags arn:aws:sagemaker" + here + "training-job/a"},
        {"sagemaker", "ListTrainingJobs", "{}", "sagemaker:ListTrainingJobs *"},
        {"sagemaker", "DescribeHyperParameterTuningJob", R"({"HyperParameterTuningJobName":"t"})",
         "sagemaker:DescribeHyperParameterTuningJob arn:aws:sagemaker" + here +
             "hyper-parameter-tuning-job/t"},
        {"sagemaker", "CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})",
         "sagemaker:CreateEndpoint arn:aws:sagemaker" + here + "endpoint/e"},
        {"sagemaker", "StartPipelineExecution", R"({"PipelineName":"p"})",
         "sagemaker:StartPipelineExecution arn:aws:sagemaker" + here + "pipeline/p"},
        {"sagemaker", "StopPipelineExecution",
         R"({"PipelineExecutionArn":"arn:aws:sagemaker:x:1:pipeline/p/execution/e"})",
         "sagemaker:StopPipelineExecution arn:aws:sagemaker:x:1:pipeline/p/execution/e"},
        {"sagemaker", "ListTags", R"({"ResourceArn":"arn:aws:sagemaker:x:1:training-job/a"})",
         "sagemaker:ListTags arn:aws:sagemaker:x:1:training-job/a"},
        {"iam", "GetRole", R"({"RoleName":"train"})", "iam:GetRole arn:aws:iam::111122223333:role/ml/train"},
        {"iam", "CreateRole", R"({"RoleName":"new","Path":"/a/","Tags":[{"Key":"k","Value":"v"}]})",
         "iam:CreateRole arn:aws:iam::111122223333:role/a/new; iam:TagRole "
         "arn:aws:iam::111122223333:role/a/new"},
        {"iam", "ListRoles", "{}", "iam:ListRoles *"},
        {"iam", "GetUser", "{}", "iam:GetUser arn:aws:iam::111122223333:user/local"},
        {"iam", "GetPolicy", R"({"PolicyArn":"arn:aws:iam::aws:policy/X"})",
         "iam:GetPolicy arn:aws:iam::aws:policy/X"},
        {"events", "PutRule", R"({"Name":"r"})", "events:PutRule arn:aws:events" + here + "rule/r"},
        {"events", "PutTargets", R"({"Rule":"r","EventBusName":"b"})",
         "events:PutTargets arn:aws:events" + here + "rule/b/r"},
        {"events", "PutEvents", R"({"Entries":[{"Source":"s"},{"EventBusName":"b"}]})",
         "events:PutEvents arn:aws:events" + here + "event-bus/default; events:PutEvents arn:aws:events" +
             here + "event-bus/b"},
        {"servicequotas", "RequestServiceQuotaIncrease", R"({"ServiceCode":"sagemaker","QuotaCode":"L-1"})",
         "servicequotas:RequestServiceQuotaIncrease arn:aws:servicequotas" + here + "sagemaker/L-1"},
        {"servicequotas", "ListServices", "{}", "servicequotas:ListServices *"},
        {"sts", "GetCallerIdentity", "{}", ""},
        {"sts", "AssumeRole", "{}", ""},
    };
    for (const row& r : rows) EXPECT_EQ(needs(r.service, r.operation, r.input), r.needs) << r.operation;
}

// The role that a scheduler has in a spoke account.
TEST_F(enforcement_test, least_privilege_of_a_spoke) {
    const std::string spoke = create_role("spoke", trusts(R"({"AWS":"111122223333"})"));
    put_role_policy(
        "spoke",
        R"({"Sid":"StartTraining","Effect":"Allow","Action":"sagemaker:CreateTrainingJob",)"
        R"("Resource":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/ty-*","Condition":{)"
        R"("ForAllValues:StringLike":{"sagemaker:InstanceTypes":["ml.g5.*","ml.m5.*"]},)"
        R"("Null":{"sagemaker:InstanceTypes":"false"},)"
        R"("NumericLessThanEquals":{"sagemaker:MaxRuntimeInSeconds":"432000"},)"
        R"("StringEquals":{"aws:RequestTag/trainyard:owner":"me"},"BoolIfExists":{"sagemaker:EnableRemoteDebug":"false"}}},)"
        R"({"Sid":"TagOnCreateOnly","Effect":"Allow","Action":"sagemaker:AddTags",)"
        R"("Resource":"arn:aws:sagemaker:eu-west-1:111122223333:*/ty-*",)"
        R"("Condition":{"StringEquals":{"sagemaker:TaggingAction":["CreateTrainingJob"]}}},)"
        R"({"Sid":"Watch","Effect":"Allow","Action":["sagemaker:DescribeTrainingJob"],)"
        R"("Resource":"arn:aws:sagemaker:eu-west-1:111122223333:*/ty-*"},)"
        R"({"Sid":"PassOnlyJobRoles","Effect":"Allow","Action":"iam:PassRole",)"
        R"("Resource":"arn:aws:iam::111122223333:role/ty-exec-*",)"
        R"("Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}},)"
        R"({"Sid":"NamesAreForever","Effect":"Deny","Action":"sagemaker:Delete*","Resource":"*"})");
    const principal s = session(spoke);
    const auto create = [](const char* name, const char* type, int seconds, const char* owner,
                           const char* more = "") {
        return fmt::format(
            R"({{"TrainingJobName":"{}","ResourceConfig":{{"InstanceType":"{}"}},"StoppingCondition":)"
            R"({{"MaxRuntimeInSeconds":{}}},"Tags":[{{"Key":"trainyard:owner","Value":"{}"}}]{}}})",
            name, type, seconds, owner, more);
    };
    const auto starts = [&](const std::string& input) {
        return asked("sagemaker", s, "CreateTrainingJob", input);
    };
    EXPECT_EQ(starts(create("ty-a", "ml.g5.xlarge", 86400, "me")), "allowed");
    EXPECT_EQ(starts(create("a", "ml.g5.xlarge", 86400, "me")),
              "User: arn:aws:sts::111122223333:assumed-role/spoke/s1 is not authorized to perform: "
              "sagemaker:CreateTrainingJob on resource: "
              "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a because "
              "no identity-based policy allows the sagemaker:CreateTrainingJob action");
    EXPECT_NE(starts(create("ty-a", "ml.p4d.24xlarge", 86400, "me")), "allowed");
    EXPECT_NE(starts(create("ty-a", "ml.g5.xlarge", 432001, "me")), "allowed");
    EXPECT_NE(starts(create("ty-a", "ml.g5.xlarge", 86400, "you")), "allowed");
    const char* const debug = R"(,"RemoteDebugConfig":{"EnableRemoteDebug":true})";
    EXPECT_NE(starts(create("ty-a", "ml.g5.xlarge", 86400, "me", debug)), "allowed");
    EXPECT_NE(starts(R"({"TrainingJobName":"ty-a","Tags":[{"Key":"trainyard:owner","Value":"me"}]})"),
              "allowed");
    EXPECT_EQ(asked("sagemaker", s, "DescribeTrainingJob", R"({"TrainingJobName":"ty-a"})"), "allowed");
    EXPECT_NE(asked("sagemaker", s, "AddTags",
                    R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/ty-a"})"),
              "allowed");
    EXPECT_NE(
        asked("sagemaker", s, "DeleteTrainingJob", R"({"TrainingJobName":"ty-a"})").find("explicit deny"),
        std::string::npos);

    const auto passes = [&](const principal& caller, const std::string& role) {
        const std::string input = R"({"TrainingJobName":"ty-a","RoleArn":")" + role + "\"}";
        const auto parsed = json::document::parse(input);
        const operation_call c{"CreateTrainingJob",      parsed->root(), caller,
                               region_name{"eu-west-1"}, "http://h",     now};
        const auto refusal = refused_role(strict_trust, c);
        return refusal ? refusal->type + " " + refusal->message : "ok";
    };
    create_role("ty-exec-a", trusts(R"({"Service":"sagemaker.amazonaws.com"})",
                                    R"(,"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"},)"
                                    R"("ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:*:111122223333:*"}})"));
    create_role("ty-exec-b", trusts(R"({"Service":"ec2.amazonaws.com"})"));
    create_role("admin", trusts(R"({"Service":"sagemaker.amazonaws.com"})"));
    const std::string roles = "arn:aws:iam::111122223333:role/";
    EXPECT_EQ(passes(s, roles + "ty-exec-a"), "ok");
    EXPECT_EQ(passes(s, roles + "ty-exec-none"), "ok");  // nobody created it
    EXPECT_EQ(passes(s, roles + "ty-exec-b"),
              "ValidationException Could not assume role " + roles +
                  "ty-exec-b. Please ensure that the role exists and "
                  "allows principal 'sagemaker.amazonaws.com' to assume the role.");
    EXPECT_EQ(passes(s, roles + "admin"),
              "AccessDeniedException User: arn:aws:sts::111122223333:assumed-role/spoke/s1 is not authorized "
              "to perform: "
              "iam:PassRole on resource: " +
                  roles + "admin because no identity-based policy allows the iam:PassRole action");
    EXPECT_EQ(passes(who, roles + "admin"), "ok");
    options.role_delay = 5s;
    EXPECT_NE(passes(s, roles + "ty-exec-a"), "ok");
    now += 5s;
    EXPECT_EQ(passes(s, roles + "ty-exec-a"), "ok");
    options.strict_roles = true;
    EXPECT_NE(passes(s, roles + "ty-exec-none"), "ok");
}

TEST_F(enforcement_test, whose_permissions_a_caller_has) {
    EXPECT_EQ(may(who, "iam:CreateRole", "*"), "allowed");
    const principal unknown = session("arn:aws:iam::111122223333:role/unknown");
    EXPECT_EQ(may(unknown, "iam:CreateRole", "*"), "allowed");
    options.strict_roles = true;
    EXPECT_NE(may(unknown, "iam:CreateRole", "*"), "allowed");
    options.strict_roles = false;

    const std::string role =
        create_role("r", trusts(R"({"AWS":"111122223333"})"), R"(,"Tags":[{"Key":"team","Value":"a"}])");
    put_role_policy(
        "r", R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:PrincipalTag/team}/*"})");
    const principal of_role = session(role);
    EXPECT_EQ(may(of_role, "s3:GetObject", "arn:aws:s3:::a/x"), "allowed");
    EXPECT_NE(may(of_role, "s3:GetObject", "arn:aws:s3:::b/x"), "allowed");
    ok("PutRolePermissionsBoundary",
       R"({"RoleName":"r","PermissionsBoundary":"arn:aws:iam::aws:policy/AmazonSQSFullAccess"})");
    EXPECT_EQ(may(of_role, "s3:GetObject", "arn:aws:s3:::a/x"),
              "because no permissions boundary allows the s3:GetObject action");
    ok("DeleteRolePermissionsBoundary", R"({"RoleName":"r"})");
    EXPECT_EQ(may(of_role, "s3:GetObject", "arn:aws:s3:::a/x"), "allowed");
    ok("DeleteRolePolicy", R"({"RoleName":"r","PolicyName":"p"})");
    ok("DeleteRole", R"({"RoleName":"r"})");
    EXPECT_NE(may(of_role, "s3:GetObject", "arn:aws:s3:::a/x"), "allowed");
}

// A trust policy that names an account leaves it to that account's identity policies.
TEST_F(enforcement_test, assuming_takes_both_sides) {
    const std::string target = create_role("target", trusts(R"({"AWS":"111122223333"})"));
    const std::string named =
        create_role("named", trusts(R"({"AWS":"arn:aws:iam::111122223333:role/caller"})"));
    create_role("caller", trusts(R"({"AWS":"111122223333"})"));
    const principal caller = session("arn:aws:iam::111122223333:role/caller");
    const auto assumed = [&](const std::string& role) {
        const std::string input = R"({"RoleSessionName":"s2","RoleArn":")" + role + "\"}";
        const auto parsed = json::document::parse(input);
        const operation_call c{"AssumeRole", parsed->root(), caller, region_name{"eu-west-1"}, "http://h",
                               now};
        return static_cast<bool>(enforcing.handle(c));
    };
    EXPECT_FALSE(assumed(target));
    EXPECT_TRUE(assumed(named));
    put_role_policy("caller", R"({"Effect":"Allow","Action":"sts:AssumeRole","Resource":")" + target + "\"}");
    EXPECT_TRUE(assumed(target));
    put_role_policy("caller", R"({"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"})");
    EXPECT_FALSE(assumed(target));
    EXPECT_FALSE(assumed(named));
}

}  // namespace
}  // namespace trainyard::aws::local

// IAM over real HTTP: keys that it made sign requests, and its policies decide, in the words of each
// protocol.
#include <fmt/format.h>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

class permissions : public local_world {
protected:
    static world_options enforcing() {
        world_options out;
        out.identity.enforce = true;
        return out;
    }
    http::response iam(const std::string& operation,
                       const std::vector<std::pair<std::string, std::string>>& fields,
                       const sigv4::credentials& who = key("111122223333")) {
        std::string form = "Action=" + operation + "&Version=2010-05-08";
        for (const auto& [name, value] : fields) form += "&" + name + "=" + percent_encode(value);
        return call(form_request(form), who, "iam");
    }
    http::response sqs(const std::string& operation, const std::string& body, const sigv4::credentials& who) {
        return call(json_request("AmazonSQS." + operation, body), who, "sqs");
    }
    sigv4::credentials user(const std::string& name, const std::string& statements) {
        EXPECT_EQ(iam("CreateUser", {{"UserName", name}}).status, 200);
        const auto put =
            iam("PutUserPolicy",
                {{"UserName", name}, {"PolicyName", "p"}, {"PolicyDocument", policy(statements)}});
        EXPECT_EQ(put.status, 200) << put.body;
        const auto made = iam("CreateAccessKey", {{"UserName", name}}).body;
        return key(between(made, "AccessKeyId"), between(made, "SecretAccessKey"));
    }
    static std::string policy(const std::string& statements) {
        return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
    }
};

TEST_F(permissions, iam_in_xml) {
    open();
    const std::string trust = policy(
        R"({"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"})");
    const auto created = iam("CreateRole", {{"RoleName", "train"},
                                            {"AssumeRolePolicyDocument", trust},
                                            {"Tags.member.1.Key", "k"},
                                            {"Tags.member.1.Value", "v"}});
    EXPECT_EQ(created.status, 200) << created.body;
    EXPECT_THAT(created.body,
                HasSubstr(R"(<CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">)"));
    EXPECT_EQ(percent_decode(between(created.body, "AssumeRolePolicyDocument")), trust);
    EXPECT_EQ(between(created.body, "CreateDate"), "2025-11-24T16:00:00Z");
    const auto again = iam("CreateRole", {{"RoleName", "train"}, {"AssumeRolePolicyDocument", trust}});
    EXPECT_EQ(again.status, 409);
    EXPECT_THAT(again.body,
                HasSubstr("<Code>EntityAlreadyExists</Code><Message>Role with name train already exists."));
    const auto missing = iam("GetRole", {{"RoleName", "none"}});
    EXPECT_EQ(missing.status, 404);
    EXPECT_THAT(missing.body, HasSubstr("<Type>Sender</Type><Code>NoSuchEntity</Code>"));
    EXPECT_THAT(iam("ListRoles", {}).body, HasSubstr("<IsTruncated>false</IsTruncated>"));
    EXPECT_THAT(iam("CreateGroup", {{"GroupName", "g"}}).body, HasSubstr("<Code>InvalidAction</Code>"));
}

TEST_F(permissions, nothing_is_asked_unless_told_so) {
    open();
    const auto ann = user("ann", R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
    EXPECT_EQ(sqs("CreateQueue", R"({"QueueName":"q"})", ann).status, 200);
    auto wrong = ann;
    wrong.secret_access_key = secret{"test"};
    EXPECT_EQ(sqs("ListQueues", "{}", wrong).fields.get("x-amzn-query-error"),
              "SignatureDoesNotMatch;Sender");
    EXPECT_EQ(iam("UpdateAccessKey",
                  {{"UserName", "ann"}, {"AccessKeyId", ann.access_key_id}, {"Status", "Inactive"}})
                  .status,
              200);
    EXPECT_THAT(call(form_request(identity_form), ann, "sts").body, HasSubstr("InvalidClientTokenId"));
}

TEST_F(permissions, policies_decide_in_every_protocol) {
    open(enforcing());
    const auto ann =
        user("ann", R"({"Effect":"Allow","Action":["sqs:CreateQueue","sqs:SendMessage"],"Resource":"*"},)"
                    R"({"Effect":"Deny","Action":"sagemaker:*","Resource":"*"})");
    EXPECT_EQ(sqs("CreateQueue", R"({"QueueName":"q"})", ann).status, 200);
    EXPECT_EQ(sqs("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})", ann).status, 200);
    const auto receive = sqs("ReceiveMessage", R"({"QueueUrl":"q"})", ann);
    EXPECT_EQ(receive.fields.get("x-amzn-query-error"), "AccessDenied;Sender");
    EXPECT_THAT(
        receive.body,
        HasSubstr(
            "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: sqs:receivemessage on "
            "resource: arn:aws:sqs:us-east-1:111122223333:q because no identity-based policy allows the "
            "sqs:receivemessage action"));
    const auto list = sqs("ListQueues", "{}", ann);
    EXPECT_EQ(list.fields.get("x-amzn-query-error"), "AccessDenied;Sender");
    EXPECT_THAT(list.body, HasSubstr("sqs:ListQueues"));

    const auto job = call(json_request("SageMaker.ListTrainingJobs", "{}"), ann, "sagemaker");
    EXPECT_EQ(job.status, 400);
    EXPECT_THAT(job.body, HasSubstr(R"("__type":"AccessDeniedException")"));
    EXPECT_THAT(
        job.body,
        HasSubstr("is not authorized to perform: sagemaker:ListTrainingJobs with an explicit deny in an "
                  "identity-based policy"));
    const auto users = iam("ListUsers", {}, ann);
    EXPECT_EQ(users.status, 403);
    EXPECT_THAT(users.body,
                HasSubstr("<Code>AccessDenied</Code><Message>User: arn:aws:iam::111122223333:user/ann is not "
                          "authorized to perform: iam:ListUsers because"));
    EXPECT_EQ(call(form_request(identity_form), ann, "sts").status, 200);  // needs no permission
    EXPECT_EQ(iam("ListUsers", {}).status, 200);  // the built-in keys are administrators
}

TEST_F(permissions, a_queue_lets_in_whom_its_policy_names) {
    open(enforcing());
    const auto bob = user("bob", R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
    const auto owner = key("111122223333");
    EXPECT_EQ(sqs("CreateQueue", R"({"QueueName":"q"})", owner).status, 200);
    EXPECT_NE(sqs("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})", bob).status, 200);
    json::writer body;
    body.begin_object().member("QueueUrl", "q").key("Attributes").begin_object();
    body.member("Policy",
                policy(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},)"
                       R"("Action":"sqs:SendMessage","Resource":"*"})"));
    body.end_object().end_object();
    EXPECT_EQ(sqs("SetQueueAttributes", body.take(), owner).status, 200);
    EXPECT_EQ(sqs("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})", bob).status, 200);
    EXPECT_NE(sqs("ReceiveMessage", R"({"QueueUrl":"q"})", bob).status, 200);
}

TEST_F(permissions, an_event_bus_lets_in_whom_its_policy_names) {
    open(enforcing());
    const auto bob = user("bob", R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
    const auto ann = user("ann", R"({"Effect":"Allow","Action":"events:PutEvents","Resource":"*",)"
                                 R"("Condition":{"StringEquals":{"events:source":"mine"}}})");
    const auto events = [&](const std::string& operation, const std::string& body,
                            const sigv4::credentials& who) {
        return call(json_request("AWSEvents." + operation, body), who, "events");
    };
    const auto put = [&](const sigv4::credentials& who, const std::string& source) {
        return events("PutEvents",
                      R"({"Entries":[{"Source":")" + source + R"(","DetailType":"t","Detail":"{}"}]})", who);
    };
    EXPECT_EQ(put(bob, "mine").status, 400);
    EXPECT_THAT(put(bob, "mine").body, HasSubstr("AccessDeniedException"));
    EXPECT_EQ(put(ann, "mine").status, 200);
    EXPECT_EQ(put(ann, "other").status, 400) << "conditions see the entry";
    json::writer body;
    body.begin_object().member("EventBusName", "default");
    body.member(
        "Policy",
        policy(R"({"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},)"
               R"("Action":"events:PutEvents",)"
               R"("Resource":"arn:aws:events:us-east-1:111122223333:event-bus/default"})"));
    body.end_object();
    EXPECT_EQ(events("PutPermission", body.take(), key("111122223333")).status, 200);
    const auto let_in = put(bob, "mine");
    EXPECT_EQ(let_in.status, 200) << let_in.body;
    EXPECT_THAT(let_in.body, HasSubstr(R"("FailedEntryCount":0)"));
    EXPECT_EQ(events("ListRules", "{}", bob).status, 400);
}

TEST_F(permissions, roles_are_passed_to_sagemaker) {
    open(enforcing());
    const auto ann = user("ann", R"({"Effect":"Allow","Action":"sagemaker:*","Resource":"*"})");
    const auto refused = call(json_request("SageMaker.CreateTrainingJob", create_body), ann, "sagemaker");
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body,
                HasSubstr("is not authorized to perform: iam:PassRole on resource: "
                          "arn:aws:iam::111122223333:role/train because no identity-based policy allows"));
    EXPECT_EQ(iam("AttachUserPolicy",
                  {{"UserName", "ann"}, {"PolicyArn", "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}})
                  .status,
              200);
    EXPECT_EQ(call(json_request("SageMaker.CreateTrainingJob", create_body), ann, "sagemaker").status, 200);
    EXPECT_EQ(
        iam("CreateRole",
            {{"RoleName", "train"},
             {"AssumeRolePolicyDocument",
              policy(R"({"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"})")}})
            .status,
        200);
    const auto untrusted = call(json_request("SageMaker.CreateTrainingJob", create_body), ann, "sagemaker");
    EXPECT_THAT(untrusted.body,
                HasSubstr("Could not assume role arn:aws:iam::111122223333:role/train. Please ensure that "
                          "the role exists and allows principal 'sagemaker.amazonaws.com'"));
    EXPECT_EQ(served->creates().size(), 1U);
}

TEST_F(permissions, a_web_identity_needs_no_keys) {
    open();
    const auto part = [](std::string_view json_text) {
        std::string out = to_base64(json_text);
        while (out.ends_with('=')) out.pop_back();
        for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
        return out;
    };
    const std::string token =
        part(R"({"alg":"RS256"})") + "." +
        part(R"({"iss":"https://i.example.com","sub":"runner-1","aud":"a","exp":1764000900})") + ".eA";
    http::request r =
        form_request("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=ci&RoleArn=" +
                     percent_encode("arn:aws:iam::111122223333:role/ci") + "&WebIdentityToken=" + token);
    r.fields.set("Host", to.authority());
    const auto answer = send(std::move(r));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(between(answer.body, "SubjectFromWebIdentityToken"), "runner-1");
    sigv4::credentials session =
        key(between(answer.body, "AccessKeyId"), between(answer.body, "SecretAccessKey"));
    session.session_token = secret{between(answer.body, "SessionToken")};
    EXPECT_EQ(between(call(form_request(identity_form), session, "sts").body, "Arn"),
              "arn:aws:sts::111122223333:assumed-role/ci/ci");
    time.advance(2h);
    const auto expired = call(form_request(identity_form), session, "sts");
    EXPECT_EQ(expired.status, 403);
    EXPECT_THAT(expired.body, HasSubstr("<Code>ExpiredToken</Code>"));
}

}  // namespace
}  // namespace trainyard::aws::local

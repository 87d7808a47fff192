// Move tasks and permissions as operations.
#include <chrono>

#include "aws/local/sqs/sqs_operations.hpp"
#include "engine/base/encoding.hpp"
#include "sqs_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using std::string_literals::operator""s;

const std::string invalid =
    "400 com.amazon.coral.service#InvalidParameterValueException InvalidParameterValue ";
const std::string missing =
    "400 com.amazon.coral.service#MissingRequiredParameterException MissingParameter ";
const std::string not_found = "404 com.amazonaws.sqs#ResourceNotFoundException ResourceNotFoundException ";
const std::string over_limit = "403 com.amazonaws.sqs#OverLimit OverLimit ";
const std::string denied = "403 com.amazon.coral.service#AccessDeniedException AccessDenied User: ";

std::string arn(const std::string& name) {
    return "arn:aws:sqs:us-east-1:111122223333:" + name;
}

struct redrive_service_test : sqs_fixture {
    redrive_service_test() {
        ok("CreateQueue", R"({"QueueName":"dead"})");
        ok("CreateQueue",
           R"({"QueueName":"work","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\")" + arn("dead") +
               R"(\",\"maxReceiveCount\":1}"}})");
        ok("CreateQueue", R"({"QueueName":"f.fifo","Attributes":{"FifoQueue":"true"}})");
    }
    // `n` messages of work are received once and given up.
    void give_up(int n) {
        for (int i = 0; i < n; ++i)
            ok("SendMessage", R"({"QueueUrl":"work","MessageBody":"m)" + std::to_string(i) + "\"}");
        const std::string all = R"({"QueueUrl":"work","VisibilityTimeout":0,"MaxNumberOfMessages":10})";
        ok("ReceiveMessage", all);
        ok("ReceiveMessage", all);
    }
    std::string task(const std::string& rest = "") {
        return text_at(ok("StartMessageMoveTask", R"({"SourceArn":")" + arn("dead") + "\"" + rest + "}"),
                       "TaskHandle");
    }
    std::string latest() { return ok("ListMessageMoveTasks", R"({"SourceArn":")" + arn("dead") + "\"}"); }
};

TEST_F(redrive_service_test, a_task_from_start_to_end) {
    EXPECT_EQ(latest(), "{}");
    give_up(3);
    const std::string handle = task(R"(,"MaxNumberOfMessagesPerSecond":1)");
    const std::string decoded = from_base64(handle).value_or("");
    EXPECT_EQ(text_at(decoded, "sourceArn"), arn("dead"));
    EXPECT_EQ(text_at(decoded, "taskId").size(), 36U);

    const auto d = parse(latest());
    const json::value running = d.root().find("Results").at(0);
    EXPECT_EQ(running.find("TaskHandle").string(), handle);
    EXPECT_EQ(running.find("Status").string(), "RUNNING");
    EXPECT_EQ(running.find("SourceArn").string(), arn("dead"));
    EXPECT_FALSE(running.find("DestinationArn").exists());
    EXPECT_EQ(running.find("MaxNumberOfMessagesPerSecond").integer(), 1);
    EXPECT_EQ(running.find("ApproximateNumberOfMessagesMoved").integer(), 1);
    EXPECT_EQ(running.find("ApproximateNumberOfMessagesToMove").integer(), 3);
    EXPECT_FALSE(running.find("FailureReason").exists());
    const auto age =
        to_unix_millis(io::real_clock().wall()) - running.find("StartedTimestamp").integer().value_or(0);
    EXPECT_GE(age, 0);
    EXPECT_LT(age, 60'000);

    ahead = std::chrono::seconds(10);
    const std::string done = latest();
    EXPECT_NE(done.find(R"("Status":"COMPLETED")"), std::string::npos) << done;
    EXPECT_EQ(done.find("TaskHandle"), std::string::npos);
    const std::string got =
        ok("ReceiveMessage", R"({"QueueUrl":"work","MaxNumberOfMessages":10,"AttributeNames":["All"]})");
    EXPECT_EQ(parse(got).root().find("Messages").size(), 3U);
    EXPECT_NE(got.find(R"("ApproximateReceiveCount":"1")"), std::string::npos);
    EXPECT_EQ(got.find("DeadLetterQueueSourceArn"), std::string::npos);
}

TEST_F(redrive_service_test, cancelling) {
    give_up(3);
    const std::string handle = R"({"TaskHandle":")" + task(R"(,"MaxNumberOfMessagesPerSecond":1)") + "\"}";
    EXPECT_EQ(ok("CancelMessageMoveTask", handle), R"({"ApproximateNumberOfMessagesMoved":1})");
    EXPECT_NE(latest().find(R"("Status":"CANCELLING")"), std::string::npos);
    EXPECT_EQ(refused("CancelMessageMoveTask", handle),
              invalid + "Only a task that is RUNNING can be cancelled; this one is CANCELLING.");
    ahead = std::chrono::seconds(2);
    EXPECT_NE(latest().find(R"("Status":"CANCELLED")"), std::string::npos);
}

TEST_F(redrive_service_test, a_long_poll_hears_of_a_moved_message) {
    give_up(2);
    ok("CreateQueue", R"({"QueueName":"other"})");
    const auto began = std::chrono::steady_clock::now();
    const auto poll_first = start("ReceiveMessage", R"({"QueueUrl":"other","WaitTimeSeconds":20})");
    const auto poll_second = start("ReceiveMessage", R"({"QueueUrl":"other","WaitTimeSeconds":20})");
    poll();
    ASSERT_FALSE(poll_first->reply);
    task(R"(,"MaxNumberOfMessagesPerSecond":50,"DestinationArn":")" + arn("other") + "\"");
    EXPECT_NE(finish(poll_first)->find("m0"), std::string::npos);
    EXPECT_NE(finish(poll_second)->find("m1"), std::string::npos);
    // Not at the end of their waiting time, when they would look again anyway.
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

TEST(redrive_operations_test, deleting_the_source_ends_its_task) {
    sqs_operations operations(7, [](const queue&) {});
    const wall_time now{std::chrono::hours(480'000)};
    const auto perform = [&](const std::string& operation, const std::string& text) {
        const auto input = json::document::parse(text);
        ASSERT_TRUE(input) << text;
        const principal who{account_id("111122223333"), "arn:aws:iam::111122223333:user/local", "AIDALOCAL"};
        const auto reply = operations.perform(
            {operation, input->root(), who, region_name("us-east-1"), "http://localhost:4566", now});
        ASSERT_TRUE(reply) << operation << ": " << reply.error().message;
    };
    perform("CreateQueue", R"({"QueueName":"dead"})");
    perform("CreateQueue",
            R"({"QueueName":"work","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\")" +
                arn("dead") + R"(\",\"maxReceiveCount\":1}"}})");
    perform("StartMessageMoveTask",
            R"({"SourceArn":")" + arn("dead") + R"(","DestinationArn":")" + arn("work") + "\"}");
    EXPECT_EQ(operations.next_move(), now);
    operations.advance(now);
    EXPECT_FALSE(operations.next_move());
    for (const char* body : {"a", "b"})
        perform("SendMessage", R"({"QueueUrl":"dead","MessageBody":")"s + body + "\"}");
    perform("StartMessageMoveTask", R"({"SourceArn":")" + arn("dead") + R"(","DestinationArn":")" +
                                        arn("work") + R"(","MaxNumberOfMessagesPerSecond":2})");
    operations.advance(now);
    EXPECT_EQ(operations.next_move(), now + std::chrono::milliseconds(500));
    perform("DeleteQueue", R"({"QueueUrl":"dead"})");
    EXPECT_FALSE(operations.next_move());
    operations.advance(now + std::chrono::seconds(5));
    EXPECT_EQ(operations.messages(), 1U);
}

TEST_F(redrive_service_test, refused_tasks) {
    const std::string dead = R"("SourceArn":")" + arn("dead") + "\"";
    const auto start_error = [&](const std::string& rest) {
        return refused("StartMessageMoveTask", "{" + dead + rest + "}");
    };
    const std::string form = ": arn:<partition>:<service>:<region>:<account-id>:<resource-id>";
    EXPECT_EQ(refused("StartMessageMoveTask", "{}"),
              missing + "The request must contain the parameter SourceArn.");
    EXPECT_EQ(refused("StartMessageMoveTask", R"({"SourceArn":"dead"})"),
              invalid + "You must use this format to specify the SourceArn" + form);
    EXPECT_EQ(refused("StartMessageMoveTask", R"({"SourceArn":")" + arn("nope") + "\"}"),
              not_found + "The resource that you specified for the SourceArn parameter doesn't exist.");
    EXPECT_EQ(refused("StartMessageMoveTask", R"({"SourceArn":")" + arn("work") + "\"}"),
              invalid + "Source queue must be configured as a Dead Letter Queue.");
    EXPECT_EQ(start_error(R"(,"DestinationArn":"work")"),
              invalid + "You must use this format to specify the DestinationArn" + form);
    EXPECT_EQ(start_error(R"(,"DestinationArn":")" + arn("nope") + "\""),
              not_found + "The resource that you specified for the DestinationArn parameter doesn't exist.");
    EXPECT_EQ(start_error(R"(,"DestinationArn":")" + arn("dead") + "\""),
              invalid + "Source queue arn and destination queue arn cannot be the same.");
    EXPECT_EQ(start_error(R"(,"DestinationArn":")" + arn("f.fifo") + "\""),
              invalid + "The source queue and destination queue must be of the same queue type.");
    for (const char* rate : {"0", "501"})
        EXPECT_EQ(start_error(R"(,"MaxNumberOfMessagesPerSecond":)"s + rate),
                  invalid + "Value " + rate +
                      " for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and "
                      "500, if provided.");
    for (const char* max : {"0", "11"})
        EXPECT_EQ(refused("ListMessageMoveTasks", "{" + dead + R"(,"MaxResults":)" + max + "}"),
                  invalid + "Value " + max +
                      " for parameter MaxResults is invalid. Reason: Must be between 1 and 10, if provided.");
    EXPECT_EQ(refused("ListMessageMoveTasks", R"({"SourceArn":")" + arn("nope") + "\"}"),
              not_found + "The resource that you specified for the SourceArn parameter doesn't exist.");
    EXPECT_EQ(refused("CancelMessageMoveTask", "{}"),
              missing + "The request must contain the parameter TaskHandle.");
    for (const std::string& handle : {"garbage"s, to_base64("{}"), to_base64("[]"), std::string(2'000, 'A')})
        EXPECT_EQ(refused("CancelMessageMoveTask", R"({"TaskHandle":")" + handle + "\"}"),
                  invalid + "Value for parameter TaskHandle is invalid.");
    const std::string unknown = to_base64(R"({"taskId":"x",)" + R"("sourceArn":")"s + arn("dead") + "\"}");
    EXPECT_EQ(refused("CancelMessageMoveTask", R"({"TaskHandle":")" + unknown + "\"}"),
              not_found + "Task does not exist.");
    const std::string elsewhere = to_base64(R"({"taskId":"x","sourceArn":")" + arn("nope") + "\"}");
    EXPECT_EQ(refused("CancelMessageMoveTask", R"({"TaskHandle":")" + elsewhere + "\"}"),
              not_found + "The resource that you specified for the SourceArn parameter doesn't exist.");
    give_up(2);
    task(R"(,"MaxNumberOfMessagesPerSecond":1)");
    EXPECT_EQ(start_error(""), invalid +
                                   "There is already a task running. Only one active task is allowed for "
                                   "a source queue arn at a given time.");
}

struct permission_test : redrive_service_test {
    std::string add(const std::string& label, const std::string& accounts, const std::string& actions) {
        return R"({"QueueUrl":"dead","Label":")" + label + R"(","AWSAccountIds":)" + accounts +
               R"(,"Actions":)" + actions + "}";
    }
    std::string policy() {
        const auto d = parse(ok("GetQueueAttributes", R"({"QueueUrl":"dead","AttributeNames":["Policy"]})"));
        return std::string(d.root().find("Attributes").find("Policy").string().value_or(""));
    }
    void set_policy(const std::string& text) {
        json::writer out;
        out.begin_object().member("QueueUrl", "dead").key("Attributes").begin_object();
        out.member("Policy", text).end_object().end_object();
        ok("SetQueueAttributes", out.take());
    }
    void become_eve() { who = {account_id("999988887777"), "arn:aws:iam::999988887777:user/eve", "AIDAEVE"}; }
    const std::string url = R"({"QueueUrl":"http://h/111122223333/dead")";
    const std::string eve = "arn:aws:iam::999988887777:user/eve";
};

TEST_F(permission_test, the_document_is_that_of_aws) {
    EXPECT_EQ(ok("AddPermission", add("one", R"(["999988887777"])", R"(["SendMessage"])")), "");
    const std::string one =
        R"({"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:root"},)"
        R"("Action":"SQS:SendMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:dead"})";
    const std::string two =
        R"({"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::999988887777:root",)"
        R"("arn:aws:iam::444455556666:root"]},"Action":["SQS:ReceiveMessage","SQS:*"],)"
        R"("Resource":"arn:aws:sqs:us-east-1:111122223333:dead"})";
    const std::string head =
        R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:111122223333:dead/SQSDefaultPolicy","Statement":[)";
    EXPECT_EQ(policy(), head + one + "]}");
    ok("AddPermission", add("two", R"(["999988887777","444455556666"])", R"(["ReceiveMessage","*"])"));
    EXPECT_EQ(policy(), head + one + "," + two + "]}");
    EXPECT_EQ(ok("RemovePermission", R"({"QueueUrl":"dead","Label":"one"})"), "");
    EXPECT_EQ(policy(), head + two + "]}");
    ok("RemovePermission", R"({"QueueUrl":"dead","Label":"two"})");
    EXPECT_EQ(policy(), "");
}

TEST_F(permission_test, refusals) {
    const std::string account = R"(["999988887777"])", send = R"(["SendMessage"])";
    const auto add_error = [&](const std::string& label, const std::string& accounts,
                               const std::string& actions) {
        return refused("AddPermission", add(label, accounts, actions));
    };
    EXPECT_EQ(add_error("", account, send), missing + "The request must contain the parameter Label.");
    EXPECT_EQ(add_error("a b", account, send),
              invalid +
                  "Value a b for parameter Label is invalid. Reason: Can only include alphanumeric "
                  "characters, hyphens, or underscores. 1 to 80 in length.");
    EXPECT_EQ(add_error("x", account, "[]"), missing + "The request must contain the parameter Actions.");
    EXPECT_EQ(add_error("x", "[]", send),
              invalid + "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.");
    EXPECT_EQ(
        add_error("x", R"(["999988887777","me"])", send),
        invalid + "Value [999988887777, me] for parameter PrincipalId is invalid. Reason: Unable to verify.");
    for (const char* action : {"SetQueueAttributes", "SendMessageBatch", "sendmessage", "AddPermission"})
        EXPECT_EQ(
            add_error("x", account, R"([")"s + action + "\"]"),
            invalid + "Value SQS:" + action +
                " for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke "
                "this action.");
    EXPECT_EQ(add_error("x", account,
                        R"(["SendMessage","ReceiveMessage","DeleteMessage","ChangeMessageVisibility",)"
                        R"("GetQueueAttributes","GetQueueUrl","PurgeQueue","*"])"),
              over_limit + "8 Actions were found, maximum allowed is 7.");
    ok("AddPermission", add(std::string(80, 'l'), account, send));
    ok("AddPermission", add("x", account, send));
    EXPECT_EQ(add_error("x", account, send),
              invalid + "Value x for parameter Label is invalid. Reason: Already exists.");
    EXPECT_EQ(refused("RemovePermission", R"({"QueueUrl":"dead","Label":"y"})"),
              invalid + "Value y for parameter Label is invalid. Reason: can't find label.");
    for (int i = 2; i < 20; ++i) ok("AddPermission", add("n" + std::to_string(i), account, send));
    EXPECT_EQ(add_error("n20", account, send),
              over_limit + "21 Statements were found, maximum allowed is 20.");
    EXPECT_EQ(
        refused("SetQueueAttributes", R"({"QueueUrl":"dead","Attributes":{"Policy":"{"}})"),
        "400 com.amazonaws.sqs#InvalidAttributeValue InvalidAttributeValue Invalid value for the parameter "
        "Policy.");
    EXPECT_EQ(
        refused("CreateQueue", R"({"QueueName":"p","Attributes":{"Policy":"[]"}})"),
        "400 com.amazonaws.sqs#InvalidAttributeValue InvalidAttributeValue Invalid value for the parameter "
        "Policy.");
}

TEST_F(permission_test, another_account_may_do_what_the_policy_allows) {
    ok("AddPermission", add("x", R"(["999988887777"])", R"(["SendMessage","GetQueueUrl"])"));
    become_eve();
    EXPECT_NE(ok("SendMessage", url + R"(,"MessageBody":"x"})"), "");
    EXPECT_NE(
        ok("SendMessageBatch", url + R"(,"Entries":[{"Id":"1","MessageBody":"x"}]})").find("Successful"),
        std::string::npos);
    EXPECT_EQ(ok("GetQueueUrl", R"({"QueueName":"dead","QueueOwnerAWSAccountId":"111122223333"})"),
              R"({"QueueUrl":"http://localhost:4566/111122223333/dead"})");
    EXPECT_EQ(refused("ReceiveMessage", url + "}"),
              denied + eve + " is not authorized to perform: sqs:receivemessage on resource: " + arn("dead") +
                  " because no resource-based policy allows the sqs:receivemessage action");
    EXPECT_EQ(service.messages(), 2U);
}

TEST_F(permission_test, some_operations_are_the_owners_whatever_the_policy_says) {
    set_policy(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*"}})");
    become_eve();
    ok("ReceiveMessage", url + "}");
    ok("PurgeQueue", url + "}");
    ok("ListDeadLetterSourceQueues", url + "}");
    ok("GetQueueAttributes", url + "}");
    const std::string source = R"({"SourceArn":")" + arn("dead") + "\"}";
    const std::string handle =
        R"({"TaskHandle":")" + to_base64(R"({"taskId":"x","sourceArn":")" + arn("dead") + "\"}") + "\"}";
    const std::pair<const char*, std::string> closed[] = {
        {"AddPermission", url + R"(,"Label":"x","AWSAccountIds":["999988887777"],"Actions":["*"]})"},
        {"RemovePermission", url + R"(,"Label":"x"})"},
        {"SetQueueAttributes", url + R"(,"Attributes":{"DelaySeconds":"1"}})"},
        {"DeleteQueue", url + "}"},
        {"TagQueue", url + R"(,"Tags":{"a":"b"}})"},
        {"UntagQueue", url + R"(,"TagKeys":["a"]})"},
        {"ListQueueTags", url + "}"},
        {"StartMessageMoveTask", source},
        {"ListMessageMoveTasks", source},
        {"CancelMessageMoveTask", handle},
    };
    for (const auto& [operation, input] : closed)
        EXPECT_EQ(refused(operation, input).substr(0, denied.size()), denied) << operation;
}

TEST_F(permission_test, an_explicit_deny_binds_the_owner_too) {
    set_policy(
        R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"},)"
        R"({"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sqs:SendMessage"}]})");
    EXPECT_EQ(refused("SendMessageBatch", R"({"QueueUrl":"dead","Entries":[{"Id":"1","MessageBody":"x"}]})"),
              denied + who.arn + " is not authorized to perform: sqs:sendmessage on resource: " +
                  arn("dead") + " with an explicit deny in a resource-based policy");
    ok("ReceiveMessage", R"({"QueueUrl":"dead"})");
    set_policy("");
    ok("SendMessage", R"({"QueueUrl":"dead","MessageBody":"x"})");
}

}  // namespace
}  // namespace trainyard::aws::local

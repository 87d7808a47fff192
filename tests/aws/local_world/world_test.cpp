// The services of the whole local AWS, called as a client calls them.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

TEST_F(local_world, says_that_it_is_up) {
    open();
    for (const char* path : {"/", "/_trainyard/health"}) {
        http::request r;
        r.method = "GET";
        r.target = path;
        const auto answer = send(r);
        EXPECT_EQ(answer.status, 200);
        EXPECT_THAT(answer.body, HasSubstr(R"("services":{"sqs":"available","sagemaker":"available","sts")"));
    }
    http::request r;
    r.method = "GET";
    r.target = "/metrics";
    EXPECT_THAT(send(r).body, HasSubstr("trainyard_local_requests_in_flight 0"));
}

TEST_F(local_world, tells_who_called) {
    open();
    const auto answer = call(form_request(identity_form), key("111122223333"), "sts");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.fields.get("content-type"), "text/xml");
    EXPECT_EQ(between(answer.body, "Account"), "111122223333");
    EXPECT_EQ(between(answer.body, "Arn"), "arn:aws:iam::111122223333:user/local");
    EXPECT_EQ(between(answer.body, "RequestId"), answer.fields.get("x-amzn-requestid"));
    EXPECT_THAT(call(form_request(identity_form), key("test"), "sts").body,
                HasSubstr("<Account>000000000000<"));
    EXPECT_EQ(served->stats().signatures_verified, 2U);
}

TEST_F(local_world, an_assumed_role_acts_in_its_account_until_it_expires) {
    open();
    const auto answer = call(
        form_request(
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fx%2Fruns"
            "&RoleSessionName=s%40y&DurationSeconds=900"),
        key("999988887777"), "sts");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(between(answer.body, "Arn"), "arn:aws:sts::111122223333:assumed-role/runs/s@y");
    EXPECT_EQ(between(answer.body, "Expiration"), to_iso8601(start + 900s));
    auto session = key(between(answer.body, "AccessKeyId"), between(answer.body, "SecretAccessKey"));
    EXPECT_TRUE(session.access_key_id.starts_with("ASIA"));

    const auto without_token = call(json_request("SageMaker.ListTrainingJobs", "{}"), session, "sagemaker");
    EXPECT_EQ(without_token.status, 400);
    EXPECT_THAT(without_token.body, HasSubstr("UnrecognizedClientException"));

    session.session_token = secret{between(answer.body, "SessionToken")};
    EXPECT_EQ(call(json_request("SageMaker.CreateTrainingJob", create_body), session, "sagemaker").status,
              200);
    ASSERT_EQ(served->creates().size(), 1U);
    EXPECT_EQ(served->creates()[0].account.str(), "111122223333");
    EXPECT_EQ(served->creates()[0].when, start);

    time.advance(899s);
    EXPECT_EQ(call(form_request(identity_form), session, "sts").status, 200);
    time.advance(1s);
    const auto json_expired = call(json_request("SageMaker.ListTrainingJobs", "{}"), session, "sagemaker");
    EXPECT_EQ(json_expired.status, 400);
    EXPECT_THAT(json_expired.body, HasSubstr(R"("__type":"ExpiredTokenException")"));
    const auto expired = call(form_request(identity_form), session, "sts");
    EXPECT_EQ(expired.status, 403);
    EXPECT_EQ(between(expired.body, "Code"), "ExpiredToken");
}

TEST_F(local_world, refuses_bad_assume_role_requests) {
    open();
    const std::string good_arn = "&RoleArn=arn:aws:iam::111122223333:role/r";
    const auto refused = [&](const std::string& rest) {
        const auto a = call(form_request("Action=AssumeRole&Version=2011-06-15" + rest), key("test"), "sts");
        EXPECT_EQ(a.status, 400);
        return between(a.body, "Code") + ": " + between(a.body, "Message");
    };
    EXPECT_EQ(
        refused(good_arn + "&RoleSessionName=ab&DurationSeconds=899"),
        "ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy "
        "constraint: Member must have value greater than or equal to 900");
    EXPECT_THAT(refused(good_arn + "&RoleSessionName=ab&DurationSeconds=43201"),
                HasSubstr("less than or equal to 43200"));
    EXPECT_THAT(refused("&RoleArn=arn:aws:iam::1111:role/rrrrrrr&RoleSessionName=ab"),
                HasSubstr(" is invalid"));
    EXPECT_THAT(refused(good_arn + "&RoleSessionName=a%20b"), HasSubstr("roleSessionName"));
    EXPECT_THAT(refused(""), HasSubstr("2 validation errors detected"));
    EXPECT_THAT(call(form_request("Action=Nothing%3C&Version=2011-06-15"), key("test"), "sts").body,
                HasSubstr("<Code>InvalidAction</Code><Message>Could not find operation Nothing&lt;"));
}

TEST_F(local_world, refuses_in_the_words_of_each_service) {
    open();
    const auto to_service = [](const char* service) {
        const std::string name = service;
        if (name == "sts") return form_request(identity_form);
        return json_request(name == "sqs" ? "AmazonSQS.ListQueues" : "SageMaker.ListTrainingJobs", "{}");
    };
    const auto expect = [](const http::response& a, int status, const std::string& code) {
        EXPECT_EQ(a.status, status) << a.body;
        EXPECT_THAT(a.body, HasSubstr(code));
    };
    const auto wrong = key("test", "wrong"), unknown = key("AKIAUNKNOWNUNKNOWN00"), good = key("test");
    expect(call(to_service("sagemaker"), wrong, "sagemaker"), 400, R"("__type":"InvalidSignatureException")");
    expect(call(to_service("sts"), wrong, "sts"), 403, "<Code>SignatureDoesNotMatch</Code>");
    expect(call(to_service("sqs"), wrong, "sqs"), 400,
           R"("__type":"com.amazon.coral.service#InvalidSignatureException")");
    expect(call(to_service("sagemaker"), unknown, "sagemaker"), 400,
           R"("__type":"UnrecognizedClientException")");
    expect(call(to_service("sts"), unknown, "sts"), 403, "<Code>InvalidClientTokenId</Code>");
    auto query_mode = to_service("sqs");
    query_mode.fields.add("x-amzn-query-mode", "true");
    const auto sqs = call(query_mode, unknown, "sqs");
    EXPECT_EQ(sqs.status, 403);
    EXPECT_EQ(sqs.fields.get("x-amzn-query-error"), "InvalidClientTokenId;Sender");
    EXPECT_EQ(sqs.fields.get("content-type"), "application/x-amz-json-1.0");
    expect(call(to_service("sagemaker"), good, "sqs"), 400,
           "Credential should be scoped to correct service: 'sagemaker'.");
    expect(call(to_service("sts"), good, "sagemaker"), 403, "scoped to correct service: 'sts'.");
    expect(send(sign(to_service("sts"), good, "sts", -16min)), 403, "Signature expired: ");
    expect(send(sign(to_service("sts"), good, "sts", 16min)), 403, "Signature not yet current: ");
    auto tampered = sign(json_request("SageMaker.CreateTrainingJob", create_body), good, "sagemaker");
    tampered.body += " ";
    expect(send(tampered), 400, "InvalidSignatureException");
    auto retargeted = sign(json_request("SageMaker.ListTrainingJobs", "{}"), good, "sagemaker");
    retargeted.fields.set("X-Amz-Target", "SageMaker.StopTrainingJob");
    expect(send(retargeted), 400, "InvalidSignatureException");
    expect(send(to_service("sts")), 403, "<Code>MissingAuthenticationToken</Code>");
    expect(send(to_service("sagemaker")), 400, "MissingAuthenticationTokenException");
    EXPECT_EQ(served->stats().signatures_verified, 0U);
    EXPECT_TRUE(served->creates().empty());
}

TEST_F(local_world, refuses_what_is_no_call) {
    open();
    const auto good = key("test");
    EXPECT_THAT(call(json_request("SageMaker.ListTrainingJobs", "[]"), good, "sagemaker").body,
                HasSubstr("SerializationException"));
    EXPECT_THAT(call(json_request("SageMaker.ListTrainingJobs", "{\"a\":1,}"), good, "sagemaker").body,
                HasSubstr("SerializationException"));
    EXPECT_THAT(call(json_request("SageMaker.Explode", "{}"), good, "sagemaker").body,
                HasSubstr("UnknownOperationException"));
    EXPECT_THAT(call(json_request("DynamoDB_20120810.ListTables", "{}"), good, "dynamodb").body,
                HasSubstr("UnknownOperationException"));
    const auto query = call(form_request("Action=ListTables"), good, "dynamodb");
    EXPECT_EQ(query.status, 403);
    EXPECT_THAT(query.body, HasSubstr("scoped to correct service: 'sts'."));
    EXPECT_EQ(served->stats().signatures_verified, 4U);
}

TEST_F(local_world, a_service_that_is_not_there_yet_says_so_in_its_protocol) {
    open();
    const auto good = key("test");
    auto iam = form_request("Action=CreateServiceLinkedRole&Version=2010-05-08&AWSServiceName=x");
    EXPECT_THAT(call(iam, good, "iam").body, HasSubstr("<Code>InvalidAction</Code>"));
    EXPECT_THAT(call(json_request("AWSEvents.Nothing", "{}"), good, "events").body,
                HasSubstr(R"({"__type":"UnknownOperationException")"));
    EXPECT_THAT(call(json_request("ServiceQuotasV20190624.Nothing", "{}"), good, "servicequotas").body,
                HasSubstr(R"({"__type":"UnknownOperationException")"));
    EXPECT_EQ(served->stats().signatures_verified, 3U);
}

TEST_F(local_world, without_verification_the_scope_is_believed) {
    world_options options;
    options.verify_signatures = false;
    open(options);
    EXPECT_THAT(call(form_request(identity_form), key("111122223333", "wrong"), "sts").body,
                HasSubstr("<Account>111122223333<"));
    EXPECT_THAT(send(form_request(identity_form)).body, HasSubstr("<Account>000000000000<"));
}

TEST_F(local_world, keeps_the_journal_before_it_answers) {
    const auto file = std::filesystem::temp_directory_path() / ("world-" + std::to_string(::getpid()));
    std::filesystem::remove(file);
    world_options options;
    options.journal_file = file.string();
    open(options);
    call(json_request("SageMaker.CreateTrainingJob", create_body), key("test"), "sagemaker");
    const auto twice =
        call(json_request("SageMaker.CreateTrainingJob", create_body), key("test"), "sagemaker");
    EXPECT_THAT(twice.body, HasSubstr(R"("__type":"ResourceInUse","Message":)"));
    std::ifstream in{file};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_EQ(text,
              "{\"op\":\"create\",\"account\":\"000000000000\",\"region\":\"us-east-1\",\"name\":\"a\","
              "\"time\":1764000000,\"tags\":{}}\n");
    std::filesystem::remove(file);
    EXPECT_EQ(served->stats().creates_accepted, 1U);
    EXPECT_EQ(served->stats().creates_duplicate, 1U);
    time.advance(64s);
    EXPECT_EQ(served->stats().jobs_by_status.at("Completed"), 1U);
}

TEST_F(local_world, a_journal_that_cannot_be_opened_stops_it) {
    world_options options;
    options.journal_file = "/nowhere/journal";
    served.emplace(io, time, options, registry);
    const auto port = served->listen("127.0.0.1", 0);
    ASSERT_FALSE(port.has_value());
    EXPECT_THAT(port.error().message, HasSubstr("/nowhere/journal"));
}

TEST_F(local_world, carries_a_message_from_sender_to_receiver) {
    open();
    const auto who = key("111122223333");
    const auto created = call(json_request("AmazonSQS.CreateQueue", R"({"QueueName":"q"})"), who, "sqs");
    ASSERT_EQ(created.status, 200) << created.body;
    EXPECT_THAT(created.body, HasSubstr("http://" + to.authority() + "/111122223333/q"));
    const std::string url = "http://" + to.authority() + "/111122223333/q";
    const auto sent =
        call(json_request("AmazonSQS.SendMessage", R"({"QueueUrl":")" + url + R"(","MessageBody":"hello"})"),
             who, "sqs");
    EXPECT_EQ(sent.status, 200) << sent.body;
    EXPECT_EQ(served->stats().messages, 1U);
    const auto received =
        call(json_request("AmazonSQS.ReceiveMessage", R"({"QueueUrl":")" + url + R"("})"), who, "sqs");
    EXPECT_THAT(received.body, HasSubstr(R"("Body":"hello")"));
    const auto missing =
        call(json_request("AmazonSQS.ReceiveMessage", R"({"QueueUrl":")" + url + R"(x"})"), who, "sqs");
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(missing.fields.get("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

std::string tag_text(const http::response& r, const std::string& name) {
    return std::to_string(r.status) + " " + between(r.body, name);
}

http::request get_request(std::string target) {
    http::request r;
    r.method = "GET";
    r.target = std::move(target);
    return r;
}

TEST_F(local_world, speaks_the_query_protocol_of_sqs) {
    open();
    const auto who = key("111122223333");
    const auto ask = [&](const std::string& form, const std::string& path = "/") {
        auto r = form_request("Version=2012-11-05&Action=" + form);
        r.target = path;
        return call(std::move(r), who, "sqs");
    };
    const std::string path = "/111122223333/q", url = "http://" + to.authority() + path;
    const auto created = ask("CreateQueue&QueueName=q");
    EXPECT_EQ(tag_text(created, "QueueUrl"), "200 " + url);
    EXPECT_EQ(created.fields.get("content-type"), "text/xml");
    EXPECT_EQ(between(created.body, "RequestId"), created.fields.get("x-amzn-requestid"));
    EXPECT_EQ(tag_text(ask("SendMessage&MessageBody=%3Ca%26b%3E+c", path), "MD5OfMessageBody"),
              "200 18914d959134d970f75dec943dcb1c83");
    // What one protocol sends the other receives.
    const auto received = call(
        json_request("AmazonSQS.ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":0})"), who, "sqs");
    EXPECT_THAT(received.body, HasSubstr(R"("Body":"<a&b> c")"));
    EXPECT_EQ(tag_text(ask("ReceiveMessage&QueueUrl=" + url + "&WaitTimeSeconds=1"), "Body"),
              "200 &lt;a&amp;b&gt; c");
    // A long poll of an empty queue ends with the manual clock's time, so it is asked for none here.
    EXPECT_THAT(ask("ReceiveMessage", path).body, HasSubstr("<ReceiveMessageResult/>"));
    const auto none = ask("SendMessage&MessageBody=x", path + "x");
    EXPECT_EQ(tag_text(none, "Code"), "400 AWS.SimpleQueueService.NonExistentQueue");
    EXPECT_EQ(between(none.body, "RequestId"), none.fields.get("x-amzn-requestid"));
    EXPECT_EQ(tag_text(ask("DeleteMessage&ReceiptHandle=x", path), "Code"), "404 ReceiptHandleIsInvalid");
    EXPECT_EQ(tag_text(ask("ListQueues", path), "Code"), "400 InvalidAction");
    EXPECT_EQ(tag_text(ask("ListQueues&x=%4"), "Code"), "404 MalformedQueryString");
    EXPECT_EQ(tag_text(ask("SendMessage&MessageBody=%00", path), "Code"), "400 InvalidMessageContents");
    EXPECT_EQ(tag_text(call(form_request("Action=ListQueues"), who, "sqs"), "QueueUrl"), "200 " + url);
    EXPECT_EQ(tag_text(call(form_request("Action=ListQueues"), key("1"), "sqs"), "Code"),
              "403 InvalidClientTokenId");
    auto both = form_request("QueueNamePrefix=none");
    both.target = "/?Action=ListQueues&Version=2012-11-05";
    EXPECT_THAT(call(both, who, "sqs").body, HasSubstr("<ListQueuesResult/>"));
}

TEST_F(local_world, a_form_may_hold_the_longest_message) {
    open();
    const auto who = key("111122223333");
    call(json_request("AmazonSQS.CreateQueue", R"({"QueueName":"q"})"), who, "sqs");
    std::string body = "Version=2012-11-05&Action=SendMessage&QueueUrl=q&MessageBody=";
    for (int i = 0; i < 1'048'576; ++i) body += "%22";
    const auto sent = call(form_request(body), who, "sqs");
    EXPECT_EQ(sent.status, 200) << sent.body;
    const auto received = call(
        form_request("Version=2012-11-05&Action=ReceiveMessage&QueueUrl=q&VisibilityTimeout=0"), who, "sqs");
    EXPECT_EQ(between(received.body, "Body").size(), 1'048'576U * 6);
    EXPECT_EQ(between(received.body, "MD5OfBody"), between(sent.body, "MD5OfMessageBody"));
    EXPECT_EQ(tag_text(call(form_request(body + "x"), who, "sqs"), "Message"),
              "400 One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.");
}

TEST_F(local_world, takes_the_longest_message_as_escaped_json) {
    open();
    const auto who = key("111122223333");
    call(json_request("AmazonSQS.CreateQueue", R"({"QueueName":"q"})"), who, "sqs");
    const auto send_body = [&](const std::string& body) {
        return call(
            json_request("AmazonSQS.SendMessage", R"({"QueueUrl":"q","MessageBody":")" + body + "\"}"), who,
            "sqs");
    };
    constexpr std::size_t longest = 1U << 20U;
    std::string escaped;
    for (std::size_t i = 0; i < longest / 2; ++i) escaped += "\\u00e9";  // two bytes each, sent as six
    EXPECT_EQ(send_body(escaped).status, 200);
    const auto refused = send_body(std::string(longest + 1, 'x'));
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("Message must be shorter than 1048576 bytes."));
}

TEST_F(local_world, speaks_query_by_get_and_presigned_get) {
    open();
    const auto who = key("111122223333");
    call(json_request("AmazonSQS.CreateQueue", R"({"QueueName":"q"})"), who, "sqs");
    const std::string path = "/111122223333/q";
    const std::string send_one = path + "?Version=2012-11-05&MessageBody=a%20%2B%C3%A4&Action=SendMessage";
    EXPECT_EQ(tag_text(call(get_request(send_one), who, "sqs"), "MD5OfMessageBody").substr(0, 4), "200 ");
    EXPECT_EQ(tag_text(call(get_request(path + "?Action=ReceiveMessage"), who, "sqs"), "Body"),
              "200 a +\xC3\xA4");
    EXPECT_EQ(tag_text(call(get_request("/?Action=ListQueues"), who, "sqs"), "QueueUrl"),
              "200 http://" + to.authority() + path);
    auto changed = sign(get_request(path + "?Action=GetQueueAttributes"), who, "sqs");
    changed.target = path + "?Action=DeleteQueue";
    EXPECT_EQ(tag_text(send(changed), "Code"), "403 SignatureDoesNotMatch");
    EXPECT_EQ(tag_text(send(get_request(path + "?Action=DeleteQueue")), "Code"),
              "403 MissingAuthenticationToken");

    sigv4::signer signer;
    const std::string authority = to.authority();
    const std::array<sigv4::header_view, 1> host{{{"Host", authority}}};
    const auto url = signer.presign({"GET", path, "Action=ReceiveMessage&Version=2012-11-05", host, ""}, who,
                                    {"us-east-1", "sqs"}, time.wall(), 60s);
    ASSERT_TRUE(url.has_value());
    const std::string query{url->query};
    EXPECT_EQ(send(get_request(path + "?" + query)).status, 200);
    EXPECT_EQ(tag_text(send(get_request(path + "x?" + query)), "Code"), "403 SignatureDoesNotMatch");
    auto posted = get_request(path + "?" + query);
    posted.method = "POST";
    posted.fields = {{"Content-Type", "application/x-www-form-urlencoded"}};
    EXPECT_EQ(tag_text(send(posted), "Code"), "403 MissingAuthenticationToken");
    time.advance(61s);
    EXPECT_EQ(send(get_request(path + "?" + query)).status, 403);

    // The root answers a call and tells strangers that it is up.
    const std::string list = "Action=ListQueues&Version=2012-11-05";
    const auto root =
        signer.presign({"GET", "/", list, host, ""}, who, {"us-east-1", "sqs"}, time.wall(), 60s);
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(tag_text(send(get_request("/?" + std::string{root->query})), "QueueUrl"),
              "200 http://" + to.authority() + path);
    EXPECT_EQ(tag_text(send(get_request("/?" + list)), "Code"), "403 MissingAuthenticationToken");

    for (const bool is_signed : {true, false}) {
        const auto nothing = is_signed ? call(get_request(path), who, "sqs") : send(get_request(path));
        EXPECT_EQ(nothing.status, 404);
        EXPECT_EQ(nothing.body, "<UnknownOperationException/>\n");
    }
}

}  // namespace
}  // namespace trainyard::aws::local

#include <chrono>

#include "sqs_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using std::string_literals::operator""s;

struct sqs_service_test : sqs_fixture {
    sqs_service_test() {
        ok("CreateQueue", R"({"QueueName":"q"})");
        ok("CreateQueue", R"({"QueueName":"f.fifo","Attributes":{"FifoQueue":"true"}})");
    }
};

TEST_F(sqs_service_test, queue_addresses) {
    EXPECT_EQ(ok("GetQueueUrl", R"({"QueueName":"q"})"),
              R"({"QueueUrl":"http://localhost:4566/111122223333/q"})");
    for (const char* url : {"q", "http://other.host:1/111122223333/q", "/111122223333/q"})
        EXPECT_NE(ok("SendMessage", R"({"MessageBody":"x","QueueUrl":")"s + url + "\"}"), "");
    EXPECT_EQ(refused("SendMessage", R"({"MessageBody":"x","QueueUrl":"http://h/a/b/c"})"),
              "404 com.amazonaws.sqs#InvalidAddress InvalidAddress The address http://h/a/b/c is not valid "
              "for this "
              "endpoint.");
    const std::string none =
        "400 com.amazonaws.sqs#QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue The specified queue "
        "does not "
        "exist.";
    EXPECT_EQ(refused("SendMessage", R"({"MessageBody":"x","QueueUrl":"nope"})"), none);
    EXPECT_EQ(refused("GetQueueUrl", R"({"QueueName":"nope"})"), none);
    EXPECT_EQ(refused("DeleteQueue", R"({"QueueUrl":"nope"})"), none);
}

TEST_F(sqs_service_test, another_account_is_refused) {
    who = {account_id("999988887777"), "arn:aws:iam::999988887777:user/eve", "AIDAEVE"};
    EXPECT_EQ(refused("SendMessageBatch", R"({"QueueUrl":"http://h/111122223333/q","Entries":[]})"),
              "403 com.amazon.coral.service#AccessDeniedException AccessDenied User: "
              "arn:aws:iam::999988887777:user/eve "
              "is not authorized to perform: sqs:sendmessage on resource: "
              "arn:aws:sqs:us-east-1:111122223333:q because "
              "no resource-based policy allows the sqs:sendmessage action");
    EXPECT_EQ(
        call("GetQueueUrl", R"({"QueueName":"q","QueueOwnerAWSAccountId":"111122223333"})").error().status,
        403);
    EXPECT_EQ(ok("ListQueues", "{}"), "{}");
}

TEST_F(sqs_service_test, unknown_operations) {
    EXPECT_EQ(call("Fly", "{}").error().type, "com.amazon.coral.service#UnknownOperationException");
}

TEST_F(sqs_service_test, send_receive_delete) {
    const std::string sent =
        ok("SendMessage", R"({"QueueUrl":"q","MessageBody":"hello","MessageAttributes":{)"
                          R"("Hello":{"DataType":"String","StringValue":"There"},)"
                          R"("General":{"DataType":"String","StringValue":"Kenobi"}}})");
    EXPECT_EQ(text_at(sent, "MD5OfMessageBody"), "5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(text_at(sent, "MD5OfMessageAttributes"), "fca026605781cb4126a1e9044df24232");
    EXPECT_EQ(text_at(sent, "SequenceNumber"), "");
    EXPECT_EQ(text_at(sent, "MessageId").size(), 36U);
    EXPECT_EQ(service.messages(), 1U);

    const std::string got =
        ok("ReceiveMessage",
           R"({"QueueUrl":"q","MessageAttributeNames":["Hel.*"],"MessageSystemAttributeNames":["All"]})");
    const auto d = parse(got);
    const json::value m = d.root().find("Messages").at(0);
    EXPECT_EQ(m.find("Body").string(), "hello");
    EXPECT_EQ(m.find("MessageId").string(), text_at(sent, "MessageId"));
    EXPECT_EQ(m.find("MD5OfBody").string(), "5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(m.find("MD5OfMessageAttributes").string(),
              "a311262e065454b75da111d535b8dacd");  // of the subset
    EXPECT_EQ(m.find("MessageAttributes").size(), 1U);
    EXPECT_EQ(m.find("Attributes").size(), 4U);
    EXPECT_EQ(m.find("Attributes").find("SenderId").string(), "AIDALOCAL");
    EXPECT_EQ(m.find("Attributes").find("ApproximateReceiveCount").string(), "1");

    EXPECT_EQ(ok("ReceiveMessage", R"({"QueueUrl":"q"})"), "{}");
    const std::string handle = handle_of_first(got);
    EXPECT_EQ(ok("DeleteMessage", R"({"QueueUrl":"q","ReceiptHandle":")" + handle + "\"}"), "");
    EXPECT_EQ(service.messages(), 0U);
}

TEST_F(sqs_service_test, attributes_come_only_when_asked) {
    ok("SendMessage",
       R"({"QueueUrl":"q","MessageBody":"x","MessageAttributes":{"b":{"DataType":"Binary","BinaryValue":"AAE="}}})");
    const std::string bare = ok("ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":0})");
    EXPECT_EQ(bare.find("Attributes"), std::string::npos);
    const std::string old =
        ok("ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":0,"AttributeNames":["SenderId"]})");
    EXPECT_NE(old.find(R"("Attributes":{"SenderId":"AIDALOCAL"})"), std::string::npos);
    const std::string both =
        ok("ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":0,"AttributeNames":["SenderId"],)"
                             R"("MessageSystemAttributeNames":["ApproximateReceiveCount"]})");
    EXPECT_NE(both.find(R"("Attributes":{"ApproximateReceiveCount":"3"})"), std::string::npos);
    const std::string binary =
        ok("ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":0,"MessageAttributeNames":["All"]})");
    EXPECT_NE(binary.find(R"({"DataType":"Binary","BinaryValue":"AAE="})"), std::string::npos);
}

struct refusal {
    const char* operation;
    std::string input, answer;
};

TEST_F(sqs_service_test, recorded_refusals) {
    const std::string value =
        "400 com.amazon.coral.service#InvalidParameterValueException InvalidParameterValue ";
    const std::string missing =
        "400 com.amazon.coral.service#MissingRequiredParameterException MissingParameter ";
    const std::string model = "400 com.amazonaws.sqs#";
    const std::string legacy = " AWS.SimpleQueueService.";
    const auto send = [](const std::string& rest) {
        return R"({"QueueUrl":"q","MessageBody":"x",)" + rest + "}";
    };
    const auto fifo = [](const std::string& rest) {
        return R"({"QueueUrl":"f.fifo","MessageBody":"x",)" + rest + "}";
    };
    std::string twenty;
    for (int i = 0; i < 20; ++i)
        twenty += (i ? "," : "") + R"({"Id":")"s + std::to_string(i) + R"(","MessageBody":"x"})";
    const std::string half(524'288, 'a');
    const refusal all[] = {
        {"ReceiveMessage", R"({"QueueUrl":"q","MaxNumberOfMessages":11})",
         value + "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, "
                 "if provided."},
        {"ReceiveMessage", R"({"QueueUrl":"q","WaitTimeSeconds":21})",
         value + "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if "
                 "provided."},
        // JSON strings end at 1 MiB, so what is too long is the attribute beside the longest body.
        {"SendMessage",
         R"({"QueueUrl":"q","MessageBody":")" + half + half +
             R"(","MessageAttributes":{"n":{"DataType":"String","StringValue":"v"}}})",
         value + "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."},
        {"SendMessage", R"({"QueueUrl":"q","MessageBody":""})",
         missing + "The request must contain the parameter MessageBody."},
        {"SendMessage", R"({"MessageBody":"x"})",
         missing + "The request must contain the parameter QueueUrl."},
        {"SendMessage", R"({"QueueUrl":"f.fifo","MessageBody":"x"})",
         missing + "The request must contain the parameter MessageGroupId."},
        {"SendMessage", fifo(R"("MessageGroupId":"g")"),
         value + "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
                 "provided "
                 "explicitly"},
        {"SendMessage", fifo(R"("MessageGroupId":"g","MessageDeduplicationId":"d","DelaySeconds":2)"),
         value + "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that "
                 "is not valid "
                 "for this queue type."},
        {"SendMessage", fifo(R"("MessageGroupId":"group 123")"),
         value + "Value group 123 for parameter MessageGroupId is invalid. Reason: MessageGroupId can only "
                 "include "
                 "alphanumeric and punctuation characters. 1 to 128 in length."},
        {"SendMessage", fifo(R"("MessageGroupId":"g","MessageDeduplicationId":"")"),
         value + "Value  for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can "
                 "only include "
                 "alphanumeric and punctuation characters. 1 to 128 in length."},
        {"SendMessage", send(R"("MessageDeduplicationId":"d")"),
         value + "Value d for parameter MessageDeduplicationId is invalid. Reason: The request include "
                 "parameter that is "
                 "not valid for this queue type."},
        {"SendMessage",
         send(R"("MessageAttributes":{"ErrorDetails":{"DataType":"String","StringValue":""}})"),
         value + "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'."},
        {"SendMessage", R"({"QueueUrl":"q","MessageBody":"\u0001"})",
         model + "InvalidMessageContents InvalidMessageContents Invalid binary character '#x1' was found in "
                 "the message "
                 "body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD "
                 "| #x10000 "
                 "to #x10FFFF"},
        {"SendMessage", send(R"("DelaySeconds":"2")"),
         "400 com.amazon.coral.service#SerializationException SerializationException STRING_VALUE can not be "
         "converted "
         "to an Integer"},
        {"SendMessageBatch", R"({"QueueUrl":"q","Entries":[)" + twenty + "]}",
         model + "TooManyEntriesInBatchRequest" + legacy +
             "TooManyEntriesInBatchRequest Maximum number of entries per request are 10. You have sent 20."},
        {"SendMessageBatch", R"({"QueueUrl":"q","Entries":[]})",
         model + "EmptyBatchRequest" + legacy +
             "EmptyBatchRequest There should be at least one SendMessageBatchRequestEntry in the request."},
        {"SendMessageBatch", R"({"QueueUrl":"q","Entries":[{"Id":"a.b","MessageBody":"x"}]})",
         model + "InvalidBatchEntryId" + legacy +
             "InvalidBatchEntryId A batch entry id can only contain alphanumeric characters, hyphens and "
             "underscores. It "
             "can be at most 80 letters long."},
        {"DeleteMessageBatch",
         R"({"QueueUrl":"q","Entries":[{"Id":"a","ReceiptHandle":"x"},{"Id":"a","ReceiptHandle":"x"}]})",
         model + "BatchEntryIdsNotDistinct" + legacy + "BatchEntryIdsNotDistinct Id a repeated."},
        {"SendMessageBatch",
         R"({"QueueUrl":"q","Entries":[{"Id":"a","MessageBody":")" + half +
             R"("},{"Id":"b","MessageBody":")" + half + R"(a"}]})",
         model + "BatchRequestTooLong" + legacy +
             "BatchRequestTooLong Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 "
             "bytes."},
        {"SendMessageBatch", R"({"QueueUrl":"f.fifo","Entries":[{"Id":"a","MessageBody":"x"}]})",
         value + "The request must contain the parameter MessageGroupId."},
        {"DeleteMessage", R"({"QueueUrl":"q","ReceiptHandle":"garbage"})",
         R"(404 com.amazonaws.sqs#ReceiptHandleIsInvalid ReceiptHandleIsInvalid The input receipt handle "garbage" is not a valid receipt handle.)"},
        {"ChangeMessageVisibility", R"({"QueueUrl":"q","ReceiptHandle":"x","VisibilityTimeout":43201})",
         value + "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout "
                 "for the message "
                 "is beyond the limit [43200 seconds]"},
        {"GetQueueAttributes", R"({"QueueUrl":"q","AttributeNames":["Foo"]})",
         model + "InvalidAttributeName InvalidAttributeName Unknown Attribute Foo."},
    };
    for (const refusal& r : all) EXPECT_EQ(refused(r.operation, r.input), r.answer);
}

TEST_F(sqs_service_test, message_size) {
    ok("SetQueueAttributes", R"({"QueueUrl":"q","Attributes":{"MaximumMessageSize":"1024"}})");
    const std::string fits(1024 - 1 - 6 - 1, 'a');
    const std::string attribute = R"("MessageAttributes":{"n":{"DataType":"String","StringValue":"v"}})";
    ok("SendMessage", R"({"QueueUrl":"q","MessageBody":")" + fits + "\"," + attribute + "}");
    EXPECT_EQ(call("SendMessage", R"({"QueueUrl":"q","MessageBody":"a)" + fits + "\"," + attribute + "}")
                  .error()
                  .message,
              "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.");
    EXPECT_EQ(
        ok("SendMessageBatch",
           R"({"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":"a)" + fits + "\"," + attribute + "}]}"),
        R"({"Failed":[{"Id":"1","SenderFault":true,"Code":"InvalidParameterValue","Message":"One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."}]})");
}

TEST_F(sqs_service_test, attribute_rules) {
    const auto sending = [&](const std::string& name, const std::string& type, const std::string& text) {
        return call("SendMessage", R"({"QueueUrl":"q","MessageBody":"x","MessageAttributes":{")" + name +
                                       R"(":{"DataType":")" + type + R"(","StringValue":")" + text +
                                       R"("}}})")
            .has_value();
    };
    for (const char* name : {"a", "A.b-c_1", "awsome"}) EXPECT_TRUE(sending(name, "String", "v")) << name;
    for (const char* name : {"", ".a", "a.", "a..b", "a b", "AWS.x", "amazon.x"})
        EXPECT_FALSE(sending(name, "String", "v")) << name;
    for (const char* type : {"String", "String.label", "Number.int"})
        EXPECT_TRUE(sending("a", type, "1")) << type;
    for (const char* type : {"", "string", "Blob", "Stringy"}) EXPECT_FALSE(sending("a", type, "1")) << type;
    for (const char* n : {"0", "-1.5e10", "1e126", "1e-128", "12345678901234567890123456789012345678", "+.5"})
        EXPECT_TRUE(sending("a", "Number", n)) << n;
    for (const char* n :
         {"x", "1x", "1e127", "1e-129", "123456789012345678901234567890123456789", ".", "1e", "1.2.3"})
        EXPECT_FALSE(sending("a", "Number", n)) << n;
}

TEST_F(sqs_service_test, batches_report_each_entry) {
    const std::string sent =
        ok("SendMessageBatch", R"({"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":"a"},)"
                               R"({"Id":"2","MessageBody":"\u0002"},{"Id":"3","MessageBody":"c"}]})");
    const auto s = parse(sent);
    EXPECT_EQ(s.root().find("Successful").size(), 2U);
    EXPECT_EQ(s.root().find("Failed").at(0).find("Id").string(), "2");
    EXPECT_EQ(s.root().find("Failed").at(0).find("Code").string(), "InvalidMessageContents");
    const std::string got = ok("ReceiveMessage", R"({"QueueUrl":"q","MaxNumberOfMessages":10})");
    ASSERT_EQ(parse(got).root().find("Messages").size(), 2U);
    const std::string handle = handle_of_first(got);
    const std::string changed = ok("ChangeMessageVisibilityBatch",
                                   R"({"QueueUrl":"q","Entries":[{"Id":"x","ReceiptHandle":")" + handle +
                                       R"(","VisibilityTimeout":0},{"Id":"y","ReceiptHandle":"bad"}]})");
    EXPECT_NE(changed.find(R"("Successful":[{"Id":"x"}])"), std::string::npos);
    EXPECT_NE(changed.find(R"("Code":"ReceiptHandleIsInvalid")"), std::string::npos);
    EXPECT_NE(ok("ReceiveMessage", R"({"QueueUrl":"q"})"), "{}");
    EXPECT_EQ(ok("DeleteMessageBatch",
                 R"({"QueueUrl":"q","Entries":[{"Id":"x","ReceiptHandle":")" + handle + "\"}]}"),
              R"({"Successful":[{"Id":"x"}]})");
    EXPECT_EQ(service.messages(), 1U);
}

TEST_F(sqs_service_test, fifo_by_content) {
    ok("SetQueueAttributes", R"({"QueueUrl":"f.fifo","Attributes":{"ContentBasedDeduplication":"true"}})");
    const std::string body = R"({"QueueUrl":"f.fifo","MessageGroupId":"g","MessageBody":"x"})";
    const std::string first = ok("SendMessage", body), second = ok("SendMessage", body);
    EXPECT_EQ(first, second);
    EXPECT_EQ(text_at(first, "SequenceNumber").size(), 20U);
    EXPECT_EQ(service.messages(), 1U);
    const std::string got =
        ok("ReceiveMessage", R"({"QueueUrl":"f.fifo","AttributeNames":["MessageDeduplicationId"]})");
    EXPECT_NE(got.find("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
              std::string::npos);
    const std::string handle = handle_of_first(got);
    ahead = std::chrono::seconds(31);
    EXPECT_EQ(
        call("DeleteMessage", R"({"QueueUrl":"f.fifo","ReceiptHandle":")" + handle + "\"}").error().message,
        "Value " + handle +
            " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.");
}

TEST_F(sqs_service_test, queue_attributes_and_tags) {
    EXPECT_EQ(ok("GetQueueAttributes", R"({"QueueUrl":"q"})"), "{}");
    ok("SendMessage", R"({"QueueUrl":"q","MessageBody":"x","DelaySeconds":5})");
    const auto all = parse(ok("GetQueueAttributes", R"({"QueueUrl":"q","AttributeNames":["All"]})"));
    const json::value a = all.root().find("Attributes");
    EXPECT_EQ(a.find("QueueArn").string(), "arn:aws:sqs:us-east-1:111122223333:q");
    EXPECT_EQ(a.find("VisibilityTimeout").string(), "30");
    EXPECT_EQ(a.find("ApproximateNumberOfMessagesDelayed").string(), "1");
    EXPECT_FALSE(a.find("FifoQueue").exists());
    EXPECT_FALSE(a.find("Policy").exists());
    EXPECT_EQ(ok("ListQueueTags", R"({"QueueUrl":"q"})"), "{}");
    EXPECT_EQ(ok("TagQueue", R"({"QueueUrl":"q","Tags":{"a":"1","b":"2"}})"), "");
    EXPECT_EQ(ok("UntagQueue", R"({"QueueUrl":"q","TagKeys":["a"]})"), "");
    EXPECT_EQ(ok("ListQueueTags", R"({"QueueUrl":"q"})"), R"({"Tags":{"b":"2"}})");
    EXPECT_EQ(ok("PurgeQueue", R"({"QueueUrl":"q"})"), "");
    EXPECT_EQ(service.messages(), 0U);
    EXPECT_EQ(call("PurgeQueue", R"({"QueueUrl":"q"})").error().type,
              "com.amazonaws.sqs#PurgeQueueInProgress");
}

TEST_F(sqs_service_test, tags_have_their_characters) {
    EXPECT_EQ(ok("TagQueue", R"({"QueueUrl":"q","Tags":{"a b_.:/=+-@9":"ü"}})"), "");
    EXPECT_EQ(call("TagQueue", R"({"QueueUrl":"q","Tags":{"a;b":"1"}})").error().query_code,
              "InvalidParameterValue");
    EXPECT_EQ(call("TagQueue", R"({"QueueUrl":"q","Tags":{"a":"1*"}})").error().query_code,
              "InvalidParameterValue");
    EXPECT_EQ(call("CreateQueue", R"({"QueueName":"r","tags":{"a":"<"}})").error().query_code,
              "InvalidParameterValue");
}

TEST_F(sqs_service_test, the_trace_of_the_request_becomes_the_message_s) {
    trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    EXPECT_EQ(ok("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})").find("MD5OfMessageSystemAttributes"),
              std::string::npos);
    const std::string all = R"({"QueueUrl":"q","MessageSystemAttributeNames":["AWSTraceHeader"]})";
    EXPECT_NE(ok("ReceiveMessage", all).find(R"("AWSTraceHeader":")" + trace_header + "\""),
              std::string::npos);
    ok("SendMessage", R"({"QueueUrl":"q","MessageBody":"x","MessageSystemAttributes":{"AWSTraceHeader":)"
                      R"({"DataType":"String","StringValue":"Root=own"}}})");
    EXPECT_NE(ok("ReceiveMessage", all).find("Root=own"), std::string::npos) << "what the client says wins";
    trace_header = "no trace";
    ok("SendMessage", R"({"QueueUrl":"q","MessageBody":"x"})");
    EXPECT_EQ(ok("ReceiveMessage", all).find("AWSTraceHeader"), std::string::npos);
}

TEST_F(sqs_service_test, listing_pages) {
    for (const char* n : {"p1", "p2", "p3"}) ok("CreateQueue", R"({"QueueName":")"s + n + "\"}");
    const std::string first = ok("ListQueues", R"({"QueueNamePrefix":"p","MaxResults":2})");
    EXPECT_EQ(parse(first).root().find("QueueUrls").size(), 2U);
    const std::string token = text_at(first, "NextToken");
    ASSERT_FALSE(token.empty());
    EXPECT_EQ(ok("ListQueues", R"({"QueueNamePrefix":"p","MaxResults":2,"NextToken":")" + token + "\"}"),
              R"({"QueueUrls":["http://localhost:4566/111122223333/p3"]})");
}

}  // namespace
}  // namespace trainyard::aws::local

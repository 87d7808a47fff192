// The Query protocol of SQS: forms to the operations' JSON, their JSON to XML.
#include "aws/local/sqs/sqs_query.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "aws/local/sqs/sqs_query_table.hpp"
#include "engine/base/encoding.hpp"
#include "sqs_fixture.hpp"

namespace trainyard::aws::local {
namespace {

// "operation input", or "status code message".
std::string read(const std::string& form, std::string_view path = "/") {
    const auto fields = parse_form(form);
    if (!fields) return "malformed";
    const auto call = read_sqs_query(*fields, path);
    if (call) return call->operation + " " + call->input;
    const service_error& e = call.error();
    return std::to_string(e.status) + " " + e.query_code + " " + e.message;
}

struct reading {
    const char *form, *expected;
};

TEST(sqs_query, forms_become_the_json_input) {
    const reading all[] = {
        {"Action=ListQueues", "ListQueues {}"},
        {"Action=ListQueues&Version=2012-11-05&QueueNamePrefix=a%2Bb+c&MaxResults=7",
         R"(ListQueues {"QueueNamePrefix":"a+b c","MaxResults":7})"},
        {"Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5"
         "&Attribute.2.Name=Policy&Attribute.2.Value=&Tag.1.Key=k&Tag.1.Value=v",
         R"(CreateQueue {"QueueName":"q","Attributes":{"DelaySeconds":"5","Policy":""},"tags":{"k":"v"}})"},
        {"Action=TagQueue&QueueUrl=q&Tag.1.Key=k&Tag.1.Value=v",
         R"(TagQueue {"QueueUrl":"q","Tags":{"k":"v"}})"},
        {"Action=UntagQueue&QueueUrl=q&TagKey.1=a&TagKey.2=b",
         R"(UntagQueue {"QueueUrl":"q","TagKeys":["a","b"]})"},
        // By number, not by text; gaps are no matter.
        {"Action=GetQueueAttributes&QueueUrl=q&AttributeName.10=c&AttributeName.9=b&AttributeName.1=a",
         R"(GetQueueAttributes {"QueueUrl":"q","AttributeNames":["a","b","c"]})"},
        {"Action=ReceiveMessage&QueueUrl=q&AttributeName.1=All&MessageSystemAttributeName.1=SenderId"
         "&MessageAttributeName.1=foo.*&MaxNumberOfMessages=10&VisibilityTimeout=0&WaitTimeSeconds=20"
         "&ReceiveRequestAttemptId=r",
         R"(ReceiveMessage {"QueueUrl":"q","AttributeNames":["All"],"MessageSystemAttributeNames":["SenderId"],)"
         R"("MessageAttributeNames":["foo.*"],"MaxNumberOfMessages":10,"VisibilityTimeout":0,)"
         R"("WaitTimeSeconds":20,"ReceiveRequestAttemptId":"r"})"},
        {"Action=SendMessage&QueueUrl=q&MessageBody=%22%0A%C3%A4&DelaySeconds=-1&MessageAttribute.1.Name=n"
         "&MessageAttribute.1.Value.DataType=Number&MessageAttribute.1.Value.StringValue=1"
         "&MessageAttribute.2.Name=b&MessageAttribute.2.Value.DataType=Binary"
         "&MessageAttribute.2.Value.BinaryValue=AAE%3D"
         "&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String"
         "&MessageSystemAttribute.1.Value.StringValue=Root%3D1&MessageGroupId=g&MessageDeduplicationId=d",
         "SendMessage {\"QueueUrl\":\"q\",\"MessageBody\":\"\\\"\\n\xC3\xA4\",\"DelaySeconds\":-1,"
         R"("MessageAttributes":{"n":{"StringValue":"1","DataType":"Number"},)"
         R"("b":{"BinaryValue":"AAE=","DataType":"Binary"}},)"
         R"("MessageSystemAttributes":{"AWSTraceHeader":{"StringValue":"Root=1","DataType":"String"}},)"
         R"("MessageDeduplicationId":"d","MessageGroupId":"g"})"},
        {"Action=SendMessageBatch&QueueUrl=q&SendMessageBatchRequestEntry.1.Id=a"
         "&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.1.MessageAttribute.1."
         "Name=n"
         "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String"
         "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=v"
         "&SendMessageBatchRequestEntry.10.Id=j&SendMessageBatchRequestEntry.10.DelaySeconds=3",
         R"(SendMessageBatch {"QueueUrl":"q","Entries":[{"Id":"a","MessageBody":"x",)"
         R"("MessageAttributes":{"n":{"StringValue":"v","DataType":"String"}}},{"Id":"j","DelaySeconds":3}]})"},
        // So EmptyBatchRequest is the answer; "Entries=" is how botocore says it.
        {"Action=DeleteMessageBatch&QueueUrl=q&Entries=",
         R"(DeleteMessageBatch {"QueueUrl":"q","Entries":[]})"},
        {"Action=ChangeMessageVisibilityBatch&QueueUrl=q&ChangeMessageVisibilityBatchRequestEntry.1.Id=a"
         "&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle=h"
         "&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=9",
         R"(ChangeMessageVisibilityBatch {"QueueUrl":"q","Entries":[{"Id":"a","ReceiptHandle":"h","VisibilityTimeout":9}]})"},
        {"Action=AddPermission&QueueUrl=q&Label=l&AWSAccountId.1=111122223333&ActionName.1=SendMessage",
         R"(AddPermission {"QueueUrl":"q","Label":"l","AWSAccountIds":["111122223333"],"Actions":["SendMessage"]})"},
        {"Action=StartMessageMoveTask&SourceArn=a&MaxNumberOfMessagesPerSecond=3",
         R"(StartMessageMoveTask {"SourceArn":"a","MaxNumberOfMessagesPerSecond":3})"},
        {"Action=CancelMessageMoveTask&TaskHandle=t", R"(CancelMessageMoveTask {"TaskHandle":"t"})"},
        {"Action=DeleteQueue&QueueUrl=q&Unknown.1=x&X-Amz-Date=y", R"(DeleteQueue {"QueueUrl":"q"})"},
    };
    for (const reading& r : all) EXPECT_EQ(read(r.form), r.expected);
}

TEST(sqs_query, a_queue_is_named_by_path_or_parameter) {
    const std::string path = "/111122223333/q.fifo";
    EXPECT_EQ(read("Action=PurgeQueue", path), R"(PurgeQueue {"QueueUrl":"/111122223333/q.fifo"})");
    EXPECT_EQ(read("Action=PurgeQueue&QueueUrl=other", path), R"(PurgeQueue {"QueueUrl":"other"})");
    EXPECT_EQ(read("Action=GetQueueUrl&QueueName=x", path), R"(GetQueueUrl {"QueueName":"x"})");
    for (const char* only_at_root : {"ListQueues", "CreateQueue"})
        EXPECT_EQ(
            read("Action=" + std::string{only_at_root}, path),
            "400 InvalidAction The action " + std::string{only_at_root} + " is not valid for this endpoint.");
    for (const char* nowhere :
         {"/q", "/11112222333/q", "/111122223333", "/111122223333/", "/111122223333/q/r", "/1111222233334/q",
          "/11112222333x/q", "/111122223333/q r", ""})
        EXPECT_EQ(
            read("Action=PurgeQueue", nowhere),
            "404 InvalidAddress The address " + std::string{nowhere} + " is not valid for this endpoint.");
}

TEST(sqs_query, a_path_of_other_bytes_is_no_queue) {
    for (const char* path : {"/111122223333/q\xFF", "/111122223333/q\xC3\xA4", "/111122223333/q\x01"})
        EXPECT_FALSE(is_queue_path(path));
    EXPECT_TRUE(is_queue_path("/111122223333/~"));
}

TEST(sqs_query, wrong_forms_are_refused) {
    const reading all[] = {
        {"Action=ListQueues&a=%4", "malformed"},
        {"Action=ListQueues&a=%zz", "malformed"},
        {"Action=ListQueues&a=%ff", "malformed"},
        {"Action=ListQueues&Action=ListQueues", "malformed"},
        {"Version=2012-11-05", "400 MissingAction The request must contain the parameter Action."},
        {"Action=", "400 MissingAction The request must contain the parameter Action."},
        {"Action=Fly", "400 InvalidAction The action Fly is not valid for this endpoint."},
        {"Action=ListQueues&Version=2010-01-01",
         "400 NoSuchVersion The requested version (2010-01-01) of service AmazonSQS does not exist"},
        {"Action=ListQueues&MaxResults=1x",
         "400 InvalidParameterValue Value 1x for parameter MaxResults is invalid. Reason: Must be an "
         "integer."},
        {"Action=ListQueues&MaxResults=",
         "400 InvalidParameterValue Value  for parameter MaxResults is invalid. Reason: Must be an integer."},
        {"Action=ListQueues&MaxResults=2147483648",
         "400 InvalidParameterValue Value 2147483648 for parameter MaxResults is invalid. Reason: Must be an "
         "integer."},
        {"Action=UntagQueue&QueueUrl=q&TagKey.0=a",
         "400 InvalidParameterValue Value 0 for parameter TagKey is invalid. Reason: The index must be an "
         "integer between 1 and 999999."},
        {"Action=UntagQueue&QueueUrl=q&TagKey.1000000=a",
         "400 InvalidParameterValue Value 1000000 for parameter TagKey is invalid. Reason: The index must be "
         "an integer between 1 and 999999."},
        {"Action=UntagQueue&QueueUrl=q&TagKey.01=a",
         "400 InvalidParameterValue Value 01 for parameter TagKey is invalid. Reason: The index must be an "
         "integer between 1 and 999999."},
        {"Action=UntagQueue&QueueUrl=q&TagKey.1.x=a",
         "400 MissingParameter The request must contain the parameter TagKey.1."},
        {"Action=SetQueueAttributes&QueueUrl=q&Attribute.1.Value=a",
         "400 MissingParameter The request must contain the parameter Attribute.1.Name."},
        {"Action=SetQueueAttributes&QueueUrl=q&Attribute.1.Name=a",
         "400 MissingParameter The request must contain the parameter Attribute.1.Value."},
        {"Action=SetQueueAttributes&QueueUrl=q&Attribute.1.Name=a&Attribute.1.Value=b&Attribute.2.Name=a"
         "&Attribute.2.Value=b",
         "400 InvalidParameterValue Value a for parameter Attribute.2.Name is invalid. Reason: It is "
         "repeated."},
        {"Action=SendMessage&QueueUrl=q&MessageAttribute.1.Name=b&MessageAttribute.1.Value.BinaryValue=A",
         "400 InvalidParameterValue Value A for parameter MessageAttribute.1.Value.BinaryValue is invalid. "
         "Reason: Must be base64."},
    };
    for (const reading& r : all) EXPECT_EQ(read(r.form), r.expected) << r.form;
}

TEST(sqs_query, a_form_has_at_most_1000_fields) {
    std::string form = "Action=UntagQueue&QueueUrl=q";
    for (int i = 1; i <= 998; ++i) form += "&TagKey." + std::to_string(i) + "=k";
    EXPECT_TRUE(parse_form(form));
    EXPECT_FALSE(parse_form(form + "&TagKey.999=k"));
}

std::string answer(std::string_view operation, std::string_view output) {
    std::string all = sqs_query_answer(operation, output, "r-1");
    const std::string name{operation};
    const std::string head =
        "<?xml version=\"1.0\"?><" + name + "Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">";
    const std::string tail =
        "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></" + name + "Response>";
    EXPECT_TRUE(all.starts_with(head)) << all;
    EXPECT_TRUE(all.ends_with(tail)) << all;
    if (all.size() < head.size() + tail.size()) return all;
    return all.substr(head.size(), all.size() - head.size() - tail.size());
}

TEST(sqs_query, answers_become_xml) {
    EXPECT_EQ(answer("DeleteMessage", ""), "");
    EXPECT_EQ(answer("ReceiveMessage", "{}"), "<ReceiveMessageResult/>");
    EXPECT_EQ(answer("ListQueues", R"({"QueueUrls":["http://h/1/a","http://h/1/b"],"NextToken":"t"})"),
              "<ListQueuesResult><QueueUrl>http://h/1/a</QueueUrl><QueueUrl>http://h/1/b</QueueUrl>"
              "<NextToken>t</NextToken></ListQueuesResult>");
    EXPECT_EQ(answer("ListDeadLetterSourceQueues", R"({"queueUrls":["u"]})"),
              "<ListDeadLetterSourceQueuesResult><QueueUrl>u</QueueUrl></ListDeadLetterSourceQueuesResult>");
    EXPECT_EQ(answer("GetQueueAttributes", R"({"Attributes":{"DelaySeconds":"0","Policy":"{\"a\"}"}})"),
              "<GetQueueAttributesResult><Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>"
              "<Attribute><Name>Policy</Name><Value>{&quot;a&quot;}</Value></Attribute>"
              "</GetQueueAttributesResult>");
    EXPECT_EQ(answer("ListQueueTags", R"({"Tags":{"k":""}})"),
              "<ListQueueTagsResult><Tag><Key>k</Key><Value></Value></Tag></ListQueueTagsResult>");
    EXPECT_EQ(
        answer("ReceiveMessage",
               R"({"Messages":[{"MessageId":"m","ReceiptHandle":"h","MD5OfBody":"d","Body":"<\r\n\u0007&>",)"
               R"("Attributes":{"SenderId":"s"},"MD5OfMessageAttributes":"e","MessageAttributes":{)"
               R"("n":{"DataType":"Binary","BinaryValue":"AAE="}}},{"MessageId":"m2"}]})"),
        "<ReceiveMessageResult><Message><MessageId>m</MessageId><ReceiptHandle>h</ReceiptHandle>"
        "<MD5OfBody>d</MD5OfBody><Body>&lt;&#xD;\n?&amp;&gt;</Body><Attribute><Name>SenderId</Name>"
        "<Value>s</Value></Attribute><MD5OfMessageAttributes>e</MD5OfMessageAttributes>"
        "<MessageAttribute><Name>n</Name><Value><BinaryValue>AAE=</BinaryValue>"
        "<DataType>Binary</DataType></Value></MessageAttribute></Message>"
        "<Message><MessageId>m2</MessageId></Message></ReceiveMessageResult>");
    EXPECT_EQ(
        answer("SendMessageBatch",
               R"({"Successful":[{"Id":"a","MessageId":"m","MD5OfMessageBody":"d","SequenceNumber":"1"}],)"
               R"("Failed":[{"Id":"b","SenderFault":true,"Code":"C","Message":"M"}]})"),
        "<SendMessageBatchResult><SendMessageBatchResultEntry><Id>a</Id><MessageId>m</MessageId>"
        "<MD5OfMessageBody>d</MD5OfMessageBody><SequenceNumber>1</SequenceNumber>"
        "</SendMessageBatchResultEntry><BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault>"
        "<Code>C</Code><Message>M</Message></BatchResultErrorEntry></SendMessageBatchResult>");
    EXPECT_EQ(answer("StartMessageMoveTask", R"({"TaskHandle":"t"})"),
              "<StartMessageMoveTaskResult><TaskHandle>t</TaskHandle></StartMessageMoveTaskResult>");
    EXPECT_EQ(
        answer("CancelMessageMoveTask", R"({"ApproximateNumberOfMessagesMoved":7})"),
        "<CancelMessageMoveTaskResult><ApproximateNumberOfMessagesMoved>7</ApproximateNumberOfMessagesMoved>"
        "</CancelMessageMoveTaskResult>");
    EXPECT_EQ(
        answer(
            "ListMessageMoveTasks",
            R"({"Results":[{"TaskHandle":"t","Status":"FAILED","SourceArn":"s","DestinationArn":"d",)"
            R"("MaxNumberOfMessagesPerSecond":5,"ApproximateNumberOfMessagesMoved":1,)"
            R"("ApproximateNumberOfMessagesToMove":2,"FailureReason":"f","StartedTimestamp":1764000000000}]})"),
        "<ListMessageMoveTasksResult><ListMessageMoveTasksResultEntry><TaskHandle>t</TaskHandle>"
        "<Status>FAILED</Status><SourceArn>s</SourceArn><DestinationArn>d</DestinationArn>"
        "<MaxNumberOfMessagesPerSecond>5</MaxNumberOfMessagesPerSecond>"
        "<ApproximateNumberOfMessagesMoved>1</ApproximateNumberOfMessagesMoved>"
        "<ApproximateNumberOfMessagesToMove>2</ApproximateNumberOfMessagesToMove>"
        "<FailureReason>f</FailureReason><StartedTimestamp>1764000000000</StartedTimestamp>"
        "</ListMessageMoveTasksResultEntry></ListMessageMoveTasksResult>");
}

TEST(sqs_query, what_xml_cannot_hold_is_replaced) {
    EXPECT_EQ(escape_xml("a\x01\t\n\x1F\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD\xC3\xA4"),
              "a?\t\n???\xEF\xBF\xBD\xC3\xA4");
    EXPECT_EQ(escape_xml("\xEF\xBF"), "\xEF\xBF");
}

std::string error_text(const service_error& e) {
    const std::string all = sqs_query_error(e, "r-1");
    const std::string head =
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>";
    const std::string tail = "<Detail/></Error><RequestId>r-1</RequestId></ErrorResponse>";
    EXPECT_TRUE(all.starts_with(head) && all.ends_with(tail)) << all;
    return all.substr(std::min(all.size(), head.size()),
                      all.size() - std::min(all.size(), head.size() + tail.size()));
}

TEST(sqs_query, errors_have_the_legacy_code_and_text) {
    EXPECT_EQ(error_text(sqs_error::queue_does_not_exist()),
              "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified "
              "queue does not exist for this wsdl version.</Message>");
    EXPECT_EQ(
        error_text(sqs_error::missing_parameter("QueueUrl")),
        "<Type>Sender</Type><Code>MissingParameter</Code><Message>The request must contain the parameter "
        "QueueUrl.</Message>");
    EXPECT_EQ(error_text(sqs_error::malformed_input("x<y")),
              "<Type>Sender</Type><Code>InvalidParameterValue</Code><Message>x&lt;y</Message>");
    EXPECT_EQ(error_text({500, "com.amazon.coral.service#InternalFailure", "InternalFailure", "m", false}),
              "<Type>Receiver</Type><Code>InternalFailure</Code><Message>m</Message>");
    EXPECT_EQ(error_text(malformed_query_string()),
              "<Type>Sender</Type><Code>MalformedQueryString</Code><Message>The query string contains a "
              "syntax error.</Message>");
    EXPECT_EQ(sqs_query_error(no_query_action(), "r-1"), "<UnknownOperationException/>\n");
}

// Nothing that an operation writes may be missing from the table.
void expect_covered(json::value v, std::span<const query_member> all, const std::string& where) {
    const auto given = v.members();
    for (auto at = given.begin(); at != given.end(); ++at) {
        const auto m =
            std::find_if(all.begin(), all.end(), [&](const query_member& x) { return x.json == at.key(); });
        ASSERT_NE(m, all.end()) << where << " has " << at.key();
        if (m->of.empty()) continue;
        if (m->kind == query_kind::list)
            for (const json::value e : (*at).elements())
                expect_covered(e, m->of, where + "." + std::string{at.key()});
        const auto entries = (*at).members();
        if (m->kind == query_kind::map)
            for (auto e = entries.begin(); e != entries.end(); ++e)
                expect_covered(*e, m->of, where + "." + std::string{at.key()});
    }
}

struct sqs_query_service : sqs_fixture {
    // The XML that a form is answered with.
    std::string ask(const std::string& form) {
        const auto read = read_sqs_query(*parse_form(form), "/");
        if (!read) return sqs_query_error(read.error(), "r");
        const auto reply = call(read->operation, read->input);
        if (!reply) return sqs_query_error(reply.error(), "r");
        if (!reply->empty())
            expect_covered(parse(*reply).root(), find_query_operation(read->operation)->output,
                           read->operation);
        asked.insert(read->operation);
        return sqs_query_answer(read->operation, *reply, "r");
    }
    static std::string first(const std::string& xml, const std::string& tag) {
        const auto from = xml.find("<" + tag + ">");
        if (from == std::string::npos) return {};
        const auto begin = from + tag.size() + 2;
        return xml.substr(begin, xml.find("</" + tag + ">", begin) - begin);
    }
    std::set<std::string> asked;
};

TEST_F(sqs_query_service, every_operation_answers) {
    ask("Action=CreateQueue&QueueName=dead");
    EXPECT_EQ(
        first(ask("Action=CreateQueue&QueueName=q&Tag.1.Key=k&Tag.1.Value=v&Attribute.1.Name=RedrivePolicy"
                  "&Attribute.1.Value=%7B%22deadLetterTargetArn%22%3A%22arn%3Aaws%3Asqs%3Aus-east-1%3A"
                  "111122223333%3Adead%22%2C%22maxReceiveCount%22%3A9%7D"),
              "QueueUrl"),
        "http://localhost:4566/111122223333/q");
    EXPECT_EQ(first(ask("Action=ListDeadLetterSourceQueues&QueueUrl=dead"), "QueueUrl"),
              "http://localhost:4566/111122223333/q");
    EXPECT_EQ(first(ask("Action=GetQueueUrl&QueueName=q"), "QueueUrl"),
              "http://localhost:4566/111122223333/q");
    EXPECT_EQ(first(ask("Action=ListQueues&MaxResults=1"), "NextToken").size(), 8U);
    EXPECT_EQ(first(ask("Action=ListQueueTags&QueueUrl=q"), "Tag"), "<Key>k</Key><Value>v</Value>");
    ask("Action=TagQueue&QueueUrl=q&Tag.1.Key=k&Tag.1.Value=w");
    ask("Action=UntagQueue&QueueUrl=q&TagKey.1=k");
    EXPECT_NE(ask("Action=ListQueueTags&QueueUrl=q").find("<ListQueueTagsResult/>"), std::string::npos);
    ask("Action=SetQueueAttributes&QueueUrl=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=60");
    EXPECT_EQ(
        first(ask("Action=GetQueueAttributes&QueueUrl=q&AttributeName.1=VisibilityTimeout"), "Attribute"),
        "<Name>VisibilityTimeout</Name><Value>60</Value>");
    const std::string sent = ask(
        "Action=SendMessage&QueueUrl=q&MessageBody=hello&MessageAttribute.1.Name=Hello"
        "&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=There"
        "&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String"
        "&MessageSystemAttribute.1.Value.StringValue=Root%3D1-5759e988-bd862e3fe1be46a994272793%3BParent%3D"
        "53995c3f42cd8ad8%3BSampled%3D1");
    EXPECT_EQ(first(sent, "MD5OfMessageAttributes"), "a311262e065454b75da111d535b8dacd");
    EXPECT_EQ(first(sent, "MD5OfMessageSystemAttributes"), "5ae4d5d7636402d80f4eb6d213245a88");
    const std::string got =
        ask("Action=ReceiveMessage&QueueUrl=q&AttributeName.1=All&MessageAttributeName.1=All");
    EXPECT_EQ(first(got, "MD5OfBody"), "5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(first(got, "MessageId"), first(sent, "MessageId"));
    EXPECT_EQ(first(got, "StringValue"), "There");
    const std::string handle = first(got, "ReceiptHandle");
    const std::string entry = "BatchRequestEntry.1.";
    ask("Action=ChangeMessageVisibility&QueueUrl=q&VisibilityTimeout=9&ReceiptHandle=" + handle);
    EXPECT_EQ(first(ask("Action=ChangeMessageVisibilityBatch&QueueUrl=q&ChangeMessageVisibility" + entry +
                        "Id=a&ChangeMessageVisibility" + entry + "ReceiptHandle=" + handle +
                        "&ChangeMessageVisibility" + entry + "VisibilityTimeout=1"),
                    "ChangeMessageVisibilityBatchResultEntry"),
              "<Id>a</Id>");
    ask("Action=DeleteMessage&QueueUrl=q&ReceiptHandle=" + handle);
    EXPECT_EQ(service.messages(), 0U);
    EXPECT_EQ(first(ask("Action=SendMessageBatch&QueueUrl=q&SendMessage" + entry + "Id=a&SendMessage" +
                        entry + "MessageBody=x"),
                    "Id"),
              "a");
    EXPECT_EQ(first(ask("Action=DeleteMessageBatch&QueueUrl=q&DeleteMessage" + entry + "Id=a&DeleteMessage" +
                        entry + "ReceiptHandle=zz"),
                    "Code"),
              "ReceiptHandleIsInvalid");
    const std::string label = "Action=AddPermission&QueueUrl=q&Label=readers";
    ask(label + "&AWSAccountId.1=444455556666&ActionName.1=ReceiveMessage");
    EXPECT_NE(ask("Action=GetQueueAttributes&QueueUrl=q&AttributeName.1=Policy").find("readers"),
              std::string::npos);
    ask("Action=RemovePermission&QueueUrl=q&Label=readers");
    ask("Action=SendMessage&QueueUrl=dead&MessageBody=x");
    const std::string source = "&SourceArn=arn%3Aaws%3Asqs%3Aus-east-1%3A111122223333%3Adead";
    const std::string moving = "Action=StartMessageMoveTask&MaxNumberOfMessagesPerSecond=1" + source +
                               "&DestinationArn=arn%3Aaws%3Asqs%3Aus-east-1%3A111122223333%3Aq";
    ask("Action=SendMessage&QueueUrl=dead&MessageBody=y");
    const std::string task = first(ask(moving), "TaskHandle");
    EXPECT_FALSE(task.empty());
    EXPECT_EQ(first(ask("Action=ListMessageMoveTasks" + source), "Status"), "RUNNING");
    EXPECT_FALSE(first(ask("Action=CancelMessageMoveTask&TaskHandle=" + percent_encode(task)),
                       "ApproximateNumberOfMessagesMoved")
                     .empty());
    ask("Action=PurgeQueue&QueueUrl=q");
    ask("Action=DeleteQueue&QueueUrl=q");
    EXPECT_EQ(asked.size(), 23U);
    EXPECT_EQ(first(ask("Action=DeleteQueue&QueueUrl=q"), "Code"), "AWS.SimpleQueueService.NonExistentQueue");
    EXPECT_EQ(first(ask("Action=SendMessageBatch&QueueUrl=dead"), "Message"),
              "There should be at least one SendMessageBatchRequestEntry in the request.");
}

TEST(sqs_query_table, has_every_operation_once) {
    const auto all = all_query_operations();
    EXPECT_EQ(all.size(), 23U);
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &query_operation::name));
    for (const query_operation& o : all) EXPECT_EQ(find_query_operation(o.name), &o);
    EXPECT_EQ(find_query_operation("Fly"), nullptr);
}

}  // namespace
}  // namespace trainyard::aws::local

#include "events_fixture.hpp"

namespace trainyard::aws::local::events {
namespace {

const std::string queue = "arn:aws:sqs:us-east-1:111122223333:q";

struct row {
    const char *operation, *input, *answer;
};

class operations_test : public events_test {
protected:
    void expect(std::initializer_list<row> rows) {
        for (const row& r : rows) EXPECT_EQ(ask(r.operation, r.input), r.answer) << r.operation << r.input;
    }
};

TEST_F(operations_test, rules) {
    expect({
        {"PutRule",
         R"({"Name":"a","EventPattern":"{\"source\":[\"x\"]}","Description":"d","Tags":[{"Key":"k","Value":"v"}]})",
         R"({"RuleArn":"arn:aws:events:us-east-1:111122223333:rule/a"})"},
        {"DescribeRule", R"({"Name":"a"})",
         R"({"Name":"a","Arn":"arn:aws:events:us-east-1:111122223333:rule/a","EventPattern":"{\"source\":[\"x\"]}","State":"ENABLED","Description":"d","EventBusName":"default","CreatedBy":"111122223333"})"},
        {"ListTagsForResource", R"({"ResourceARN":"arn:aws:events:us-east-1:111122223333:rule/a"})",
         R"({"Tags":[{"Key":"k","Value":"v"}]})"},
        {"DisableRule", R"({"Name":"a"})", ""},
        // What PutRule does not name is cleared; tags stay.
        {"PutRule", R"_({"Name":"a","ScheduleExpression":"rate(1 hour)","State":"DISABLED"})_",
         R"({"RuleArn":"arn:aws:events:us-east-1:111122223333:rule/a"})"},
        {"DescribeRule",
         R"({"Name":"a","EventBusName":"arn:aws:events:us-east-1:111122223333:event-bus/default"})",
         R"_({"Name":"a","Arn":"arn:aws:events:us-east-1:111122223333:rule/a","ScheduleExpression":"rate(1 hour)","State":"DISABLED","EventBusName":"default","CreatedBy":"111122223333"})_"},
        {"ListTagsForResource", R"({"ResourceARN":"arn:aws:events:us-east-1:111122223333:rule/a"})",
         R"({"Tags":[{"Key":"k","Value":"v"}]})"},
        {"EnableRule", R"({"Name":"a"})", ""},
        {"EnableRule", R"({"Name":"b"})",
         "ResourceNotFoundException: Rule b does not exist on EventBus default."},
        {"DeleteRule", R"({"Name":"a"})", ""},
        {"DeleteRule", R"({"Name":"a"})", ""},
        {"DescribeRule", R"({"Name":"a"})",
         "ResourceNotFoundException: Rule a does not exist on EventBus default."},
    });
}

TEST_F(operations_test, refusals_of_rules) {
    expect({
        {"PutRule", R"({"Name":"a"})",
         "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified."},
        {"PutRule", R"({"Name":"a","EventPattern":"{\"source\":\"x\"}"})",
         "InvalidEventPatternException: Event pattern is not valid. Reason: \"source\" must be an object or "
         "an array "
         "at the top"},
        {"PutRule", R"_({"Name":"a","ScheduleExpression":"rate(1 hours)"})_",
         "ValidationException: Parameter ScheduleExpression is not valid."},
        {"PutRule", R"({"Name":"a b","EventPattern":"{}"})",
         "ValidationException: 1 validation error detected: Value 'a b' at 'name' failed to satisfy "
         "constraint: "
         "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"},
        {"PutRule", R"({"Name":"a","EventPattern":"{\"a\":[1]}","EventBusName":"none"})",
         "ResourceNotFoundException: Event bus none does not exist."},
        {"CreateEventBus", R"({"Name":"own"})",
         R"({"EventBusArn":"arn:aws:events:us-east-1:111122223333:event-bus/own"})"},
        {"PutRule", R"_({"Name":"a","ScheduleExpression":"rate(1 hour)","EventBusName":"own"})_",
         "ValidationException: ScheduleExpression is supported only on the default event bus."},
        {"PutRule", R"({"Name":"a","EventPattern":"{\"a\":[1]}","EventBusName":"own"})",
         R"({"RuleArn":"arn:aws:events:us-east-1:111122223333:rule/own/a"})"},
        {"NoSuch", "{}", "UnknownOperationException: EventBridge has no operation NoSuch here."},
    });
}

TEST_F(operations_test, buses) {
    expect({
        {"CreateEventBus",
         R"({"Name":"own","Description":"d","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:1:q"}})",
         R"({"EventBusArn":"arn:aws:events:us-east-1:111122223333:event-bus/own","Description":"d","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:1:q"}})"},
        {"CreateEventBus", R"({"Name":"own"})",
         "ResourceAlreadyExistsException: Event bus own already exists."},
        {"CreateEventBus", R"({"Name":"default"})",
         "ResourceAlreadyExistsException: Event bus default already exists."},
        {"CreateEventBus", R"({"Name":"a/b"})", "ValidationException: Event bus name must not contain '/'."},
        {"UpdateEventBus", R"({"Name":"own","Description":"e"})",
         R"({"Arn":"arn:aws:events:us-east-1:111122223333:event-bus/own","Name":"own","Description":"e","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:1:q"}})"},
        {"DescribeEventBus", "{}",
         R"({"Name":"default","Arn":"arn:aws:events:us-east-1:111122223333:event-bus/default"})"},
        {"ListEventBuses", R"({"NamePrefix":"d"})",
         R"({"EventBuses":[{"Name":"default","Arn":"arn:aws:events:us-east-1:111122223333:event-bus/default"}]})"},
        {"DeleteEventBus", R"({"Name":"default"})", "ValidationException: Cannot delete event bus default."},
        {"PutRule", R"({"Name":"a","EventPattern":"{\"a\":[1]}","EventBusName":"own"})",
         R"({"RuleArn":"arn:aws:events:us-east-1:111122223333:rule/own/a"})"},
        {"DeleteEventBus", R"({"Name":"own"})",
         "ValidationException: Event bus can't be deleted since it has rules."},
        {"DeleteRule", R"({"Name":"a","EventBusName":"own"})", ""},
        {"DeleteEventBus", R"({"Name":"own"})", ""},
        {"DescribeEventBus", R"({"Name":"own"})", "ResourceNotFoundException: Event bus own does not exist."},
    });
}

TEST_F(operations_test, pages) {
    for (const char* name : {"a1", "a2", "a3", "b1"})
        ask("PutRule", std::string(R"({"Name":")") + name + R"(","EventPattern":"{\"a\":[1]}"})");
    const std::string first = ask("ListRules", R"({"NamePrefix":"a","Limit":2})");
    EXPECT_NE(first.find("\"a2\""), std::string::npos);
    EXPECT_EQ(first.find("\"a3\""), std::string::npos);
    const auto parsed = json::document::parse(first);
    const std::string token{*parsed->root().find("NextToken").string()};
    const std::string second =
        ask("ListRules", R"({"NamePrefix":"a","Limit":2,"NextToken":")" + token + "\"}");
    EXPECT_NE(second.find("\"a3\""), std::string::npos);
    EXPECT_EQ(second.find("NextToken"), std::string::npos);
    EXPECT_EQ(ask("ListRules", R"({"NextToken":"?"})"), "ValidationException: The NextToken is not valid.");
}

TEST_F(operations_test, targets) {
    ask("PutRule", R"({"Name":"a","EventPattern":"{\"a\":[1]}"})");
    expect({
        {"PutTargets",
         R"({"Rule":"a","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"},{"Id":"f","Arn":"arn:aws:lambda:us-east-1:111122223333:function:f"}]})",
         R"({"FailedEntryCount":1,"FailedEntries":[{"TargetId":"f","ErrorCode":"ValidationException","ErrorMessage":"Here arn:aws:lambda:us-east-1:111122223333:function:f cannot be a target: queues and event buses can."}]})"},
        {"ListTargetsByRule", R"({"Rule":"a"})",
         R"({"Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"}]})"},
        {"ListRuleNamesByTarget", R"({"TargetArn":"arn:aws:sqs:us-east-1:111122223333:q"})",
         R"({"RuleNames":["a"]})"},
        {"ListRuleNamesByTarget", R"({"TargetArn":"arn:aws:sqs:us-east-1:111122223333:r"})",
         R"({"RuleNames":[]})"},
        {"DeleteRule", R"({"Name":"a"})", "ValidationException: Rule can't be deleted since it has targets."},
        {"PutTargets", R"({"Rule":"a","Targets":[{"Id":"1","Arn":"q"}]})",
         "ValidationException: Parameter q is not valid. Reason: Provided Arn is not in correct format."},
        {"PutTargets",
         R"({"Rule":"a","Targets":[{"Id":"2","Arn":"arn:aws:sqs:us-east-1:111122223333:q.fifo"}]})",
         "ValidationException: Parameter(s) SqsParameters must be specified for target: 2."},
        {"PutTargets",
         R"({"Rule":"a","Targets":[{"Id":"2","Arn":"arn:aws:sqs:us-east-1:111122223333:q","Input":"1","InputPath":"$"}]})",
         "ValidationException: Only one of Input, InputPath, or InputTransformer must be provided for target "
         "2."},
        {"PutTargets",
         R"({"Rule":"a","Targets":[{"Id":"2","Arn":"arn:aws:sqs:us-east-1:111122223333:q","InputPath":"detail"}]})",
         "ValidationException: Invalid InputPath for target 2 : detail does not begin with $."},
        {"RemoveTargets", R"({"Rule":"a","Ids":["9","1"]})",
         R"({"FailedEntryCount":1,"FailedEntries":[{"TargetId":"9","ErrorCode":"ResourceNotFoundException","ErrorMessage":"Rule a does not have a target with the Id 9."}]})"},
        {"DeleteRule", R"({"Name":"a"})", ""},
        {"PutTargets", R"({"Rule":"a","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"}]})",
         "ResourceNotFoundException: Rule a does not exist on EventBus default."},
    });
}

std::string targets(int first, int count) {
    std::string out = R"({"Rule":"a","Targets":[)";
    for (int i = 0; i < count; ++i)
        out += std::string(i == 0 ? "" : ",") + R"({"Id":")" + std::to_string(first + i) + R"(","Arn":")" +
               queue + "\"}";
    return out + "]}";
}

TEST_F(operations_test, limits_of_targets) {
    ask("PutRule", R"({"Name":"a","EventPattern":"{\"a\":[1]}"})");
    EXPECT_EQ(ask("PutTargets", targets(0, 5)), R"({"FailedEntryCount":0,"FailedEntries":[]})");
    EXPECT_EQ(ask("PutTargets", targets(0, 5)), R"({"FailedEntryCount":0,"FailedEntries":[]})");
    EXPECT_EQ(ask("PutTargets", targets(5, 1)),
              "LimitExceededException: The requested resource exceeds the maximum number allowed.");
    EXPECT_EQ(ask("PutTargets", targets(0, 11)),
              "ValidationException: The request has more than 10 entries, the most that are allowed.");
}

TEST_F(operations_test, permissions_of_other_accounts) {
    const std::string other = "444455556666";
    const std::string entry =
        R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}","EventBusName":"arn:aws:events:us-east-1:111122223333:event-bus/default"}]})";
    const std::string refused = ask("PutEvents", entry, other);
    EXPECT_NE(refused.find(R"("ErrorCode":"AccessDeniedException")"), std::string::npos) << refused;
    EXPECT_EQ(ask("PutPermission",
                  R"({"StatementId":"s1","Action":"events:PutEvents","Principal":"444455556666"})"),
              "");
    EXPECT_NE(ask("PutEvents", entry, other).find(R"("FailedEntryCount":0)"), std::string::npos);
    const std::string bus = ask("DescribeEventBus", "{}");
    EXPECT_NE(bus.find(R"(\"AWS\":\"arn:aws:iam::444455556666:root\")"), std::string::npos) << bus;
    EXPECT_EQ(ask("RemovePermission", R"({"StatementId":"s2"})"),
              "ResourceNotFoundException: Statement with the provided id does not exist.");
    EXPECT_EQ(ask("RemovePermission", R"({"StatementId":"s1"})"), "");
    EXPECT_NE(ask("PutEvents", entry, other).find(R"("ErrorCode":"AccessDeniedException")"),
              std::string::npos);
    EXPECT_EQ(ask("RemovePermission", R"({"StatementId":"s1"})"),
              "ResourceNotFoundException: EventBus does not have a policy.");
    EXPECT_EQ(ask("PutPermission", R"({"Policy":"{\"Statement\":1}"})").substr(0, 20),
              "ValidationException:");
    EXPECT_EQ(ask("PutPermission", "{}").substr(0, 20), "ValidationException:");
    EXPECT_EQ(
        ask("DescribeRule",
            R"({"Name":"a","EventBusName":"arn:aws:events:us-east-1:111122223333:event-bus/default"})", other)
            .substr(0, 21),
        "AccessDeniedException");
}

TEST_F(operations_test, entries_of_put_events_fail_one_by_one) {
    const std::string answer = ask("PutEvents", R"({"Entries":[
        {"Source":"s","DetailType":"t","Detail":"{}"},
        {"DetailType":"t","Detail":"{}"},
        {"Source":"s","Detail":"{}"},
        {"Source":"s","DetailType":"t"},
        {"Source":"s","DetailType":"t","Detail":"[]"},
        {"Source":"aws.s3","DetailType":"t","Detail":"{}"},
        {"Source":"s","DetailType":"t","Detail":"{}","EventBusName":"none"}]})");
    const auto parsed = json::document::parse(answer);
    EXPECT_EQ(parsed->root().find("FailedEntryCount").integer(), 5);
    const char* const codes[] = {"",
                                 "InvalidArgument",
                                 "InvalidArgument",
                                 "InvalidArgument",
                                 "MalformedDetail",
                                 "NotAuthorizedForSourceException",
                                 ""};
    for (std::size_t i = 0; i < std::size(codes); ++i) {
        const json::value e = parsed->root().find("Entries").at(i);
        EXPECT_EQ(e.find("ErrorCode").string().value_or(""), codes[i]) << i;
        EXPECT_EQ(e.find("EventId").exists(), std::string_view{codes[i]}.empty()) << i;
    }
    const auto entries_of = [&](std::size_t bytes) {
        const std::string text(bytes - 8, 'x');  // {"a":""}
        std::string out;
        for (int i = 0; i < 10; ++i)
            out += std::string(i == 0 ? "" : ",") + R"({"Source":"s","DetailType":"t","Detail":"{\"a\":\")" +
                   text + R"(\"}"})";
        return ask("PutEvents", R"({"Entries":[)" + out + "]}");
    };
    EXPECT_EQ(entries_of(max_put_bytes / 10 + 1),
              "ValidationException: Total size of the entries in the request is over the limit.");
    EXPECT_NE(entries_of(max_put_bytes / 10 - 2).find(R"("FailedEntryCount":0)"), std::string::npos);
}

TEST_F(operations_test, test_event_pattern) {
    constexpr const char* event =
        R"(\"id\":\"1\",\"account\":\"1\",\"source\":\"s\",\"time\":\"2026-01-01T00:00:00Z\",\"region\":\"r\",\"resources\":[],\"detail-type\":\"t\")";
    const auto test = [&](const std::string& pattern, const std::string& text) {
        return ask("TestEventPattern", R"({"EventPattern":")" + pattern + R"(","Event":")" + text + "\"}");
    };
    EXPECT_EQ(test(R"({\"source\":[\"s\"]})", std::string("{") + event + "}"), R"({"Result":true})");
    EXPECT_EQ(test(R"({\"source\":[\"x\"]})", std::string("{") + event + "}"), R"({"Result":false})");
    EXPECT_EQ(test(R"({\"source\":[\"x\"]})", "{}"),
              "ValidationException: Parameter Event is not valid. Reason: id is a required argument.");
    EXPECT_EQ(test(R"({\"source\":[]})", "{}"),
              "InvalidEventPatternException: Event pattern is not valid. Reason: Empty arrays are not "
              "allowed at /source");
}

TEST_F(operations_test, an_event_reaches_its_targets_in_aws_shape) {
    ask("PutRule", R"({"Name":"a","EventPattern":"{\"source\":[\"s\"]}"})");
    ask("PutTargets", R"({"Rule":"a","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"},
        {"Id":"2","Arn":"arn:aws:sqs:us-east-1:111122223333:r","InputPath":"$.detail.n"},
        {"Id":"3","Arn":"arn:aws:sqs:us-east-1:111122223333:t","Input":"{\"fixed\":1}"},
        {"Id":"4","Arn":"arn:aws:sqs:us-east-1:111122223333:u.fifo","SqsParameters":{"MessageGroupId":"g"},
         "InputTransformer":{"InputPathsMap":{"n":"$.detail.n"},"InputTemplate":"{\"n\":<n>}"}}]})");
    ask("PutEvents",
        R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{\"n\":1.50}","Resources":["arn:x"],"Time":1767225600.0}]})");
    ask("PutEvents", R"({"Entries":[{"Source":"other","DetailType":"t","Detail":"{}"}]})");
    const auto due = deliver();
    ASSERT_EQ(due.size(), 4U);
    EXPECT_EQ(
        due[0].what.body,
        R"({"version":"0","id":")" + due[0].what.what->id +
            R"(","detail-type":"t","source":"s","account":"111122223333","time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":["arn:x"],"detail":{"n":1.50}})");
    EXPECT_EQ(due[1].what.body, "1.50");
    EXPECT_EQ(due[2].what.body, R"({"fixed":1})");
    EXPECT_EQ(due[3].what.body, R"({"n":1.50})");
    EXPECT_EQ(due[3].what.group_id, "g");
    EXPECT_TRUE(deliver().empty());
    EXPECT_EQ(events.next(), std::nullopt);
}

TEST_F(operations_test, disabled_rules_and_other_places_are_silent) {
    ask("PutRule", R"({"Name":"a","EventPattern":"{\"source\":[\"s\"]}","State":"DISABLED"})");
    ask("PutTargets", targets(0, 1));
    const std::string entry = R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}"}]})";
    ask("PutEvents", entry);
    EXPECT_TRUE(deliver().empty());
    ask("EnableRule", R"({"Name":"a"})");
    ask("PutEvents", entry, "444455556666");
    ask("PutEvents", entry, "111122223333", "eu-west-1");
    EXPECT_TRUE(deliver().empty());
    ask("PutEvents", entry);
    EXPECT_EQ(deliver().size(), 1U);
}

TEST_F(operations_test, schedules_fire_on_the_clock) {
    ask("PutRule", R"_({"Name":"a","ScheduleExpression":"rate(5 minutes)"})_");
    ask("PutTargets", targets(0, 1));
    EXPECT_EQ(events.next(), now + 5min);
    now += 5min;
    auto due = deliver();
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].what.what->detail_type, "Scheduled Event");
    EXPECT_EQ(due[0].what.what->source, "aws.events");
    EXPECT_EQ(due[0].what.what->resources,
              std::vector<std::string>{"arn:aws:events:us-east-1:111122223333:rule/a"});
    // Times that were missed are not made up for.
    now += 17min;
    EXPECT_EQ(deliver().size(), 1U);
    EXPECT_EQ(events.next(), now + 3min);
    ask("DisableRule", R"({"Name":"a"})");
    EXPECT_EQ(events.next(), std::nullopt);
    ask("EnableRule", R"({"Name":"a"})");
    EXPECT_EQ(events.next(), now + 5min);
    ask("RemoveTargets", R"({"Rule":"a","Ids":["0"]})");
    ask("DeleteRule", R"({"Name":"a"})");
    EXPECT_EQ(events.next(), std::nullopt);
}

TEST_F(operations_test, one_bus_forwards_to_another_once) {
    ask("CreateEventBus", R"({"Name":"own"})");
    ask("PutRule", R"({"Name":"a","EventPattern":"{\"source\":[\"s\"]}"})");
    ask("PutTargets",
        R"({"Rule":"a","Targets":[{"Id":"1","Arn":"arn:aws:events:us-east-1:111122223333:event-bus/own"},
        {"Id":"2","Arn":"arn:aws:events:us-east-1:444455556666:event-bus/default",
         "DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:111122223333:dead"}}]})");
    ask("PutRule", R"({"Name":"b","EventPattern":"{\"source\":[\"s\"]}","EventBusName":"own"})");
    ask("PutTargets",
        R"({"Rule":"b","EventBusName":"own","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:111122223333:q"},
        {"Id":"2","Arn":"arn:aws:events:us-east-1:111122223333:event-bus/default"}]})");
    ask("PutEvents", R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}"}]})");
    const auto due = deliver();
    ASSERT_EQ(due.size(), 2U);
    EXPECT_TRUE(due[0].dead_letter || due[1].dead_letter);
    const delivery_command& dead = due[0].dead_letter ? due[0] : due[1];
    EXPECT_EQ(dead.attributes.at("ERROR_CODE"), "NO_PERMISSIONS");
    EXPECT_EQ((due[0].dead_letter ? due[1] : due[0]).what.rule_arn,
              "arn:aws:events:us-east-1:111122223333:rule/own/b");
    EXPECT_EQ(events.deliveries().counted().dropped, 1U);  // back to the default bus would be a second hop
}

}  // namespace
}  // namespace trainyard::aws::local::events

// EventBridge's operations with a clock that moves when told, and every answer checked against its output
// shape.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "aws/local/events/events_operations.hpp"

namespace trainyard::aws::local::events {

class events_test : public testing::Test {
protected:
    explicit events_test(const delivery_faults& faults = {})
        : events(7, faults, open_authorizer::instance()), check(model::events_model()) {}

    service_reply call(const std::string& operation, const std::string& input,
                       const std::string& account = "111122223333", const std::string& region = "us-east-1") {
        const auto parsed = json::document::parse(input);
        EXPECT_TRUE(parsed) << input;
        principal who{account_id{account}, "arn:aws:iam::" + account + ":user/local", "AIDA"};
        auto reply = events.perform({operation, parsed->root(), who, region_name{region}, "http://x", now});
        const auto* const modelled = model::events_model().find(operation);
        if (reply && modelled != nullptr && modelled->output != model::no_shape && !reply->empty()) {
            const auto answer = json::document::parse(*reply);
            EXPECT_TRUE(answer) << *reply;
            const auto wrong = check.check_shape(modelled->output, answer->root());
            EXPECT_FALSE(wrong) << operation << ": " << wrong->message << "\n" << *reply;
        }
        return reply;
    }
    // The answer, or "ErrorType: message".
    std::string ask(const std::string& operation, const std::string& input,
                    const std::string& account = "111122223333", const std::string& region = "us-east-1") {
        const auto reply = call(operation, input, account, region);
        return reply ? *reply : reply.error().type + ": " + reply.error().message;
    }
    // What is enqueued now; every command succeeds.
    std::vector<delivery_command> deliver() {
        auto out = events.take(now);
        for (const delivery_command& c : out) events.report(c.number, {}, now);
        return out;
    }

    wall_time now = *parse_iso8601("2026-01-01T00:00:00Z");
    events_operations events;
    model::validator check;
};

}  // namespace trainyard::aws::local::events

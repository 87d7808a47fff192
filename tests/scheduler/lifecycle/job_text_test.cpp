// Terms and progress as the ledger keeps them.
#include <gtest/gtest.h>

#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {
namespace {

TEST(JobText, WhatIsAsUsualIsTheEmptyText) {
    EXPECT_EQ(to_text(job_terms{}), "");
    EXPECT_EQ(to_text(job_progress{}), "");
    EXPECT_EQ(parse_terms("").value(), job_terms{});
    EXPECT_EQ(parse_progress("").value(), job_progress{});
}

TEST(JobText, EveryMemberComesBack) {
    for (const auto rule : {dependency_rule::all, dependency_rule::any, dependency_rule::always}) {
        const job_terms t{{rule, {"a", "b \"\xc3\xa9"}}, 5, 6, true, true, "nightly", {}};
        EXPECT_EQ(parse_terms(to_text(t)).value(), t);
    }
    for (const auto rule : {group_rule::start, group_rule::end}) {
        job_terms t;
        t.turn = {rule, "group \"1\""};
        EXPECT_EQ(parse_terms(to_text(t)).value(), t);
    }
    for (const auto cause :
         {stop_cause::none, stop_cause::cancelled, stop_cause::preempted, stop_cause::lifetime}) {
        const job_progress p{"arn:x", cause, 2, "s3://b/o", 77, from_unix_millis(1'790'000'000'123),
                             true,    true};
        EXPECT_EQ(parse_progress(to_text(p)).value(), p);
    }
}

TEST(JobText, LaterMembersAreAcceptedAndDamageIsNot) {
    EXPECT_EQ(parse_progress(R"({"arn":"a","later":{"x":1}})")->arn, "a");
    EXPECT_EQ(parse_terms("{").error().code, errc::invalid_argument);
    EXPECT_EQ(parse_terms("[]").error().code, errc::corrupt);
    EXPECT_EQ(parse_terms(R"({"depends_on":{"some":["a"]}})").error().code, errc::corrupt);
    EXPECT_EQ(parse_terms(R"({"turn":{"soon":"g"}})").error().code, errc::corrupt);
    EXPECT_EQ(parse_progress(R"({"cause":"whim"})").error().code, errc::corrupt);
}

}  // namespace
}  // namespace trainyard::lifecycle

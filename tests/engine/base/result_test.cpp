#include "engine/base/result.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "engine/base/check.hpp"
#include "engine/base/units.hpp"

namespace trainyard {
namespace {

TEST(result, context_comes_before_the_message) {
    const error e = with_context({errc::io, "disk full"}, "ledger.db");
    EXPECT_EQ(e.code, errc::io);
    EXPECT_EQ(e.message, "ledger.db: disk full");
}

TEST(result, value_of_an_error_throws_its_message) {
    const result<int> r = error{errc::limit, "too many"};
    try {
        (void)r.value();
        FAIL();
    } catch (const std::runtime_error& e) {
        EXPECT_NE(std::string_view{e.what()}.find("too many"), std::string_view::npos);
    }
}

TEST(check_death, names_expression_and_reason) {
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    const int jobs = 2;
    TY_CHECK(jobs == 2, "fine");
    EXPECT_DEATH(TY_CHECK(jobs == 1, "one job"), "result_test.cpp:.*jobs == 1.*one job");
}

TEST(name, compares_and_hashes_by_text) {
    EXPECT_EQ(region_name{"us-east-1"}, region_name{std::string{"us-east-1"}});
    EXPECT_LT(account_id{"1"}, account_id{"2"});
    EXPECT_EQ(std::hash<account_id>{}(account_id{"1"}),
              std::hash<account_id>{}(account_id{std::string_view{"1"}}));
    static_assert(!std::is_convertible_v<region_name, account_id> &&
                  !std::is_convertible_v<std::string, account_id>);
}

}  // namespace
}  // namespace trainyard

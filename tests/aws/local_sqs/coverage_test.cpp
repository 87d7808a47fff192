// That SQS ignores no parameter.
#include "aws/local/sqs/sqs_coverage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "aws/local/model/shapes.hpp"

namespace trainyard::aws::local {
namespace {

TEST(sqs_coverage, nothing_is_ignored) {
    const std::string table = sqs_coverage();
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2 + 23);
    std::size_t rows = 0;
    for (auto at = table.find(" | - |\n"); at != std::string::npos; at = table.find(" | - |\n", at + 1))
        ++rows;
    EXPECT_EQ(rows, 23U) << "every operation reads all of its parameters\n" << table;
}

}  // namespace
}  // namespace trainyard::aws::local

// The table of parameters, and that nothing in it is ignored.
#include "aws/local/sqs/sqs_coverage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "aws/local/model/shapes.hpp"

namespace trainyard::aws::local {
namespace {

// After a change: trainyard local --coverage prints the table.
TEST(sqs_coverage, the_readme_has_the_table_and_nothing_is_ignored) {
    const std::string table = sqs_coverage();
    std::ifstream file{std::string{TRAINYARD_SOURCE_DIR} + "/aws/local/sqs/README.md"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_NE(text.find(table), std::string::npos) << table;
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2 + 23);
    std::size_t rows = 0;
    for (auto at = table.find(" | - |\n"); at != std::string::npos; at = table.find(" | - |\n", at + 1))
        ++rows;
    EXPECT_EQ(rows, 23U) << "every operation reads all of its parameters\n" << table;
}

}  // namespace
}  // namespace trainyard::aws::local

// The published table of parameters is the one that the code gives.
#include "aws/local/coverage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

// After a change of an operation: trainyard local --coverage > aws/local/coverage.md
TEST(local_coverage, the_file_says_what_the_services_do) {
    std::ifstream file{std::string{TRAINYARD_SOURCE_DIR} + "/aws/local/coverage.md"};
    const std::string kept{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(kept, coverage());
}

TEST(local_coverage, every_service_has_its_operations) {
    const std::string table = coverage();
    for (const char* row :
         {"| AssumeRole | RoleArn, RoleSessionName, PolicyArns, Policy, DurationSeconds, Tags, "
          "TransitiveTagKeys, ",
          "| GetCallerIdentity | - | - | - |\n", "| GetRole | RoleName | - | - |\n",
          "| DeleteRule | Name, EventBusName | Force | - |\n", "| ListServiceQuotas |", "| SendMessage | "})
        EXPECT_THAT(table, HasSubstr(row));
}

}  // namespace
}  // namespace trainyard::aws::local

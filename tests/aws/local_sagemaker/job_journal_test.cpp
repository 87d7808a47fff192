#include "aws/local/sagemaker/job_journal.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/aws/local_sagemaker/training_fixture.hpp"

namespace trainyard::aws::local {
namespace {

TEST(job_journal, appends_one_line_for_each_operation) {
    const auto file = std::filesystem::temp_directory_path() / ("journal-" + std::to_string(::getpid()));
    std::filesystem::remove(file);
    const account_id account{"111122223333"};
    const region_name region{"eu-west-1"};
    for (int i = 0; i < 2; ++i) {  // a second process appends
        job_journal journal;
        ASSERT_TRUE(journal.open(file.string()).has_value());
        ASSERT_TRUE(journal.create(account, region, "a", start, {{"k", "v\n"}}).has_value());
        ASSERT_TRUE(journal.stop(account, region, "a", start).has_value());
    }
    std::ifstream in{file};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0], R"({"op":"create","account":"111122223333","region":"eu-west-1","name":"a",)"
                        R"("time":1764000000.123,"tags":{"k":"v\n"}})");
    EXPECT_EQ(
        lines[3],
        R"({"op":"stop","account":"111122223333","region":"eu-west-1","name":"a","time":1764000000.123})");
    std::filesystem::remove(file);
    EXPECT_EQ(job_journal{}.open("/nowhere/journal").error().code, errc::io);
}

TEST(job_journal, a_full_disk_is_an_error) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
    job_journal journal;
    ASSERT_TRUE(journal.open("/dev/full").has_value());
    EXPECT_EQ(journal.stop(account_id{"1"}, region_name{"r"}, "a", start).error().code, errc::io);
    sagemaker_service service{sagemaker_options{}, journal};
    const auto input = json::document::parse(create_text("a"));
    operation_call c;
    c.operation = "CreateTrainingJob";
    c.input = input->root();
    c.now = start;
    EXPECT_EQ(service.handle(c).error().status, 500);
}

}  // namespace
}  // namespace trainyard::aws::local

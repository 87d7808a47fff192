#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "aws/local/world_files.hpp"

namespace trainyard::aws::local {
namespace {

namespace fs = std::filesystem;

TEST(rule_files, have_a_longest_length) {
    std::string name = (fs::temp_directory_path() / "rules-XXXXXX").string();
    const fs::path directory = mkdtemp(name.data());
    const std::string file = (directory / "rules.json").string();
    const auto write = [&](std::size_t bytes) {
        std::ofstream{file} << "[" << std::string(bytes - 2, ' ') << "]";
    };
    write(rule_file_bytes_max);
    EXPECT_TRUE(read_rules_file(file).has_value()) << read_rules_file(file).error().message;
    EXPECT_TRUE(read_faults_file(file).has_value());
    write(rule_file_bytes_max + 1);
    for (const error& e : {read_rules_file(file).error(), read_faults_file(file).error()}) {
        EXPECT_EQ(e.code, errc::limit);
        EXPECT_THAT(e.message, testing::HasSubstr("longer than 1048576 bytes"));
    }
    fs::remove_all(directory);
}

}  // namespace
}  // namespace trainyard::aws::local

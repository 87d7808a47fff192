// Published cases under TRAINYARD_DATA; they stay out of the repository, and a test without them says so.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "engine/base/json.hpp"

namespace trainyard::policy::test {

inline std::string data_path(const std::string& file) {
    const char* folder = std::getenv("TRAINYARD_DATA");
    return (folder ? std::string{folder} : std::string{TRAINYARD_SOURCE_DIR} + "/../shared/data") +
           "/traces/" + file;
}

// Nothing when the file is missing; a file that is no JSON fails the test.
inline std::optional<json::document> read_cases(const std::string& file) {
    std::ifstream in{data_path(file)};
    if (!in) return std::nullopt;
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    auto parsed = json::document::parse(text);
    EXPECT_TRUE(parsed) << file << " is no JSON";
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
}

inline std::string missing(const std::string& file) {
    return data_path(file) + " is missing; point TRAINYARD_DATA at the folder that has traces/";
}

}  // namespace trainyard::policy::test

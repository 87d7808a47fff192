// Rows of a golden table: tab-separated, '#' begins a comment line.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace trainyard::test {

inline std::vector<std::vector<std::string>> golden_rows(const std::string& file, std::size_t columns) {
    std::vector<std::vector<std::string>> out;
    std::ifstream in{TRAINYARD_SOURCE_DIR "/tests/golden/" + file};
    EXPECT_TRUE(in) << file;
    std::string line;
    while (std::getline(in, line)) {
        if (line.empty() || line.front() == '#') continue;
        std::vector<std::string> row(1);
        for (const char c : line)
            if (c == '\t')
                row.emplace_back();
            else
                row.back() += c;
        EXPECT_EQ(row.size(), columns) << file << ": " << line;
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace trainyard::test

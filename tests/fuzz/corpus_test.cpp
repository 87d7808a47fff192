// Every committed and generated input once, in ordinary builds: what was fixed stays fixed without libFuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

std::string read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void run_one(const std::string& what, std::string_view input, void (*run)(std::string_view)) {
    SCOPED_TRACE(what);
    try {
        run(input);
    } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
    }
}

void run_all(const char* target, void (*run)(std::string_view)) {
    const auto folder = std::filesystem::path(TRAINYARD_SOURCE_DIR) / "tests/fuzz/corpus" / target;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    EXPECT_GE(files.size(), 5U) << "a corpus of so few is none";
    for (const auto& f : files) run_one(f.filename().string(), read(f), run);
    std::size_t number = 0;
    for (const auto& each : generated_inputs(target))
        run_one("generated " + std::to_string(number++), each, run);
}

#define FUZZ_TARGET(name, length_max) \
    TEST(fuzz_corpus, name) {         \
        run_all(#name, &run_##name);  \
    }
#include "targets.def"
#undef FUZZ_TARGET

TEST(fuzz_property, one_that_does_not_hold_is_an_exception) {
    EXPECT_NO_THROW(require(true, "holds"));
    EXPECT_THROW(require(false, "does not hold"), std::logic_error);
}

}  // namespace
}  // namespace trainyard::fuzz

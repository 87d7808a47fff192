// The file: created, found again, refused; what was committed survives.
#include "aws/local/durable/data_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class a_data_file : public testing::Test {
protected:
    a_data_file() {
        std::string name = (fs::temp_directory_path() / "data-XXXXXX").string();
        directory_ = mkdtemp(name.data());
        path = directory_ / "world.db";
    }
    ~a_data_file() override { fs::remove_all(directory_); }

    using documents = std::map<std::string, std::string>;
    static documents read(data_file& f, const std::string& part) {
        documents all;
        std::string last;
        const auto each = [&](std::string_view key, std::string_view value) -> result<void> {
            EXPECT_LT(last, key) << "in the order of keys";
            last = std::string{key};
            all.emplace(key, value);
            return {};
        };
        const auto done = f.read(part, each);
        EXPECT_TRUE(done.has_value()) << done.error().message;
        return all;
    }
    std::string bytes() const {
        std::ifstream in{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    // Why the file is refused; it must be as it was.
    std::string refusal() const {
        const std::string before = bytes();
        const auto f = data_file::open(path.string());
        EXPECT_FALSE(f.has_value());
        EXPECT_EQ(bytes(), before) << "nothing is overwritten";
        return f ? "" : f.error().message;
    }
    void sql(const char* text) const {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
        sqlite3_close(db);
    }

    fs::path directory_, path;
};

durable_change put(std::string key, std::string value) {
    return {std::move(key), std::move(value), false};
}

TEST_F(a_data_file, keeps_documents) {
    const std::string odd{"a\0b\xFF", 4};
    {
        auto f = data_file::open(path.string());
        ASSERT_TRUE(f.has_value()) << f.error().message;
        struct stat s{};
        ASSERT_EQ(stat(path.c_str(), &s), 0);
        EXPECT_EQ(s.st_mode & 0777U, 0600U);
        ASSERT_TRUE(
            f->write({{"a", {put("k1", "v1"), put("k2", ""), put(odd, odd)}}, {"b", {put("k1", "w")}}}));
        ASSERT_TRUE(
            f->write({{"a", {put("k1", "v2"), {"k2", std::nullopt, false}, {"none", std::nullopt, false}}}}));
    }
    auto f = data_file::open(path.string());
    ASSERT_TRUE(f.has_value());
    EXPECT_EQ(read(*f, "a"), (documents{{"k1", "v2"}, {odd, odd}}));
    EXPECT_EQ(read(*f, "b"), (documents{{"k1", "w"}}));
    EXPECT_EQ(read(*f, "c"), documents{});
}

TEST_F(a_data_file, erases_by_prefix) {
    auto f = data_file::open(path.string());
    const auto erase = [&](const char* prefix) {
        ASSERT_TRUE(f->write({{"a", {{prefix, std::nullopt, true}}}}));
    };
    ASSERT_TRUE(
        f->write({{"a", {put("m/1", ""), put("m/2", ""), put("m0", ""), put("l", ""), put("\xFF\xFF", "")}},
                  {"b", {put("m/1", "")}}}));
    erase("m/");
    EXPECT_EQ(read(*f, "a"), (documents{{"m0", ""}, {"l", ""}, {"\xFF\xFF", ""}}));
    erase("\xFF");
    EXPECT_EQ(read(*f, "a"), (documents{{"m0", ""}, {"l", ""}}));
    erase("");
    EXPECT_EQ(read(*f, "a"), documents{});
    EXPECT_EQ(read(*f, "b"), (documents{{"m/1", ""}}));
}

TEST_F(a_data_file, tells_where_reading_failed) {
    auto f = data_file::open(path.string());
    ASSERT_TRUE(f->write({{"a", {put("k", "v")}}}));
    const auto no = [](std::string_view, std::string_view) -> result<void> {
        return error{errc::corrupt, "no"};
    };
    EXPECT_THAT(f->read("a", no).error().message, HasSubstr("world.db, part a: no"));
    EXPECT_EQ(read(*f, "a").size(), 1U) << "it can be read again";
}

TEST_F(a_data_file, has_one_owner) {
    const auto f = data_file::open(path.string());
    ASSERT_TRUE(f.has_value());
    EXPECT_THAT(data_file::open(path.string()).error().message, HasSubstr("is in use by another process"));
}

TEST_F(a_data_file, of_another_program_is_refused) {
    sql("CREATE TABLE t(x); PRAGMA application_id=7");
    EXPECT_THAT(refusal(), HasSubstr("another program's SQLite database"));
    fs::remove(path);
    sql("CREATE TABLE t(x)");
    EXPECT_THAT(refusal(), HasSubstr("another program's SQLite database"));
    std::ofstream{path, std::ios::binary} << std::string(5000, 'x');
    EXPECT_THAT(refusal(), HasSubstr("is not a data file"));
}

TEST_F(a_data_file, of_another_schema_is_refused) {
    ASSERT_TRUE(data_file::open(path.string()).has_value());
    sql("PRAGMA user_version=2");
    EXPECT_THAT(refusal(), HasSubstr("has schema 2, this program knows 1"));
}

TEST_F(a_data_file, that_is_damaged_is_refused) {
    {
        auto f = data_file::open(path.string());
        std::vector<durable_change> many;
        for (int i = 0; i < 1000; ++i) many.push_back(put("key" + std::to_string(i), std::string(100, 'x')));
        ASSERT_TRUE(f->write({{"a", many}}));
    }
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(10 * 4096 + 100);
    file << std::string(2000, '\x55');
    file.close();
    EXPECT_THAT(refusal(), HasSubstr("is damaged"));
}

TEST_F(a_data_file, cannot_be_a_directory_or_stand_nowhere) {
    EXPECT_THAT(data_file::open("/nowhere/x").error().message, HasSubstr("cannot be created: No such file"));
    EXPECT_FALSE(data_file::open(directory_.string()).has_value());
    EXPECT_FALSE(data_file::open("").has_value());
}

// Commits numbers after `first` until it is killed; says each one once it is committed.
[[noreturn]] void commit_until_killed(const std::string& path, std::uint64_t first, int out) {
    auto f = data_file::open(path);
    if (!f) _exit(3);
    for (std::uint64_t n = first;; ++n) {
        const std::string value(1000 + n % 5000, 'v');
        if (!f->write({{"a", {put("number", std::to_string(n)), put("k" + std::to_string(n % 50), value)}}}))
            _exit(4);
        if (write(out, &n, sizeof n) != sizeof n) _exit(5);
    }
}

TEST_F(a_data_file, holds_what_was_committed_when_the_process_is_killed) {
    rng random{7};
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < 20; ++round) {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(ends[0]);
            commit_until_killed(path.string(), acknowledged + 1, ends[1]);
        }
        ::close(ends[1]);
        const std::uint64_t enough = acknowledged + 1 + random.below(60);
        std::uint64_t n = 0;
        while (acknowledged < enough && ::read(ends[0], &n, sizeof n) == sizeof n) acknowledged = n;
        EXPECT_GE(acknowledged, enough) << "the child ended by itself";
        kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
        while (::read(ends[0], &n, sizeof n) == sizeof n) acknowledged = n;
        ::close(ends[0]);
        auto f = data_file::open(path.string());
        ASSERT_TRUE(f.has_value()) << f.error().message;
        const std::uint64_t found = std::stoull(read(*f, "a").at("number"));
        EXPECT_GE(found, acknowledged);
        EXPECT_LE(found, acknowledged + 1);
        acknowledged = found;
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace trainyard::aws::local

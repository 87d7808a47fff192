// One transaction for what ends in one turn of the loop, and no answer before it.
#include "aws/local/durable/keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <map>

#include "engine/io/task_group.hpp"

namespace trainyard::aws::local {
namespace {

namespace fs = std::filesystem;

// A part that is nothing but documents.
class documents final : public durable {
public:
    void put(const std::string& key, const std::string& value) {
        all[key] = value;
        if (keeps) changes.push_back({key, value, false});
    }
    std::string_view part() const override { return "test"; }
    void keep_changes() override { keeps = true; }
    bool changed() const override { return !changes.empty(); }
    void take_changes(std::vector<durable_change>& into) override {
        ++taken;
        for (auto& c : changes) into.push_back(std::move(c));
        changes.clear();
    }
    result<void> restore(std::string_view key, std::string_view value) override {
        if (value == "bad") return error{errc::corrupt, "a bad value"};
        all.emplace(key, value);
        return {};
    }

    std::map<std::string, std::string> all;
    std::vector<durable_change> changes;
    bool keeps = false;
    int taken = 0;
};

task<void> change(keeper& k, documents& d, std::string key, std::string value, bool& kept) {
    d.put(key, value);
    kept = co_await k.kept();
}

task<void> look(keeper& k, bool& kept) {
    kept = co_await k.kept();
}

class keeping : public testing::Test {
protected:
    keeping() {
        std::string name = (fs::temp_directory_path() / "keeper-XXXXXX").string();
        directory_ = mkdtemp(name.data());
        path = (directory_ / "world.db").string();
    }
    ~keeping() override { fs::remove_all(directory_); }
    void run() {
        io.restart();
        while (group.size() > 0) io.run_one();
    }
    std::map<std::string, std::string> on_disk() {
        documents d;
        keeper k{io, [](const error&) {}};
        const auto opened = k.open(path, {&d});
        EXPECT_TRUE(opened.has_value()) << opened.error().message;
        return d.all;
    }

    boost::asio::io_context io{1};
    io::task_group group{io};
    fs::path directory_;
    std::string path;
};

TEST_F(keeping, without_a_file_nothing_waits) {
    documents d;
    keeper k{io, [](const error&) {}};
    k.serve({&d});
    bool kept = false;
    group.spawn([&] { return change(k, d, "a", "1", kept); });
    run();
    EXPECT_TRUE(kept);
    EXPECT_FALSE(d.keeps);
}

TEST_F(keeping, one_transaction_for_a_turn) {
    documents d;
    std::array<bool, 10> kept{};
    {
        keeper k{io, [](const error&) {}};
        ASSERT_TRUE(k.open(path, {&d}).has_value());
        for (std::size_t i = 0; i < kept.size(); ++i)
            group.spawn([&, i] { return change(k, d, "k" + std::to_string(i), "v", kept[i]); });
        run();
        for (const bool one : kept) EXPECT_TRUE(one);
        EXPECT_EQ(d.taken, 1);
        bool looked = false;
        group.spawn([&] { return look(k, looked); });
        run();
        EXPECT_TRUE(looked);
        EXPECT_EQ(d.taken, 1) << "what changed nothing writes nothing";
    }
    EXPECT_EQ(on_disk(), d.all);
}

TEST_F(keeping, a_new_set_of_parts_replaces_the_old_documents) {
    documents old, fresh;
    {
        keeper k{io, [](const error&) {}};
        ASSERT_TRUE(k.open(path, {&old}).has_value());
        old.put("a", "1");
        ASSERT_TRUE(k.keep_now());
        old.put("b", "2");
        k.serve({&fresh});
        fresh.put("c", "3");
        ASSERT_TRUE(k.keep_now());
    }
    EXPECT_EQ(on_disk(), (std::map<std::string, std::string>{{"c", "3"}}));
}

TEST_F(keeping, what_a_part_refuses_is_not_opened) {
    {
        documents d;
        keeper k{io, [](const error&) {}};
        ASSERT_TRUE(k.open(path, {&d}).has_value());
        d.put("a", "bad");
        ASSERT_TRUE(k.keep_now());
    }
    documents d;
    keeper k{io, [](const error&) {}};
    EXPECT_THAT(k.open(path, {&d}).error().message, testing::HasSubstr("part test: a bad value"));
    EXPECT_FALSE(k.is_open());
}

class full_disk {
public:
    full_disk() {
        before_ = std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &limit_);
        const rlimit none{0, limit_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &none);
    }
    ~full_disk() {
        setrlimit(RLIMIT_FSIZE, &limit_);
        std::signal(SIGXFSZ, before_);
    }

private:
    rlimit limit_{};
    void (*before_)(int) = nullptr;
};

TEST_F(keeping, after_a_failed_write_nothing_is_kept) {
    documents d;
    std::vector<std::string> failures;
    keeper k{io, [&](const error& e) { failures.push_back(e.message); }};
    ASSERT_TRUE(k.open(path, {&d}).has_value());
    // A disk that is full: no file may grow.
    const full_disk full;
    d.put("a", std::string(1'000'000, 'x'));
    bool first = true, second = true, third = true;
    group.spawn([&] { return look(k, first); });
    run();
    group.spawn([&] { return change(k, d, "b", "1", second); });
    run();
    group.spawn([&] { return look(k, third); });
    run();
    EXPECT_FALSE(first || second || third);
    EXPECT_EQ(failures.size(), 1U);
}

}  // namespace
}  // namespace trainyard::aws::local

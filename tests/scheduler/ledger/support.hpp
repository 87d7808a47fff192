// Jobs, records and directories that the ledger's tests share.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "scheduler/ledger/ledger.hpp"

namespace trainyard::lifecycle {

inline bool operator==(const job_facts& a, const job_facts& b) {
    return a.id == b.id && a.queue == b.queue && a.message_id == b.message_id && a.dedup_key == b.dedup_key &&
           a.tenant == b.tenant && a.kind == b.kind && a.name == b.name &&
           a.priority_class == b.priority_class && a.priority == b.priority &&
           a.max_attempts == b.max_attempts && a.preemptible == b.preemptible && a.pools == b.pools &&
           a.demand == b.demand && a.max_runtime_seconds == b.max_runtime_seconds &&
           a.spec_hash == b.spec_hash && a.accepted == b.accepted && a.terms == b.terms;
}

}  // namespace trainyard::lifecycle

namespace trainyard::ledger::testing {

using lifecycle::job_id;
using lifecycle::record;
using lifecycle::state;

constexpr const char* installation = "test-installation";
constexpr std::int64_t epoch = 1'790'000'000'000;

// A directory of its own, gone with the object.
class directory {
public:
    directory() {
        std::string pattern = ::testing::TempDir() + "ledger-XXXXXX";
        path_ = mkdtemp(pattern.data());
    }
    ~directory() {
        std::error_code ec;
        std::filesystem::remove_all(path_, ec);
    }
    directory(const directory&) = delete;
    directory& operator=(const directory&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// Every field has a value that no other field has.
inline record accept(job_id id, std::string body = "{}") {
    const std::string n = std::to_string(id);
    lifecycle::job_facts f;
    f.id = id;
    f.queue = "queue-" + n;
    f.message_id = "message-" + n;
    f.dedup_key = "dedup-" + n;
    f.tenant = "vision/" + n;
    f.kind = "training";
    f.name = "name-" + n;
    f.priority_class = "high-" + n;
    f.priority = -7;
    f.max_attempts = 3;
    f.preemptible = true;
    f.pools = {"research/us-east-1", "quote\"d,\xc3\xa9"};
    f.demand = {{"ml.g5.2xlarge:spot", 2}, {"ml.p5.48xlarge", 9'000'000'000}};
    f.max_runtime_seconds = 4'000'000'000;
    f.spec_hash = "hash-" + n;
    f.terms = {{lifecycle::dependency_rule::any, {"first", "second \"\xc3\xa9"}},
               60,
               7,
               true,
               true,
               "target-" + n,
               {lifecycle::group_rule::end, "group-" + n}};
    // The largest id is tested too; only its low bits make a time.
    const auto offset = static_cast<std::int64_t>(id % 1'000'000'000);
    f.accepted = from_unix_millis(epoch + offset);
    record r;
    r.id = id;
    r.accepted = std::move(f);
    r.body = std::move(body);
    r.reason = "accepted " + n;
    r.when = from_unix_millis(epoch + 1 + offset);
    return r;
}

inline record step(job_id id, state to, int attempt = 1) {
    record r;
    r.id = id;
    r.to = to;
    r.attempt = attempt;
    r.pool = "pool-" + std::to_string(attempt);
    r.sagemaker_name = "ty-" + lifecycle::to_text(id) + "-" + std::to_string(attempt);
    r.reason = "because of " + std::string(lifecycle::to_string(to));
    r.progress.arn = "arn-" + std::to_string(attempt);
    r.progress.uncharged = attempt;
    r.when = from_unix_millis(epoch + 1'000 * attempt);
    return r;
}

inline std::unique_ptr<ledger> open(const std::string& path) {
    auto l = ledger::open(path, installation);
    EXPECT_TRUE(l) << l.error().message;
    return l ? std::move(*l) : nullptr;
}

inline ::testing::AssertionResult ok(const result<void>& r) {
    return r ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << r.error().message;
}

// The script of the crash and fault tests. Transaction n (from 1) creates job n and moves job n-1 to running,
// so that a half-applied transaction shows.
inline std::vector<record> scripted(job_id n) {
    std::vector<record> records{accept(n, std::string(300 + 700 * (n % 8), static_cast<char>('a' + n % 26)))};
    if (n > 1) records.push_back(step(n - 1, state::running));
    return records;
}

// How many scripted transactions the ledger shows; fails the test when that is not a whole prefix of the
// script.
inline job_id scripted_prefix(ledger& l) {
    const auto jobs = l.load();
    if (!jobs) {
        ADD_FAILURE() << jobs.error().message;
        return 0;
    }
    const job_id n = jobs->size();
    for (job_id id = 1; id <= n; ++id) {
        const auto& j = (*jobs)[id - 1];
        EXPECT_EQ(j.facts, *accept(id).accepted);
        EXPECT_EQ(j.state, id < n ? state::running : state::pending) << "job " << id << " of " << n;
        const job_id ids[] = {id};
        const auto body = l.bodies(ids);
        EXPECT_TRUE(body && body->front() == scripted(id).front().body) << "body of job " << id;
        const auto history = l.history(id);
        EXPECT_TRUE(history && history->size() == (id < n ? 2U : 1U)) << "history of job " << id;
    }
    return n;
}

}  // namespace trainyard::ledger::testing

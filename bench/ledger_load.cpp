#include "bench/ledger_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>

#include "bench/flat_file.hpp"
#include "bench/report.hpp"
#include "scheduler/ledger/ledger.hpp"
#include "scheduler/lifecycle/request.hpp"

namespace trainyard::bench {
namespace {

using lifecycle::job_id;
using lifecycle::record;
using lifecycle::state;

constexpr std::int64_t epoch_ms = 1'790'000'000'000;
constexpr std::uint64_t seed = 1;
constexpr std::size_t live_jobs = 10'000;
constexpr const char* pool = "111111111111/us-east-1";

void remove_ledger(const std::string& path) {
    std::error_code ec;
    for (const char* suffix : {"", "-wal"}) std::filesystem::remove(path + suffix, ec);
}

struct opened {
    std::unique_ptr<ledger::ledger_thread> thread;
    fleet_records records{live_jobs, seed};
};

// An empty ledger in which the fleet is already at work.
result<opened> open_new(const std::string& path) {
    remove_ledger(path);
    auto l = ledger::ledger::open(path, "bench");
    if (!l) return l.error();
    opened o;
    if (auto done = (*l)->commit(o.records.start()); !done) return done.error();
    if (auto done = (*l)->checkpoint(); !done) return done.error();
    o.thread = std::make_unique<ledger::ledger_thread>(std::move(*l));
    return o;
}

// What the ledger's thread tells the one that submits.
class answers {
public:
    void done(std::size_t records, const result<void>& r) {
        const std::lock_guard lock{mutex_};
        open_ -= records;
        if (!r && !failed_) failed_ = r.error();
        changed_.notify_one();
    }
    void submitted(std::size_t records) {
        const std::lock_guard lock{mutex_};
        open_ += records;
    }
    void wait_below(std::size_t most) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return open_ <= most || failed_; });
    }
    std::optional<error> failed() {
        const std::lock_guard lock{mutex_};
        return failed_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t open_ = 0;
    std::optional<error> failed_;
};

std::vector<std::vector<record>> in_batches(fleet_records& from, std::size_t records, std::size_t batch) {
    std::vector<std::vector<record>> out;
    for (std::size_t n = 0; n < records; n += batch) {
        out.emplace_back();
        from.next(std::min(batch, records - n), out.back());
    }
    return out;
}

void wait_until_ns(double when) {
    static std::mutex mutex;
    static std::condition_variable never;
    std::unique_lock lock{mutex};
    const double left = when - wall_ns();
    if (left > 0) never.wait_for(lock, std::chrono::nanoseconds{static_cast<std::int64_t>(left)});
}

}  // namespace

fleet_records::fleet_records(std::size_t live, std::uint64_t s) : random_(s), live_(live) {}

record fleet_records::accept() {
    const std::uint64_t n = made_++;
    const auto ms = epoch_ms + static_cast<std::int64_t>(n / 8);
    lifecycle::job_facts f;
    f.id = (static_cast<job_id>(ms) << 19U) + n % 8;
    f.queue = "training-jobs";
    f.message_id =
        fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", random_.next_u32(), random_.below(1U << 16U),
                    random_.below(1U << 12U), random_.below(1U << 12U), random_.below(1ULL << 48U));
    f.dedup_key = f.queue + "/" + f.message_id;
    f.tenant = fmt::format("vision/team-{}", n % 40);
    f.kind = "training";
    f.name = fmt::format("resnet50-sweep-{}", n % 1000);
    f.priority_class = "normal";
    f.priority = 100;
    f.max_attempts = 3;
    f.demand = {{"ml.g5.2xlarge", 2}};
    f.spec_hash = fmt::format("{:016x}{:016x}{:016x}{:016x}", random_.next_u64(), random_.next_u64(),
                              random_.next_u64(), random_.next_u64());
    f.accepted = from_unix_millis(ms);
    record r;
    r.id = f.id;
    r.when = f.accepted;
    r.accepted = std::move(f);
    r.body.assign(600, 'b');
    return r;
}

record fleet_records::move(job_id id, state to) {
    record r;
    r.id = id;
    r.to = to;
    r.attempt = 1;
    r.pool = pool;
    r.sagemaker_name = lifecycle::sagemaker_name("resnet50-sweep", id, 1);
    r.when = from_unix_millis(epoch_ms + static_cast<std::int64_t>(made_ / 8));
    return r;
}

job_id fleet_records::take_any(std::vector<job_id>& from) {
    std::swap(from[random_.below(from.size())], from.back());
    const job_id id = from.back();
    from.pop_back();
    return id;
}

std::vector<record> fleet_records::start() {
    std::vector<record> out;
    for (std::size_t i = 0; i < live_; ++i) {
        out.push_back(accept());
        const job_id id = out.back().id;
        if (i % 10 < 4) {
            pending_.push_back(id);
            continue;
        }
        out.push_back(move(id, state::starting));
        if (i % 10 == 4) {
            starting_.push_back(id);
            continue;
        }
        out.push_back(move(id, state::running));
        running_.push_back(id);
    }
    return out;
}

void fleet_records::next(std::size_t count, std::vector<record>& out) {
    out.reserve(out.size() + count);
    for (; count > 0; --count) {
        switch (turn_++ % 4) {
            case 0:
                out.push_back(accept());
                pending_.push_back(out.back().id);
                break;
            case 1:
                starting_.push_back(take_any(pending_));
                out.push_back(move(starting_.back(), state::starting));
                break;
            case 2:
                running_.push_back(take_any(starting_));
                out.push_back(move(running_.back(), state::running));
                break;
            default: out.push_back(move(take_any(running_), state::succeeded));
        }
    }
}

result<load_cost> run_closed(const std::string& path, std::size_t records, std::size_t batch,
                             std::size_t window) {
    auto o = open_new(path);
    if (!o) return o.error();
    auto batches = in_batches(o->records, records, batch);
    load_cost cost;
    for (const auto& b : batches)
        for (const record& r : b) cost.bytes += encoded_size(r);
    answers a;
    const auto before = o->thread->statistics();
    const double began = wall_ns();
    for (auto& b : batches) {
        const std::size_t n = b.size();
        a.wait_below(window - n);
        a.submitted(n);
        if (!o->thread->submit(std::move(b), [&a, n](const result<void>& r) { a.done(n, r); }))
            return error{errc::limit, "the ledger refused a batch"};
    }
    a.wait_below(0);
    cost.seconds = (wall_ns() - began) / 1e9;
    const auto after = o->thread->statistics();
    o->thread.reset();
    remove_ledger(path);
    if (auto e = a.failed()) return *e;
    cost.records = records;
    cost.commits = after.commits - before.commits;
    cost.thread_cpu = after.cpu_seconds - before.cpu_seconds;
    return cost;
}

result<load_cost> run_flat(const std::string& path, std::size_t records, std::size_t group) {
    fleet_records from{live_jobs, seed};
    from.start();
    const auto groups = in_batches(from, records, group);
    auto file = flat_file::create(path);
    if (!file) return file.error();
    load_cost cost;
    const double began = wall_ns();
    std::string bytes;
    for (const auto& g : groups) {
        bytes.clear();
        for (const record& r : g) encode(r, bytes);
        if (auto done = file->append(bytes); !done) return done.error();
        cost.bytes += bytes.size();
    }
    cost.seconds = (wall_ns() - began) / 1e9;
    cost.records = records;
    cost.commits = groups.size();
    std::filesystem::remove(path);
    return cost;
}

result<std::vector<double>> run_open(const std::string& path, double rate, double seconds) {
    auto o = open_new(path);
    if (!o) return o.error();
    const auto per_ms = static_cast<std::size_t>(rate / 1000);
    auto batches = in_batches(o->records, per_ms * static_cast<std::size_t>(seconds * 1000), per_ms);
    std::vector<double> took(batches.size());  // of the ledger's thread until all are answered
    answers a;
    const double began = wall_ns();
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const double due = began + 1e6 * static_cast<double>(i);
        wait_until_ns(due);
        a.submitted(1);
        const bool taken =
            o->thread->submit(std::move(batches[i]), [&a, &took, i, due](const result<void>& r) {
                took[i] = (wall_ns() - due) / 1e9;
                a.done(1, r);
            });
        if (!taken) return error{errc::limit, "the ledger refused a batch"};
    }
    a.wait_below(0);
    o->thread.reset();
    remove_ledger(path);
    if (auto e = a.failed()) return *e;
    std::sort(took.begin(), took.end());
    return took;
}

result<std::vector<double>> run_open_flat(const std::string& path, double rate, double seconds) {
    fleet_records from{live_jobs, seed};
    from.start();
    const auto per_ms = static_cast<std::size_t>(rate / 1000);
    const auto batches = in_batches(from, per_ms * static_cast<std::size_t>(seconds * 1000), per_ms);
    auto file = flat_file::create(path);
    if (!file) return file.error();
    std::vector<double> took;
    std::string bytes;
    const double began = wall_ns();
    for (std::size_t next = 0; next < batches.size();) {
        wait_until_ns(began + 1e6 * static_cast<double>(next));
        bytes.clear();
        const std::size_t first = next;  // all that is due goes together, as in the ledger
        for (;
             next < batches.size() && (next == first || began + 1e6 * static_cast<double>(next) <= wall_ns());
             ++next)
            for (const record& r : batches[next]) encode(r, bytes);
        if (auto done = file->append(bytes); !done) return done.error();
        for (std::size_t i = first; i < next; ++i)
            took.push_back((wall_ns() - began) / 1e9 - 1e-3 * static_cast<double>(i));
    }
    std::filesystem::remove(path);
    std::sort(took.begin(), took.end());
    return took;
}

}  // namespace trainyard::bench

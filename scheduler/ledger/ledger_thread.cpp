#include <sys/resource.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/base/check.hpp"
#include "scheduler/ledger/ledger.hpp"

namespace trainyard::ledger {
namespace {

double thread_cpu_seconds() {
    rusage use{};
    getrusage(RUSAGE_THREAD, &use);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

using lifecycle::job_id;
using lifecycle::record;

std::size_t bytes_of(const std::vector<record>& records) {
    std::size_t n = 0;
    for (const record& r : records) n += r.body.size();
    return n;
}

}  // namespace

struct ledger_thread::impl {
    // A commit when `committed` is set, else whatever is done with the ledger in its turn.
    struct request {
        std::vector<record> records;
        on_committed committed;
        std::function<void()> other;
    };

    explicit impl(std::unique_ptr<ledger> l) : store(std::move(l)) {}
    bool enqueue(request r, std::size_t records, std::size_t bytes);
    void loop();
    void serve(std::deque<request> taken);
    void commit_group(std::vector<request>& group);
    bool has_chore() const;
    void chore();
    void chores_under_load(std::size_t records);
    void apply(std::size_t jobs);
    void checkpoint();
    void backup_step();
    void compact_step();
    void publish();

    std::mutex mutex;  // guards what follows
    std::condition_variable arrived;
    std::deque<request> queue;
    std::size_t unanswered_records = 0, unanswered_bytes = 0;
    bool closing = false;
    stats snapshot;

    std::unique_ptr<ledger> store;  // of the thread alone, like what follows
    bool broken = false;            // the ledger refuses everything; the next commit says why
    on_committed backed_up;         // set: a backup is under way
    on_compacted archived;          // set: a compaction is under way
    wall_time archive_before{};
    std::size_t archived_jobs = 0;

    std::mutex joining;  // two callers of close() both wait for the end
    std::thread thread;
    std::thread::id thread_id;  // still readable while another caller of close() joins
};

bool ledger_thread::impl::enqueue(request r, std::size_t records, std::size_t bytes) {
    {
        const std::lock_guard lock{mutex};
        if (closing || records > queued_records_max - unanswered_records) return false;
        // A single submission larger than the bound goes when it is alone.
        if (bytes > 0 && unanswered_bytes > 0 && bytes + unanswered_bytes > queued_bytes_max) return false;
        unanswered_records += records;
        unanswered_bytes += bytes;
        queue.push_back(std::move(r));
    }
    arrived.notify_one();
    return true;
}

void ledger_thread::impl::publish() {
    const std::lock_guard lock{mutex};
    snapshot = store->statistics();
    snapshot.cpu_seconds = thread_cpu_seconds();
}

// An error stops the ledger, and the next commit reports it; a chore has nobody waiting for it.
void ledger_thread::impl::checkpoint() {
    if (!store->checkpoint()) broken = true;
    publish();
}

void ledger_thread::impl::apply(std::size_t jobs) {
    if (!store->apply(jobs)) broken = true;
}

void ledger_thread::impl::backup_step() {
    const auto complete = store->backup_step(backup_pages_step);
    if (complete && !*complete) return;
    const auto tell = std::exchange(backed_up, nullptr);
    tell(complete ? result<void>{} : result<void>{complete.error()});
}

void ledger_thread::impl::compact_step() {
    const auto done = store->compact(archive_before, compact_jobs_step);
    if (done) archived_jobs += done->jobs;
    if (done && !done->complete) return;
    publish();
    const auto tell = std::exchange(archived, nullptr);
    tell(done ? result<std::size_t>{archived_jobs} : result<std::size_t>{done.error()});
}

bool ledger_thread::impl::has_chore() const {
    return backed_up || archived ||
           (!broken && (store->applying() || store->unapplied() >= apply_jobs_idle ||
                        store->wal_pages() >= checkpoint_pages_idle));
}

// One step of one chore.
void ledger_thread::impl::chore() {
    if (!broken && store->wal_pages() >= checkpoint_pages_idle) return checkpoint();
    if (!broken && (store->applying() || store->unapplied() >= apply_jobs_idle))
        return apply(apply_jobs_step);
    if (backed_up) return backup_step();
    if (archived) compact_step();
}

// What cannot wait for a quiet moment that may never come; in proportion to what was committed, so that it
// keeps up.
void ledger_thread::impl::chores_under_load(std::size_t records) {
    if (broken) return;
    const std::size_t behind = store->unapplied();
    if (behind >= apply_jobs_max || (store->applying() && behind >= apply_jobs_idle))
        apply(std::max(apply_jobs_step, records));
    if (store->wal_pages() >= checkpoint_pages_max) checkpoint();
    if (backed_up) backup_step();
}

void ledger_thread::impl::commit_group(std::vector<request>& group) {
    if (group.empty()) return;
    std::vector<record> records;
    if (group.size() == 1) {
        records = std::move(group.front().records);
    } else {
        for (request& r : group)
            records.insert(records.end(), std::make_move_iterator(r.records.begin()),
                           std::make_move_iterator(r.records.end()));
    }
    const result<void> done = store->commit(records);
    if (!done) broken = true;
    {
        const std::lock_guard lock{mutex};
        unanswered_records -= records.size();
        unanswered_bytes -= bytes_of(records);
        snapshot = store->statistics();
        snapshot.cpu_seconds = thread_cpu_seconds();
    }
    for (request& r : group) r.committed(done);
    group.clear();
    chores_under_load(records.size());
}

void ledger_thread::impl::serve(std::deque<request> taken) {
    std::vector<request> group;
    std::size_t grouped = 0;
    for (request& r : taken) {
        if (!group.empty() && (!r.committed || grouped + r.records.size() > group_records_max)) {
            commit_group(group);
            grouped = 0;
        }
        if (!r.committed) {
            r.other();
            continue;
        }
        grouped += r.records.size();
        group.push_back(std::move(r));
    }
    commit_group(group);
}

void ledger_thread::impl::loop() {
    for (;;) {
        std::deque<request> taken;
        bool ends = false;
        {
            std::unique_lock lock{mutex};
            arrived.wait(lock, [&] { return closing || !queue.empty() || has_chore(); });
            taken.swap(queue);
            ends = closing && taken.empty();
        }
        if (ends) break;
        if (!taken.empty()) {
            serve(std::move(taken));
        } else {
            chore();
        }
    }
    const error closed{errc::cancelled, "the ledger is closed"};
    if (backed_up) backed_up(closed);
    if (archived) archived(closed);
    do {
        apply(apply_jobs_max);
    } while (!broken && (store->unapplied() > 0 || store->applying()));
    checkpoint();
    store.reset();
}

ledger_thread::ledger_thread(std::unique_ptr<ledger> l) : impl_(std::make_unique<impl>(std::move(l))) {
    TY_CHECK(impl_->store != nullptr, "a ledger thread needs an open ledger");
    impl_->snapshot = impl_->store->statistics();
    impl_->thread = std::thread([i = impl_.get()] { i->loop(); });
    impl_->thread_id = impl_->thread.get_id();
}

ledger_thread::~ledger_thread() {
    close();
}

bool ledger_thread::submit(std::vector<record> records, on_committed done) {
    TY_CHECK(done != nullptr, "a commit must be answered to somebody");
    const std::size_t n = records.size(), bytes = bytes_of(records);
    return impl_->enqueue({std::move(records), std::move(done), {}}, n, bytes);
}

void ledger_thread::read_bodies(std::vector<job_id> ids, on_bodies done) {
    TY_CHECK(done != nullptr, "a read must be answered to somebody");
    const auto read = [i = impl_.get(), ids = std::move(ids), done] { done(i->store->bodies(ids)); };
    if (!impl_->enqueue({{}, {}, read}, 0, 0)) done(error{errc::cancelled, "the ledger is closed"});
}

void ledger_thread::backup(std::string path, on_committed done) {
    TY_CHECK(done != nullptr, "a backup must be answered to somebody");
    const auto begin = [i = impl_.get(), path = std::move(path), done] {
        if (auto begun = i->store->begin_backup(path); !begun) return done(begun);
        i->backed_up = done;
    };
    if (!impl_->enqueue({{}, {}, begin}, 0, 0)) done(error{errc::cancelled, "the ledger is closed"});
}

void ledger_thread::compact(wall_time before, on_compacted done) {
    TY_CHECK(done != nullptr, "a compaction must be answered to somebody");
    const auto begin = [i = impl_.get(), before, done] {
        if (i->archived) return done(error{errc::already_exists, "a compaction is under way"});
        i->archive_before = before;
        i->archived_jobs = 0;
        i->archived = done;
    };
    if (!impl_->enqueue({{}, {}, begin}, 0, 0)) done(error{errc::cancelled, "the ledger is closed"});
}

void ledger_thread::close() {
    TY_CHECK(std::this_thread::get_id() != impl_->thread_id, "a callback cannot wait for its own thread");
    {
        const std::lock_guard lock{impl_->mutex};
        impl_->closing = true;
    }
    impl_->arrived.notify_one();
    const std::lock_guard lock{impl_->joining};
    if (impl_->thread.joinable()) impl_->thread.join();
}

stats ledger_thread::statistics() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->snapshot;
}

}  // namespace trainyard::ledger

#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/base/check.hpp"
#include "scheduler/ledger/ledger.hpp"

namespace trainyard::ledger {
namespace {

double thread_cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

}  // namespace

using lifecycle::job_id;
using lifecycle::record;

struct ledger_thread::impl {
    // A commit when `committed` is set, else a read.
    struct request {
        std::vector<record> records;
        on_committed committed;
        std::vector<job_id> ids;
        on_bodies bodies;
    };

    explicit impl(std::unique_ptr<ledger> l) : store(std::move(l)) {}
    void loop();
    void serve(std::deque<request> taken);
    void commit_group(std::vector<request>& group);
    void checkpoint();
    void publish();

    std::mutex mutex;  // guards what follows
    std::condition_variable arrived;
    std::deque<request> queue;
    std::size_t unanswered_records = 0;
    bool closing = false;
    stats snapshot;

    std::unique_ptr<ledger> store;  // of the thread alone
    std::mutex joining;             // two callers of close() both wait for the end
    std::thread thread;
    std::thread::id thread_id;  // still readable while another caller of close() joins
};

void ledger_thread::impl::publish() {
    const std::lock_guard lock{mutex};
    snapshot = store->statistics();
    snapshot.cpu_seconds = thread_cpu_seconds();
}

// An error stops the ledger, and the next commit reports it; a checkpoint has nobody waiting for it.
void ledger_thread::impl::checkpoint() {
    (void)store->checkpoint();
    publish();
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
    {
        const std::lock_guard lock{mutex};
        unanswered_records -= records.size();
        snapshot = store->statistics();
        snapshot.cpu_seconds = thread_cpu_seconds();
    }
    for (request& r : group) r.committed(done);
    group.clear();
    if (store->wal_pages() >= checkpoint_pages_max) checkpoint();
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
            r.bodies(store->bodies(r.ids));
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
        {
            std::unique_lock lock{mutex};
            arrived.wait(lock, [&] { return closing || !queue.empty(); });
            if (queue.empty()) break;
            taken.swap(queue);
        }
        serve(std::move(taken));
        bool idle = false;
        {
            const std::lock_guard lock{mutex};
            idle = queue.empty() && !closing;
        }
        if (idle && store->wal_pages() >= checkpoint_pages_idle) checkpoint();
    }
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
    {
        const std::lock_guard lock{impl_->mutex};
        if (impl_->closing || records.size() > queued_records_max - impl_->unanswered_records) return false;
        impl_->unanswered_records += records.size();
        impl_->queue.push_back({std::move(records), std::move(done), {}, {}});
    }
    impl_->arrived.notify_one();
    return true;
}

void ledger_thread::read_bodies(std::vector<job_id> ids, on_bodies done) {
    TY_CHECK(done != nullptr, "a read must be answered to somebody");
    {
        const std::lock_guard lock{impl_->mutex};
        if (!impl_->closing) {
            impl_->queue.push_back({{}, {}, std::move(ids), std::move(done)});
            impl_->arrived.notify_one();
            return;
        }
    }
    done(error{errc::cancelled, "the ledger is closed"});
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

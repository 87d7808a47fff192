// Messages in, deletes out.
#include "tests/simulation/process.hpp"

namespace trainyard::simulation {
namespace {

constexpr std::size_t batch_max = 10;
constexpr std::size_t uncommitted_max = 5'000;
constexpr duration linger = std::chrono::milliseconds{10};
constexpr duration poll_wait = std::chrono::seconds{20}, pause = std::chrono::seconds{1};
constexpr std::size_t polls_max = 4;

}  // namespace

// The steady one waits for messages; others run only while receives come back full.
void process::poll(bool steady) {
    if (uncommitted_ >= uncommitted_max) return later(pause, [this, steady] { poll(steady); });
    if (!steady) ++polls_;
    const duration wait = steady ? poll_wait : duration{0};
    auto found = std::make_shared<std::vector<message_copy>>();
    around_.network.call(
        {around_.what.pools.size(), false, wait + std::chrono::seconds{10}},
        [this_world = &around_.world, wait, found](wire::answered reply) {
            this_world->receive(batch_max, wait, [found, reply](std::vector<message_copy> messages) {
                *found = std::move(messages);
                reply({});
            });
        },
        [this, alive = alive_, steady, found](const answer& a) {
            if (!*alive) return;
            mine([this, steady, found, ok = a.status == 200] {
                if (!steady) --polls_;
                if (ok) return received(std::move(*found), steady);
                if (steady) later(pause, [this] { poll(true); });
            })();
        });
}

void process::received(std::vector<message_copy> messages, bool steady) {
    const bool full = messages.size() == batch_max;
    for (const message_copy& m : messages) {
        lifecycle::incoming_message in;
        in.queue = around_.fleet.queues.front().name;
        in.message_id = m.id;
        in.deduplication_id = m.deduplication_id;
        in.group_id = m.group_id;
        in.body = m.body;
        in.receive_count = m.receive_count;
        around_.ledger.begin_reading(lifecycle::dedup_key(in));
        const auto job = core_.machine().handle_message(in, m.handle, core_.rules(in.queue), now().wall);
        if (job && poisoned(*job)) return die();
        around_.ledger.end_reading();
    }
    if (!messages.empty()) kick();
    if (steady) poll(true);
    if (full && polls_ < polls_max) poll(false);
}

// S1: what leaves the queue is on the disk.
void process::acknowledge(const lifecycle::effect::delete_message& what) {
    const auto& jobs = around_.ledger.jobs();
    const bool durable = std::any_of(jobs.rbegin(), jobs.rend(), [&](const auto& entry) {
        return entry.second.facts.message_id == what.message_id;
    });
    if (!durable)
        around_.judge.accuse(around_.time.now(), "S1", "message {} is deleted and not on the disk",
                             what.message_id);
    deletes_.push_back(what);
    if (deletes_.size() == 1) later(linger, [this] { flush(); });
    if (deletes_.size() == batch_max) flush();
}

void process::flush() {
    if (deletes_.empty()) return;
    std::vector<std::string> handles;
    for (const auto& d : std::exchange(deletes_, {})) handles.push_back(d.receipt_handle);
    // A delete that fails is not repeated: the message comes back, is known, and is deleted anew.
    around_.network.call(
        {around_.what.pools.size(), false},
        [world = &around_.world, handles](const wire::answered& reply) {
            static_cast<void>(world->remove(handles));
            reply({});
        },
        [](const answer&) {});
}

// A result, or a copy for the reject queue; nobody reads them here.
void process::tell(lifecycle::job_id job) {
    around_.network.call(
        {around_.what.pools.size(), false}, [](const wire::answered& reply) { reply({}); },
        [this, alive = alive_, job](const answer& a) {
            if (!*alive) return;
            mine([this, job, ok = a.status == 200] {
                core_.machine().handle_told(job, ok, now().wall);
                kick();
            })();
        });
}

}  // namespace trainyard::simulation

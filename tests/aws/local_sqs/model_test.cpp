// Random sequences of calls and steps of time against a model that keeps every message in a plain list and
// looks at all of them each time. A failure names its seed; TRAINYARD_MODEL_SEED=N repeats that sequence
// alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "aws/local/sqs/queue_store.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::aws::local {
namespace {

using outcome = queue_store::outcome;
using std::chrono::seconds;

struct model_message {
    std::string body, group;
    std::int64_t sent_at = 0, visible_at = 0;
    std::string latest{};
    std::int64_t received_at = 0;
    unsigned receives = 0;
    bool gone = false;  // deleted, purged, too old, out as a dead letter or by a move task
};

struct first_send {
    std::int64_t at = 0;
    uuid id;
};

struct run {
    run(std::uint64_t seed, bool is_fifo)
        : dice(seed),
          ids(seed + 1),
          settings{is_fifo, seconds(0), seconds(1'209'600), seed % 2 == 0, limit, nobody_is_noisy},
          fifo(is_fifo),
          store(settings, 5) {}

    static constexpr std::size_t limit = 8;
    static constexpr std::size_t nobody_is_noisy = 1'000;  // tenants alone change no order; see fair_test.cpp

    wall_time wall() const { return wall_time{std::chrono::hours(480'000) + seconds(now)}; }
    bool visible(const model_message& m) const { return !m.gone && m.visible_at <= now; }
    bool in_flight(const model_message& m) const { return !m.gone && m.receives > 0 && m.visible_at > now; }
    std::size_t flying() const {
        return static_cast<std::size_t>(
            std::count_if(messages.begin(), messages.end(), [&](const auto& m) { return in_flight(m); }));
    }
    // FIFO: everything before it in its group must be gone or visible too.
    bool deliverable(std::size_t i) const {
        if (!visible(messages[i])) return false;
        for (std::size_t k = 0; fifo && k < i; ++k)
            if (messages[k].group == messages[i].group && !messages[k].gone && !visible(messages[k]))
                return false;
        return true;
    }
    // The order in which a receive looks at messages.
    std::vector<std::size_t> expected_order() const {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < messages.size(); ++i)
            if (deliverable(i)) order.push_back(i);
        if (!fifo) return order;
        std::map<std::string, std::size_t> first;
        for (const std::size_t i : order) first.try_emplace(messages[i].group, i);
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(first.at(messages[a].group), a) < std::pair(first.at(messages[b].group), b);
        });
        return order;
    }

    void send() {
        queue_message m;
        m.body = std::to_string(messages.size());
        // Of a standard queue's messages some have a tenant and some have none.
        if (fifo || dice.chance(0.5)) m.group_id = std::string(1, static_cast<char>('a' + dice.below(3)));
        m.deduplication_id = dice.chance(0.5) ? "d" + std::to_string(dice.below(4)) : "unique" + m.body;
        const auto delay = seconds(dice.below(3) == 0 ? dice.between(1, 20) : 0);
        const auto key = (settings.deduplicate_per_group ? m.group_id : "") + "/" + m.deduplication_id;
        const auto known = sends.find(key);
        const bool duplicate =
            fifo && known != sends.end() && now - known->second.at < seconds(deduplication_interval).count();
        const model_message made{m.body, m.group_id, now, now + (fifo ? settings.delay : delay).count()};
        const auto sent = store.send(std::move(m), delay, wall(), ids);
        ASSERT_EQ(sent.duplicate, duplicate);
        if (duplicate) {
            ASSERT_EQ(sent.id, known->second.id);
            return;
        }
        sends[key] = {now, sent.id};
        messages.push_back(made);
    }

    // What is too old now is lost, also to a longer retention later.
    void age() {
        for (model_message& m : messages)
            if (m.sent_at + settings.retention.count() <= now) m.gone = true;
    }

    void purge() {
        store.purge();
        for (model_message& m : messages) m.gone = true;
        sends.clear();
    }

    void configure() {
        settings.retention = seconds(dice.between(60, 600));
        settings.delay = seconds(dice.chance(0.5) ? 0 : dice.between(1, 40));
        const bool delay_changes = fifo && settings.delay != store.settings().delay;
        store_settings given = settings;
        given.deduplicate_per_group = dice.chance(0.5);  // has no effect
        store.configure(given, wall());
        // Of a FIFO queue it counts for what is there already.
        for (model_message& m : messages)
            if (delay_changes && m.receives == 0) m.visible_at = m.sent_at + settings.delay.count();
        age();
    }

    void receive() {
        receive_request request;
        request.max = 1 + dice.below(5);
        request.visibility = seconds(dice.below(4) == 0 ? 0 : dice.between(1, 40));
        request.max_receive_count = dice.below(3) == 0 ? 4 : 0;
        std::vector<std::size_t> want, dead;
        std::size_t room = limit - std::min(limit, flying());
        for (const std::size_t i : expected_order()) {
            if (want.size() == request.max || room == 0) break;
            if (request.max_receive_count != 0 && messages[i].receives >= request.max_receive_count) {
                dead.push_back(i);
                continue;
            }
            want.push_back(i);
            if (request.visibility.count() > 0) --room;
        }
        const auto got = store.receive(request, wall(), ids);
        ASSERT_EQ(got.messages.size(), want.size());
        ASSERT_EQ(got.dead_letters.size(), dead.size());
        for (std::size_t k = 0; k < want.size(); ++k) {
            model_message& m = messages[want[k]];
            ASSERT_EQ(got.messages[k].message->body, m.body);
            ASSERT_EQ(got.messages[k].message->receive_count, ++m.receives);
            m.latest = got.messages[k].handle;
            m.received_at = now;
            if (request.visibility.count() > 0) m.visible_at = now + request.visibility.count();
            handles.emplace_back(want[k], m.latest);
        }
        for (std::size_t k = 0; k < dead.size(); ++k) {
            ASSERT_EQ(got.dead_letters[k].body, messages[dead[k]].body);
            messages[dead[k]].gone = true;
        }
    }

    void remove() {
        if (handles.empty()) return;
        const auto& [i, handle] = handles[dice.below(handles.size())];
        model_message& m = messages[i];
        outcome want = outcome::done;
        if (!m.gone && fifo && (m.latest != handle || !in_flight(m)))
            want = outcome::expired;
        else
            m.gone = true;
        ASSERT_EQ(store.remove(handle, wall()), want);
    }

    void change() {
        if (handles.empty()) return;
        const auto& [i, handle] = handles[dice.below(handles.size())];
        model_message& m = messages[i];
        const auto timeout = dice.below(3) == 0 ? 0 : dice.between(1, 60);
        outcome want = outcome::done;
        if (m.gone)
            want = outcome::gone;
        else if (fifo && m.latest != handle)
            want = outcome::expired;
        else if (fifo && !in_flight(m))
            want = outcome::not_in_flight;
        else if (now - m.received_at + timeout > max_visibility.count())
            want = outcome::beyond_limit;
        else
            m.visible_at = now + timeout;
        ASSERT_EQ(store.change_visibility(handle, seconds(timeout), wall()), want);
    }

    // What a move task does, here back into the same queue.
    void move() {
        const auto order = expected_order();
        const queue_message* const first = store.front(wall());
        ASSERT_EQ(first != nullptr, !order.empty());
        if (first == nullptr) return;
        model_message& m = messages[order.front()];
        ASSERT_EQ(first->body, m.body);
        store.put_moved(store.take_front(), wall(), ids);
        m.gone = true;
        messages.push_back({m.body, m.group, now, now + settings.delay.count()});
    }

    void check() {
        const auto n = store.count(wall());
        std::size_t alive = 0, shown = 0;
        std::optional<std::int64_t> next;
        for (const model_message& m : messages) {
            if (m.gone) continue;
            ++alive;
            if (visible(m))
                ++shown;
            else
                next = std::min(next.value_or(m.visible_at), m.visible_at);
        }
        ASSERT_EQ(store.size(), alive);
        ASSERT_EQ(n.visible, shown);
        ASSERT_EQ(n.in_flight, flying());
        ASSERT_EQ(n.visible + n.in_flight + n.delayed, alive);
        if (!fifo) {
            ASSERT_EQ(store.next_wakeup().has_value(), next.has_value());
            if (next) {
                ASSERT_EQ(*store.next_wakeup() - wall(), seconds(*next - now));
            }
        }
    }

    void step() {
        switch (dice.below(40)) {
            case 0: return purge();
            case 1:
            case 2: return configure();
            case 3:
            case 4:
            case 5:
            case 6: return move();
            default: break;
        }
        switch (dice.below(8)) {
            case 0:
            case 1:
            case 2: return send();
            case 3:
            case 4: return receive();
            case 5: return remove();
            case 6: return change();
            default: now += dice.chance(0.2) ? dice.between(100, 310) : dice.between(0, 25);
        }
        age();
    }

    // Nothing is lost: what is still there comes out once everything is visible.
    void drain() {
        settings.retention = seconds(1'209'600);
        store.configure(settings, wall());
        now += max_visibility.count();
        std::size_t alive = 0, out = 0;
        for (const auto& m : messages) alive += m.gone ? 0U : 1U;
        for (std::size_t n = 1; n != 0; out += n) {
            const auto got = store.receive({10, seconds(60), 0, {}}, wall(), ids);
            n = got.messages.size();
            std::vector<std::string> taken;
            for (const auto& d : got.messages) taken.push_back(d.handle);
            for (const std::string& h : taken) ASSERT_EQ(store.remove(h, wall()), outcome::done);
        }
        ASSERT_EQ(out, alive);
    }

    rng dice, ids;
    store_settings settings;
    bool fifo;
    std::int64_t now = 0;
    queue_store store;
    std::vector<model_message> messages;
    std::vector<std::pair<std::size_t, std::string>> handles;
    std::map<std::string, first_send> sends;
};

class store_model : public testing::TestWithParam<bool> {};

void run_sequence(std::uint64_t seed, bool fifo) {
    constexpr std::uint64_t steps = 80;
    SCOPED_TRACE("TRAINYARD_MODEL_SEED=" + std::to_string(seed));
    run r(seed, fifo);
    for (std::uint64_t i = 0; i < steps; ++i) {
        r.step();
        if (!testing::Test::HasFatalFailure()) r.check();
        ASSERT_FALSE(testing::Test::HasFatalFailure()) << "step " << i;
    }
    r.drain();
}

TEST_P(store_model, agrees_on_random_sequences) {
    constexpr std::uint64_t sequences = test::runs(10'000);
    if (const char* const only = std::getenv("TRAINYARD_MODEL_SEED"))
        return run_sequence(std::strtoull(only, nullptr, 10), GetParam());
    for (std::uint64_t seed = 1; seed <= sequences && !testing::Test::HasFatalFailure(); ++seed)
        run_sequence(seed, GetParam());
}

INSTANTIATE_TEST_SUITE_P(both_types, store_model, testing::Values(false, true),
                         [](const auto& test) { return test.param ? "fifo" : "standard"; });

}  // namespace
}  // namespace trainyard::aws::local

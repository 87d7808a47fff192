// Random sequences of calls against a model that keeps every message in a plain list and looks at all of them
// each time.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "aws/local/sqs/queue_store.hpp"

namespace trainyard::aws::local {
namespace {

using outcome = queue_store::outcome;
using std::chrono::seconds;

struct model_message {
    std::string body, group, latest;
    std::int64_t visible_at = 0, received_at = 0;
    unsigned receives = 0;
    bool moved = false;  // out as a dead letter, or by a move task
    bool deleted = false;
};

struct run {
    run(std::uint64_t seed, bool is_fifo)
        : dice(seed),
          ids(seed + 1),
          fifo(is_fifo),
          store({is_fifo, seconds(0), seconds(1'209'600), false, limit}, 5) {}

    static constexpr std::size_t limit = 8;

    wall_time wall() const { return wall_time{std::chrono::hours(480'000) + seconds(now)}; }
    static bool gone(const model_message& m) { return m.deleted || m.moved; }
    bool visible(const model_message& m) const { return !gone(m) && m.visible_at <= now; }
    bool in_flight(const model_message& m) const { return !gone(m) && m.receives > 0 && m.visible_at > now; }
    std::size_t flying() const {
        return static_cast<std::size_t>(
            std::count_if(messages.begin(), messages.end(), [&](const auto& m) { return in_flight(m); }));
    }
    // FIFO: everything before it in its group must be gone or visible too.
    bool deliverable(std::size_t i) const {
        if (!visible(messages[i])) return false;
        for (std::size_t k = 0; fifo && k < i; ++k)
            if (messages[k].group == messages[i].group && !gone(messages[k]) && !visible(messages[k]))
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
        m.group_id = fifo ? std::string(1, static_cast<char>('a' + dice.below(3))) : "";
        m.deduplication_id = m.body;
        const auto delay = fifo ? seconds(0) : seconds(dice.below(3) == 0 ? dice.between(1, 20) : 0);
        messages.push_back({m.body, m.group_id, "", now + delay.count(), 0, 0, false, false});
        ASSERT_FALSE(store.send(std::move(m), delay, wall(), ids).duplicate);
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
            messages[dead[k]].moved = true;
        }
    }

    void remove() {
        if (handles.empty()) return;
        const auto& [i, handle] = handles[dice.below(handles.size())];
        model_message& m = messages[i];
        outcome want = outcome::done;
        if (!gone(m) && fifo && (m.latest != handle || !in_flight(m)))
            want = outcome::expired;
        else if (!gone(m))
            m.deleted = true;
        ASSERT_EQ(store.remove(handle, wall()), want);
    }

    void change() {
        if (handles.empty()) return;
        const auto& [i, handle] = handles[dice.below(handles.size())];
        model_message& m = messages[i];
        const auto timeout = dice.below(3) == 0 ? 0 : dice.between(1, 60);
        outcome want = outcome::done;
        if (gone(m))
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
        m.moved = true;
        messages.push_back({m.body, m.group, "", now, 0, 0, false, false});
    }

    void check() {
        const auto n = store.count(wall());
        std::size_t alive = 0, shown = 0;
        std::optional<std::int64_t> next;
        for (const model_message& m : messages) {
            if (gone(m)) continue;
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
        switch (dice.below(9)) {
            case 0:
            case 1:
            case 2: return send();
            case 3:
            case 4: return receive();
            case 5: return remove();
            case 6: return change();
            case 7: return move();
            default: now += dice.between(0, 25);
        }
    }

    rng dice, ids;
    bool fifo;
    std::int64_t now = 0;
    queue_store store;
    std::vector<model_message> messages;
    std::vector<std::pair<std::size_t, std::string>> handles;
};

class store_model : public testing::TestWithParam<bool> {};

TEST_P(store_model, agrees_on_random_sequences) {
    constexpr std::uint64_t sequences = 1'500, steps = 60;
    for (std::uint64_t seed = 1; seed <= sequences; ++seed) {
        run r(seed, GetParam());
        for (std::uint64_t i = 0; i < steps; ++i) {
            r.step();
            if (!testing::Test::HasFatalFailure()) r.check();
            ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed << " step " << i;
        }
        // Nothing is lost: what was neither deleted nor moved comes out once everything is visible.
        r.now += 100'000;
        std::size_t alive = 0, out = 0;
        for (const auto& m : r.messages) alive += run::gone(m) ? 0U : 1U;
        for (std::size_t n = 1; n != 0; out += n) {
            const auto got = r.store.receive({10, seconds(60), 0, {}}, r.wall(), r.ids);
            n = got.messages.size();
            std::vector<std::string> taken;
            for (const auto& d : got.messages) taken.push_back(d.handle);
            for (const std::string& h : taken) ASSERT_EQ(r.store.remove(h, r.wall()), outcome::done);
        }
        ASSERT_EQ(out, alive) << "seed " << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(both_types, store_model, testing::Values(false, true),
                         [](const auto& test) { return test.param ? "fifo" : "standard"; });

}  // namespace
}  // namespace trainyard::aws::local

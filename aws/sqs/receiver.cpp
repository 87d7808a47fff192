#include "aws/sqs/receiver.hpp"

#include <algorithm>

#include "aws/sqs/types.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::sqs {

namespace {

constexpr unsigned place_bits = 24;  // of a poll's id; connections end long before

}  // namespace

std::size_t receiver::add_queue(double weight, bool fifo) {
    TY_CHECK(weight > 0, "a weight is above 0");
    queues_.push_back({});
    queues_.back().weight = weight;
    queues_.back().fifo = fifo;
    bare_.push_back(queues_.size() - 1);
    return queues_.size() - 1;
}

// What the one poll of a queue may ask for, so that the quiet ones together hold at most half of the credit.
std::size_t receiver::quiet_share() const {
    return std::clamp<std::size_t>(options_.credit / 2 / queues_.size(), 1, batch_entries_max);
}

void receiver::start(std::size_t number, std::size_t messages, int wait, commands& out) {
    queue_state& q = queues_[number];
    if (++q.open > 1) ++extra_;
    held_ += messages;
    if (free_.empty()) {
        free_.push_back(open_.size());
        open_.emplace_back();
    }
    const std::size_t at = free_.back();
    free_.pop_back();
    open_[at] = {next_++ << place_bits | at, number, messages};
    ++open_polls_;
    out.polls.push_back({open_[at].id, number, static_cast<int>(messages), wait});
}

const receiver::open_poll& receiver::find(poll_id id) const {
    const std::size_t at = id & ((poll_id{1} << place_bits) - 1);
    TY_CHECK(id != 0 && at < open_.size() && open_[at].id == id, "a poll ends once");
    return open_[at];
}

void receiver::become_hungry(double pass, std::size_t number) {
    if (spare_.empty()) {
        hungry_.emplace(pass, number);
        return;
    }
    auto node = std::move(spare_.back());
    spare_.pop_back();
    node.value() = {pass, number};
    hungry_.insert(std::move(node));
}

receiver::hungry_set::iterator receiver::become_fed(hungry_set::iterator at) {
    const auto next = std::next(at);
    spare_.push_back(hungry_.extract(at));
    return next;
}

receiver::commands receiver::take(mono_time now) {
    commands out;
    take_into(out, now);
    return out;
}

void receiver::take_into(commands& out, mono_time now) {
    if (stopped_) return;
    out.looks.insert(out.looks.end(), to_look_.begin(), to_look_.end());
    to_look_.clear();
    while (!paused_.empty() && paused_.begin()->first <= now) {
        bare_.push_back(paused_.begin()->second);
        paused_.erase(paused_.begin());
    }
    while (!bare_.empty() && held_ < options_.credit) {
        const std::size_t number = bare_.front();
        bare_.pop_front();
        queue_state& q = queues_[number];
        if (q.off) {
            q.resting = true;
            continue;
        }
        const std::size_t share = q.wanted > 1 ? batch_entries_max : quiet_share();
        // Where credit is scarcer than queues, they take turns.
        const bool scarce = options_.credit < queues_.size();
        start(number, std::min(share, options_.credit - held_),
              scarce ? options_.busy_wait_seconds : options_.long_wait_seconds, out);
        wants(number);
    }
    while (!hungry_.empty() && extra_ < options_.polls_extra &&
           held_ + batch_entries_max <= options_.credit) {
        const std::size_t number = hungry_.begin()->second;
        queue_state& q = queues_[number];
        pass_floor_ = hungry_.begin()->first;
        become_fed(hungry_.begin());
        q.pass = pass_floor_ + static_cast<double>(batch_entries_max) / q.weight;
        start(number, batch_entries_max, options_.busy_wait_seconds, out);
        wants(number);
    }
}

// Enters the queue among those that want an extra poll, if it does.
void receiver::wants(std::size_t number) {
    queue_state& q = queues_[number];
    if (q.off || q.open == 0 || q.open >= q.wanted) return;
    become_hungry(std::max(q.pass, pass_floor_), number);
}

void receiver::set_receiving(std::size_t number, bool on) {
    queue_state& q = queues_.at(number);
    q.off = !on;
    if (q.off)
        for (auto h = hungry_.begin(); h != hungry_.end();)
            h = h->second == number ? become_fed(h) : std::next(h);
    else if (std::exchange(q.resting, false))
        bare_.push_back(number);
}

std::optional<mono_time> receiver::next_due() const {
    if (stopped_ || paused_.empty()) return std::nullopt;
    return paused_.begin()->first;
}

// The poll is over and `kept` of its credit stays with the messages it brought.
receiver::queue_state& receiver::close(poll_id id, std::size_t kept) {
    const open_poll& ending = find(id);
    const std::size_t number = ending.queue, held = ending.held;
    TY_CHECK(kept <= held, "a poll brings no more than it asked for");
    const auto at = static_cast<std::size_t>(&ending - open_.data());
    open_[at].id = 0;
    free_.push_back(at);
    --open_polls_;
    held_ -= held - kept;
    queue_state& q = queues_[number];
    if (q.open > 1) --extra_;
    for (auto h = hungry_.begin(); h != hungry_.end();)
        h = h->second == number ? become_fed(h) : std::next(h);
    if (--q.open == 0) bare_.push_back(number);
    return q;
}

void receiver::ended(poll_id id, std::size_t messages, mono_time now) {
    const std::size_t number = find(id).queue, asked = find(id).held;
    queue_state& q = close(id, messages);
    const bool was_busy = q.wanted > 1 || q.state == state::at_in_flight_limit;
    q.last_success = now;
    q.received += messages;
    q.pause = {};
    if (messages == asked) {
        q.state = state::busy;
        q.wanted = std::min(q.wanted * 2, options_.polls_per_queue);
    } else {
        q.wanted = std::max<std::size_t>(q.wanted / 2, 1);
        if (messages > 0 || q.state != state::at_in_flight_limit)
            q.state = q.wanted > 1 ? state::busy : state::quiet;
    }
    if (messages == 0 && was_busy && (!q.looked_at || now >= *q.looked_at + options_.look_every)) {
        q.looked_at = now;
        to_look_.push_back(number);
    }
    wants(number);
}

void receiver::failed(poll_id id, mono_time now) {
    const std::size_t number = find(id).queue;
    queue_state& q = close(id, 0);
    q.state = state::failing;
    q.wanted = 1;
    if (q.open > 0) return;  // the others tell as well; the last one sets the pause
    bare_.pop_back();        // close() put it there
    q.pause = std::min(std::max(options_.error_pause, 2 * q.pause), options_.error_pause_max);
    paused_.emplace(now + q.pause, number);
}

void receiver::over_limit(poll_id id, mono_time now) {
    const std::size_t number = find(id).queue;
    failed(id, now);
    queue_state& q = queues_[number];
    q.last_success = now;
    q.state = state::at_in_flight_limit;
}

void receiver::looked(std::size_t number, std::int64_t visible, std::int64_t not_visible) {
    queue_state& q = queues_[number];
    const bool at_limit =
        visible > 0 && not_visible >= (q.fifo ? in_flight_max_fifo : in_flight_max_standard);
    if (at_limit)
        q.state = state::at_in_flight_limit;
    else if (q.state == state::at_in_flight_limit)
        q.state = q.wanted > 1 ? state::busy : state::quiet;
}

void receiver::release(std::size_t messages) {
    TY_CHECK(messages <= held_, "only what is held is released");
    held_ -= messages;
}

receiver::report receiver::queue(std::size_t number) const {
    const queue_state& q = queues_[number];
    return {q.state, q.open, q.received, q.last_success};
}

}  // namespace trainyard::aws::sqs

#include "aws/sqs/heartbeat.hpp"

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::aws::sqs {

heartbeat::heartbeat(heartbeat_options options) : options_(options) {
    TY_CHECK(options.visibility >= std::chrono::seconds{1} && options.visibility <= invisible_max,
             "a visibility timeout has 1 second to 12 hours");
    TY_CHECK(options.margin > duration{} && options.margin < options.visibility,
             "the margin lies within the visibility timeout");
    TY_CHECK(options.retry > duration{}, "a failed extension is not repeated at once");
}

void heartbeat::place(key k, message& m, mono_time at) {
    m.act_at = at;
    order_.emplace(at, k);
}

void heartbeat::place_after_success(key k, message& m) {
    // Handed off: nothing more to do than to notice that it is visible again.
    place(k, m, m.handed_off ? m.hidden_until : m.hidden_until - options_.margin);
}

void heartbeat::hold(key k, std::string receipt_handle, mono_time received) {
    const auto [at, is_new] = messages_.try_emplace(
        k, message{std::move(receipt_handle), received, received + options_.visibility});
    TY_CHECK(is_new, "a message is held once");
    place_after_success(k, at->second);
}

void heartbeat::forget(key k) {
    const auto at = messages_.find(k);
    if (at == messages_.end()) return;
    if (!at->second.in_flight) order_.erase({at->second.act_at, k});
    messages_.erase(at);
}

heartbeat::commands heartbeat::take(mono_time now, std::size_t most) {
    commands out;
    out.lost = std::exchange(lost_, {});
    while (!order_.empty() && order_.begin()->first <= now && out.extend.size() < most) {
        const key k = order_.begin()->second;
        order_.erase(order_.begin());
        message& m = messages_.at(k);
        if (m.hidden_until <= now) {
            out.lost.push_back(k);
            messages_.erase(k);
            continue;
        }
        const mono_time end = m.received + invisible_max;
        const auto left = std::chrono::floor<std::chrono::seconds>(end - now);
        const auto longest = std::chrono::floor<std::chrono::seconds>(options_.visibility);
        if (!m.handed_off && now + options_.margin >= end) {
            m.handed_off = true;
            out.hand_off.push_back(k);
        }
        if (m.handed_off || left <= std::chrono::seconds{0}) {
            place(k, m, m.hidden_until);
            continue;
        }
        m.in_flight = true;
        out.extend.push_back({k, m.receipt_handle, static_cast<int>(std::min(left, longest).count())});
        m.act_at = now + std::min(left, longest);  // hidden until then if it succeeds
    }
    return out;
}

void heartbeat::extended(key k, mono_time asked) {
    const auto at = messages_.find(k);
    if (at == messages_.end() || !at->second.in_flight) return;  // forgotten meanwhile
    message& m = at->second;
    m.in_flight = false;
    const auto longest = std::chrono::floor<std::chrono::seconds>(options_.visibility);
    const auto left = std::chrono::floor<std::chrono::seconds>(m.received + invisible_max - asked);
    m.hidden_until = std::max(m.hidden_until, asked + std::min<duration>(left, longest));
    place_after_success(k, m);
}

void heartbeat::failed(key k, bool sender_fault, mono_time now) {
    const auto at = messages_.find(k);
    if (at == messages_.end() || !at->second.in_flight) return;
    message& m = at->second;
    m.in_flight = false;
    if (sender_fault || m.hidden_until <= now) {
        lost_.push_back(k);
        messages_.erase(at);
        return;
    }
    place(k, m, std::min(now + options_.retry, m.hidden_until));
}

std::optional<mono_time> heartbeat::next_due() const {
    if (!lost_.empty()) return mono_time::min();
    if (order_.empty()) return std::nullopt;
    return order_.begin()->first;
}

}  // namespace trainyard::aws::sqs

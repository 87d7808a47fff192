// What a queue's reject queue and results queue are told of a job that has ended: at least once, and kept in
// the ledger until it is sent.
#include "scheduler/dispatcher/driver.hpp"
#include "scheduler/lifecycle/result_message.hpp"

namespace trainyard::dispatcher {
namespace {

constexpr std::size_t reason_max = 1024;  // bytes of a message attribute

bool is_hopeless(lifecycle::state s) {
    return is_terminal(s) && s != lifecycle::state::succeeded && s != lifecycle::state::cancelled;
}

// A cut inside a character would be no UTF-8 any more, and SQS refuses what is none.
std::string cut(std::string text) {
    if (text.size() <= reason_max) return text;
    std::size_t end = reason_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

}  // namespace

task<bool> driver::send_copy(queue_link& q, const std::string& url, std::string body, std::string reason,
                             std::string job, std::string group) {
    aws::sqs::send_entry copy;
    copy.body = std::move(body);
    if (!reason.empty()) copy.attributes["trainyard.reason"] = {"String", cut(std::move(reason))};
    copy.attributes["trainyard.job"] = {"String", job};
    if (url.ends_with(".fifo")) {
        copy.group_id = group;
        copy.deduplication_id = job;
    } else {
        copy.delay_seconds = 0;
    }
    const std::string to = url;
    const mono_time until = deadline();
    const auto sent = co_await q.client.send(to, std::move(copy), until);
    co_return sent.has_value();
}

task<void> driver::tell(lifecycle::effect::tell what) {
    const lifecycle::job j = *core_.machine().find(what.job);
    queue_link& q = aws_.queues.at(j.facts.queue);
    bool ok = true;
    if (!q.reject_url.empty() && is_hopeless(j.state)) {
        const auto body = co_await read_body(what.job);
        if (body) {
            const std::string url = q.reject_url, group = "rejected", id = lifecycle::to_text(what.job);
            const std::string text = lifecycle::reject_copy(j, *body);
            ok = co_await send_copy(q, url, text, j.reason, id, group);
            if (ok) rejected_copies_.add();
        } else {
            ok = false;
            if (body.error().code != errc::cancelled) fail(body.error());
        }
    }
    if (ok && !q.results_url.empty()) {
        const std::string url = q.results_url, id = lifecycle::to_text(what.job), none;
        // Results of one tenant stay in order where the queue keeps one.
        const std::string group = j.facts.tenant.empty() ? "trainyard" : j.facts.tenant;
        const std::string text = lifecycle::result_message(j);
        ok = co_await send_copy(q, url, text, none, id, group);
    }
    core_.machine().handle_told(what.job, ok, time_.wall());
    answered();
}

}  // namespace trainyard::dispatcher

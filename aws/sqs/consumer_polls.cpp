// Messages in: polls, and what their answers bring.
#include "aws/sqs/codec.hpp"
#include "aws/sqs/consumer_impl.hpp"
#include "aws/sqs/request_text.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::sqs {

namespace {

// What message_view has.
constexpr std::string_view wanted_standard = R"(["ApproximateReceiveCount","SentTimestamp"])";
constexpr std::string_view wanted_fifo =
    R"(["ApproximateReceiveCount","SentTimestamp","MessageGroupId","MessageDeduplicationId"])";

// Beyond its own wait, what the answer may take; a poll that takes longer is stuck.
constexpr duration poll_patience = std::chrono::seconds{5};

// Answers that are kept for reuse hold no more than this.
constexpr std::size_t answer_memory_max = 256U << 10U;

}  // namespace

call consumer::impl::make_call(const consumed_queue& q, std::string_view operation, std::string body,
                               http::lane lane) {
    const mono_time until = now() + options.call_timeout;
    std::string target = "AmazonSQS.";
    target += operation;
    call out = make_json_call("sqs", target, "1.0", q.settings.where, std::move(body), until);
    out.fields.set("x-amzn-query-mode", "true");
    out.lane = lane;
    // What failed goes out again with what came meanwhile: that is the coalescer's to say, and the
    // receiver's.
    out.attempts_max = 1;
    return out;
}

std::optional<receiver::poll> consumer::impl::start_polls() {
    if (answer_bytes >= options.answer_bytes_max) return std::nullopt;
    auto commands = polls.take(now());
    for (const std::size_t number : commands.looks) workers.spawn([this, number] { return look(number); });
    for (std::size_t i = 1; i < commands.polls.size(); ++i) {
        const receiver::poll p = commands.polls[i];
        pollers.spawn([this, p] { return poll_lane(p); });
    }
    if (commands.polls.empty()) return std::nullopt;
    return commands.polls.front();
}

void consumer::impl::start_all_polls() {
    const auto mine = start_polls();
    if (!mine) return;
    const receiver::poll first = *mine;
    pollers.spawn([this, first] { return poll_lane(first); });
}

task<void> consumer::impl::poll_lane(receiver::poll first) {
    std::optional<receiver::poll> next = first;
    while (next) {
        const receiver::poll mine = *next;
        co_await poll_once(mine);
        next = start_polls();
    }
    drained.set();
}

task<void> consumer::impl::poll_once(receiver::poll what) {
    consumed_queue& q = *polled[what.queue];
    receive_options o;
    o.max_messages = what.max_messages;
    o.wait_seconds = what.wait_seconds;
    o.visibility_timeout = q.settings.visibility_timeout;
    std::string body;
    const bool fifo = q.settings.url.ends_with(".fifo");
    write_receive(body, q.settings.url, o, fifo ? wanted_fifo : wanted_standard);
    call request = make_call(q, "ReceiveMessage", std::move(body), http::lane::poll);
    const mono_time asked = now();
    request.attempt_timeout = std::chrono::seconds{what.wait_seconds} + poll_patience;
    request.deadline = asked + request.attempt_timeout;
    ++counts.polls;
    auto answer = co_await calls.send(std::move(request), q.settings.who);
    if (answer)
        take_answer(what, q, asked, std::move(answer->body));
    else
        poll_failed(what, q, answer.error());
}

void consumer::impl::poll_failed(const receiver::poll& what, consumed_queue& q, const api_error& e) {
    const bool over_limit = e.code == "OverLimit" || e.code.ends_with(".OverLimit");
    if (over_limit) {
        q.figures.polls_over_limit.add();
        polls.over_limit(what.id, now());
    } else {
        q.figures.polls_failed.add();
        polls.failed(what.id, now());
    }
    if (const auto due = polls.next_due()) wake_by(*due);
}

std::uint32_t consumer::impl::take_answer_place() {
    if (free_answers.empty()) {
        free_answers.push_back(static_cast<std::uint32_t>(answers.size()));
        answers.emplace_back();
    }
    const std::uint32_t out = free_answers.back();
    free_answers.pop_back();
    return out;
}

void consumer::impl::drop_answer(std::uint32_t which) {
    const bool was_full = answer_bytes >= options.answer_bytes_max;
    answer_bytes -= answers[which].text.bytes();
    answers[which].text.clear();
    free_answers.push_back(which);
    if (was_full && answer_bytes < options.answer_bytes_max) wake_by(mono_time::min());
}

void consumer::impl::take_answer(const receiver::poll& what, consumed_queue& q, mono_time asked,
                                 std::string body) {
    const std::uint32_t at = take_answer_place();
    kept_answer& a = answers[at];
    const auto read = a.text.read(std::move(body));
    answer_bytes += a.text.bytes();
    const auto messages = a.text.messages();
    const auto asked_for = static_cast<std::size_t>(what.max_messages);
    if (!read || messages.size() > asked_for) {
        // What it brought comes back after its visibility timeout.
        drop_answer(at);
        q.figures.polls_failed.add();
        polls.failed(what.id, now());
        if (const auto due = polls.next_due()) wake_by(*due);
        return;
    }
    polls.ended(what.id, messages.size(), now());
    counts.received += messages.size();
    q.figures.received.add(static_cast<double>(messages.size()));
    (messages.empty()               ? q.figures.polls_empty
     : messages.size() == asked_for ? q.figures.polls_full
                                    : q.figures.polls_some)
        .add();
    handing_over.clear();
    a.live = 1;  // until all are looked at
    for (std::uint32_t i = 0; i < messages.size(); ++i) {
        const message_view& m = messages[i];
        const auto number = static_cast<std::uint32_t>(q.number);
        const auto came = kept.arrived(number, m.id, m.receipt_handle, {at, i});
        using verdict = custody::arrival::verdict;
        if (came.what != verdict::fresh) {
            ++counts.duplicates;
            q.figures.copies.add();
        }
        if (came.what == verdict::copy) {
            polls.release(1);
            continue;
        }
        ++a.live;
        if (came.what == verdict::finished) {
            erase(came.slot);
            continue;
        }
        const message_ref ref = ref_to(came.slot);
        if (q.settings.heartbeat) beats.hold(key_of(ref), std::string{m.receipt_handle}, asked);
        if (stopping && !options.deliver_while_stopping)
            give_back_slot(came.slot, 0);
        else if (!q.settings.one_at_a_time || q.order.arrived(std::string{m.group_id}, came.slot))
            handing_over.push_back({ref, m});
    }
    if (--a.live == 0) drop_answer(at);
    if (q.settings.heartbeat)
        if (const auto due = beats.next_due()) wake_by(*due);
    hand_over(q);
}

void consumer::impl::hand_over(consumed_queue& q) {
    if (handing_over.empty()) return;
    q.handler->deliver({q.number, handing_over});
    handing_over.clear();
}

// Those whose turn came when the one before them in their group ended.
void consumer::impl::deliver_ready() {
    while (!ready.empty()) {
        const message_ref next = ready.front();
        ready.pop_front();
        if (!names(next) || kept.stage_of(next.slot) != custody::stage::held) continue;
        consumed_queue& q = queue_of(next.slot);
        if (stopping && !options.deliver_while_stopping) {
            give_back_slot(next.slot, 0);
            continue;
        }
        handing_over.clear();
        handing_over.push_back({next, view(next.slot)});
        hand_over(q);
    }
}

// Tells an empty queue from one that gives nothing because too many of its messages are in flight.
task<void> consumer::impl::look(std::size_t polled_as) {
    consumed_queue& q = *polled[polled_as];
    const std::vector<std::string> names{"ApproximateNumberOfMessages",
                                         "ApproximateNumberOfMessagesNotVisible"};
    std::string body = encode_get_queue_attributes(q.settings.url, names);
    call request = make_call(q, "GetQueueAttributes", std::move(body), http::lane::control);
    const auto answer = co_await calls.send(std::move(request), q.settings.who);
    if (!answer) co_return;
    const auto attributes = decode_attributes(answer->body);
    if (!attributes) co_return;
    const auto number = [&](const std::string& name) -> std::int64_t {
        const auto found = attributes->find(name);
        return found == attributes->end() ? 0 : std::atoll(found->second.c_str());
    };
    polls.looked(polled_as, number(names[0]), number(names[1]));
}

}  // namespace trainyard::aws::sqs

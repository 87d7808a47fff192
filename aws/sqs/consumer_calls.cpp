// The calls of a consumer: polls, batches, looks.
#include <charconv>

#include "aws/sqs/codec.hpp"
#include "aws/sqs/consumer_impl.hpp"
#include "aws/sqs/request_text.hpp"

namespace trainyard::aws::sqs {

namespace {

// What message_view has.
constexpr std::string_view wanted_standard = R"(["ApproximateReceiveCount","SentTimestamp"])";
constexpr std::string_view wanted_fifo =
    R"(["ApproximateReceiveCount","SentTimestamp","MessageGroupId","MessageDeduplicationId"])";

// Beyond its own wait, what the answer may take; a poll that takes longer is stuck.
constexpr duration poll_patience = std::chrono::seconds{5};

// When the call failed as a whole, whether the same entries would fail again.
bool is_sender_fault(failure kind) {
    return kind == failure::invalid_request || kind == failure::access_denied || kind == failure::not_found;
}

batch_outcomes outcomes_of(api_result<http::response>& answer, std::size_t entries) {
    if (answer) return {answer->body, entries};
    const api_error& e = answer.error();
    const std::string_view code = e.code.empty() ? to_string(e.kind) : std::string_view{e.code};
    return {code, e.message, is_sender_fault(e.kind)};
}

std::int64_t number_in(const string_map& attributes, const std::string& name) {
    std::int64_t out = 0;
    const auto found = attributes.find(name);
    if (found == attributes.end()) return out;
    const std::string& digits = found->second;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

}  // namespace

// One attempt: what failed goes out again with what came meanwhile, when the machine says so.
task<api_result<http::response>> consumer::impl::ask(queue_number of, const char* operation, std::string body,
                                                     http::lane lane, mono_time deadline) {
    const queue_settings& s = queues[of]->settings;
    call what;
    what.service = "sqs";
    what.operation = operation;
    what.endpoint = s.where;
    what.fields.set("content-type", "application/x-amz-json-1.0");
    what.fields.set("x-amz-target", std::string{"AmazonSQS."} + operation);
    what.fields.set("x-amzn-query-mode", "true");
    what.body = std::move(body);
    what.lane = lane;
    what.deadline = deadline;
    what.attempt_timeout = deadline - now();
    what.attempts_max = 1;
    return calls.send(std::move(what), s.who);
}

// A spawned lane may run at once, up to its first wait, and ask the machine in its turn.
void consumer::impl::start_polls() {
    while (const auto next = machine.next_poll(now())) {
        const receiver::poll p = *next;
        pollers.spawn([this, p] { return poll_lane(p); });
    }
    start_looks();
}

void consumer::impl::start_looks() {
    while (const auto next = machine.next_look()) {
        const std::size_t n = *next;
        workers.spawn([this, n] { return look(n); });
    }
}

// A lane goes on with the next poll that is due, so a busy queue spawns nothing.
task<void> consumer::impl::poll_lane(receiver::poll first) {
    std::optional<receiver::poll> mine = first;
    while (mine) {
        const receiver::poll p = *mine;
        co_await poll_once(p);
        mine = machine.next_poll(now());
        start_polls();
    }
    wake_by(machine.next_due());
    drained.set();
}

task<void> consumer::impl::poll_once(receiver::poll what) {
    const queue_number of = machine.polled(what.queue);
    const queue_settings& s = queues[of]->settings;
    receive_options o;
    o.max_messages = what.max_messages;
    o.wait_seconds = what.wait_seconds;
    o.visibility_timeout = s.visibility_timeout;
    std::string body;
    write_receive(body, s.url, o, s.url.ends_with(".fifo") ? wanted_fifo : wanted_standard);
    const mono_time asked = now();
    const mono_time until = asked + std::chrono::seconds{what.wait_seconds} + poll_patience;
    auto answer = co_await ask(of, "ReceiveMessage", std::move(body), http::lane::poll, until);
    if (answer) {
        (void)machine.poll_answered(what, std::move(answer->body), asked, now());
        tell();
    } else {
        const std::string& code = answer.error().code;
        machine.poll_failed(what, code == "OverLimit" || code.ends_with(".OverLimit"), now());
    }
    // Heartbeats of what came, a pause after a failure.
    start_all_batches();
    wake_by(machine.next_due());
}

// Tells an empty queue from one that gives nothing because too many of its messages are in flight.
task<void> consumer::impl::look(std::size_t polled_as) {
    const queue_number of = machine.polled(polled_as);
    const std::string visible = "ApproximateNumberOfMessages";
    const std::string in_flight = "ApproximateNumberOfMessagesNotVisible";
    const std::vector<std::string> names{visible, in_flight};
    std::string body = encode_get_queue_attributes(queues[of]->settings.url, names);
    const mono_time until = now() + options.call_timeout;
    const auto answer = co_await ask(of, "GetQueueAttributes", std::move(body), http::lane::control, until);
    if (!answer) co_return;
    const auto attributes = decode_attributes(answer->body);
    if (attributes)
        machine.polls().looked(polled_as, number_in(*attributes, visible), number_in(*attributes, in_flight));
}

void consumer::impl::start_batches(queue_number of) {
    std::string body;
    for (deletes::batch b; machine.take_deletes(of, b, body, now());)
        workers.spawn([this, of, b, body] { return delete_lane(of, b, body); });
    for (changes::batch b; machine.take_changes(of, b, body, now());)
        workers.spawn([this, of, b, body] { return change_lane(of, b, body); });
    for (sends::batch b; machine.take_sends(of, b, body, now());)
        workers.spawn([this, of, b, body] { return send_lane(of, b, body); });
}

void consumer::impl::start_all_batches() {
    machine.forget_inactive();
    for (std::size_t i = 0; i < machine.active().size(); ++i) start_batches(machine.active()[i]);
}

task<void> consumer::impl::delete_lane(queue_number of, deletes::batch batch, std::string body) {
    do {
        const mono_time until = now() + options.call_timeout;
        auto answer = co_await ask(of, "DeleteMessageBatch", std::move(body), http::lane::ack, until);
        machine.deletes_ended(of, batch, outcomes_of(answer, batch.size()), now());
        tell();
        start_polls();  // with the credit that is there again
        body.clear();
    } while (machine.take_deletes(of, batch, body, now()));
    wake_by(machine.next_due(of));
    drained.set();
}

task<void> consumer::impl::change_lane(queue_number of, changes::batch batch, std::string body) {
    do {
        const mono_time until = now() + options.call_timeout;
        api_result<http::response> answer = http::response{};
        if (!body.empty())
            answer =
                co_await ask(of, "ChangeMessageVisibilityBatch", std::move(body), http::lane::ack, until);
        machine.changes_ended(of, batch, outcomes_of(answer, batch.size()), now());
        tell();
        start_polls();
        body.clear();
    } while (machine.take_changes(of, batch, body, now()));
    wake_by(machine.next_due());
    drained.set();
}

task<void> consumer::impl::send_lane(queue_number of, sends::batch batch, std::string body) {
    do {
        const mono_time until = now() + options.call_timeout;
        auto answer = co_await ask(of, "SendMessageBatch", std::move(body), http::lane::control, until);
        machine.sends_ended(of, batch, outcomes_of(answer, batch.size()), now());
        tell();
        body.clear();
    } while (machine.take_sends(of, batch, body, now()));
    wake_by(machine.next_due(of));
    drained.set();
}

}  // namespace trainyard::aws::sqs

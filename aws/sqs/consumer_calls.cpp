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

// An answer that is lost hides its messages until their visibility timeout. A FIFO queue repeats it for the
// same ReceiveRequestAttemptId, so such a poll is sent again, and by that its groups are not held up.
constexpr int fifo_poll_attempts = 3;

constexpr std::size_t spare_body_max = 64U << 10U;

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

call make_call(const queue_settings& s, const char* operation, http::lane lane) {
    call out;
    out.service = "sqs";
    out.operation = operation;
    out.endpoint = s.where;
    out.fields.set("content-type", "application/x-amz-json-1.0");
    out.fields.set("x-amz-target", std::string{"AmazonSQS."} + operation);
    out.fields.set("x-amzn-query-mode", "true");
    out.lane = lane;
    // What failed goes out again with what came meanwhile, when the machine says so.
    out.attempts_max = 1;
    return out;
}

}  // namespace

std::unique_ptr<call> consumer::impl::take_call(queue_number of, operation what) {
    queue& q = *queues[of];
    auto& spare = q.spare[static_cast<std::size_t>(what)];
    if (!spare.empty()) {
        auto out = std::move(spare.back());
        spare.pop_back();
        out->body.clear();
        return out;
    }
    const auto made = [&q](const char* name, http::lane lane) {
        return std::make_unique<call>(make_call(q.settings, name, lane));
    };
    switch (what) {
        case operation::receive: return made("ReceiveMessage", http::lane::poll);
        case operation::erase: return made("DeleteMessageBatch", http::lane::ack);
        case operation::visibility: return made("ChangeMessageVisibilityBatch", http::lane::ack);
        case operation::send: break;
    }
    return made("SendMessageBatch", http::lane::control);
}

void consumer::impl::put_call(queue_number of, operation what, std::unique_ptr<call> done) {
    if (done->body.capacity() <= spare_body_max)
        queues[of]->spare[static_cast<std::size_t>(what)].push_back(std::move(done));
}

task<api_result<http::response>> consumer::impl::ask(queue_number of, call& what, mono_time deadline) {
    return ask(of, what, deadline - now(), deadline);
}

task<api_result<http::response>> consumer::impl::ask(queue_number of, call& what, duration patience,
                                                     mono_time deadline) {
    what.deadline = deadline;
    what.attempt_timeout = patience;
    return calls.send_kept(what, queues[of]->settings.who);
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
    const bool fifo = s.url.ends_with(".fifo");
    if (fifo) o.receive_attempt_id = attempt_prefix + std::to_string(what.id);
    auto request = take_call(of, operation::receive);
    write_receive(request->body, s.url, o, fifo ? wanted_fifo : wanted_standard);
    request->attempts_max = fifo ? fifo_poll_attempts : 1;
    const mono_time asked = now();
    const duration patience = std::chrono::seconds{what.wait_seconds} + poll_patience;
    auto answer = co_await ask(of, *request, patience, asked + (fifo ? 2 : 1) * patience);
    put_call(of, operation::receive, std::move(request));
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
    call request = make_call(queues[of]->settings, "GetQueueAttributes", http::lane::control);
    request.body = encode_get_queue_attributes(queues[of]->settings.url, names);
    const mono_time until = now() + options.call_timeout;
    const auto answer = co_await ask(of, request, until);
    if (!answer) co_return;
    const auto attributes = decode_attributes(answer->body);
    if (attributes)
        machine.polls().looked(polled_as, number_in(*attributes, visible), number_in(*attributes, in_flight));
}

void consumer::impl::start_batches(queue_number of) {
    for (;;) {
        if (spare_deletes.empty()) spare_deletes.push_back(std::make_unique<delete_work>());
        auto work = std::move(spare_deletes.back());
        spare_deletes.pop_back();
        work->of = of;
        work->request = take_call(of, operation::erase);
        if (!machine.take_deletes(of, work->batch, work->request->body, now())) {
            put_call(of, operation::erase, std::move(work->request));
            spare_deletes.push_back(std::move(work));
            break;
        }
        delete_work* const given = work.release();  // the lane's; every member of a group runs
        workers.spawn([this, given] { return delete_lane(given); });
    }
    std::string body;
    for (changes::batch b; machine.take_changes(of, b, body, now());)
        workers.spawn([this, of, b, body] { return change_lane(of, b, body); });
    for (sends::batch b; machine.take_sends(of, b, body, now());)
        workers.spawn([this, of, b, body] { return send_lane(of, b, body); });
}

void consumer::impl::start_all_batches() {
    machine.forget_inactive();
    for (std::size_t i = 0; i < machine.active().size(); ++i) start_batches(machine.active()[i]);
}

task<void> consumer::impl::delete_lane(delete_work* given) {
    std::unique_ptr<delete_work> work{given};
    const queue_number of = work->of;
    do {
        const mono_time until = now() + options.call_timeout;
        auto answer = co_await ask(of, *work->request, until);
        machine.deletes_ended(of, work->batch, outcomes_of(answer, work->batch.size()), now());
        tell();
        start_polls();  // with the credit that is there again
    } while (machine.take_deletes(of, work->batch, work->request->body, now()));
    put_call(of, operation::erase, std::move(work->request));
    spare_deletes.push_back(std::move(work));
    wake_by(machine.next_due(of));
    drained.set();
}

task<void> consumer::impl::change_lane(queue_number of, changes::batch batch, std::string body) {
    auto request = take_call(of, operation::visibility);
    do {
        const mono_time until = now() + options.call_timeout;
        api_result<http::response> answer = http::response{};
        request->body = std::move(body);
        if (!request->body.empty()) answer = co_await ask(of, *request, until);
        machine.changes_ended(of, batch, outcomes_of(answer, batch.size()), now());
        tell();
        start_polls();
        body.clear();
    } while (machine.take_changes(of, batch, body, now()));
    put_call(of, operation::visibility, std::move(request));
    wake_by(machine.next_due());
    drained.set();
}

task<void> consumer::impl::send_lane(queue_number of, sends::batch batch, std::string body) {
    auto request = take_call(of, operation::send);
    do {
        const mono_time until = now() + options.call_timeout;
        request->body = std::move(body);
        auto answer = co_await ask(of, *request, until);
        machine.sends_ended(of, batch, outcomes_of(answer, batch.size()), now());
        tell();
        body.clear();
    } while (machine.take_sends(of, batch, body, now()));
    put_call(of, operation::send, std::move(request));
    wake_by(machine.next_due(of));
    drained.set();
}

}  // namespace trainyard::aws::sqs

// Operations on messages, one by one and in batches.
#include <fmt/format.h>

#include <algorithm>

#include "aws/local/sqs/sqs_operations.hpp"
#include "engine/base/md5_lanes.hpp"

namespace trainyard::aws::local {

namespace {

constexpr std::size_t max_entries = 10;
constexpr std::size_t max_entry_id = 80;
constexpr std::int64_t max_receive = 10, max_wait = 20;

bool is_entry_id(std::string_view id) {
    return !id.empty() && id.size() <= max_entry_id && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
}

struct batch_entry {
    std::string_view id;
    json::value value;
};

// What fails a whole batch of any kind.
sqs_result<std::vector<batch_entry>> read_entries(const operation_call& call) {
    const json::value list = call.input.find("Entries");
    if (list.is_null()) return sqs_error::missing_parameter("Entries");
    if (!list.is_array()) return sqs_error::malformed_input("Entries must be a list");
    if (list.size() == 0)
        return sqs_error::modelled(
            "EmptyBatchRequest",
            fmt::format("There should be at least one {}RequestEntry in the request.", call.operation));
    if (list.size() > max_entries)
        return sqs_error::modelled(
            "TooManyEntriesInBatchRequest",
            fmt::format("Maximum number of entries per request are {}. You have sent {}.", max_entries,
                        list.size()));
    std::vector<batch_entry> out;
    out.reserve(list.size());
    for (const json::value entry : list.elements()) {
        sqs_input in(entry);
        const std::string_view id = in.text("Id").value_or("");
        if (in.failed()) return in.error();
        if (!is_entry_id(id))
            return sqs_error::modelled(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.");
        if (std::any_of(out.begin(), out.end(), [&](const batch_entry& e) { return e.id == id; }))
            return sqs_error::modelled("BatchEntryIdsNotDistinct", fmt::format("Id {} repeated.", id));
        out.push_back({id, entry});
    }
    return out;
}

// Successful and Failed, each left out when empty.
class batch_reply {
public:
    batch_reply() { out_.begin_object(); }
    json::writer& succeeded(std::string_view id) {
        if (!any_good_) out_.key("Successful").begin_array();
        any_good_ = true;
        return out_.begin_object().member("Id", id);  // the caller ends the object
    }
    void failed(std::string_view id, const service_error& e) { bad_.emplace_back(id, e); }
    std::string take() {
        if (any_good_) out_.end_array();
        if (!bad_.empty()) out_.key("Failed").begin_array();
        for (const auto& [id, e] : bad_) {
            out_.begin_object().member("Id", id).member("SenderFault", e.sender_fault);
            out_.member("Code", e.query_code).member("Message", e.message).end_object();
        }
        if (!bad_.empty()) out_.end_array();
        return out_.end_object().take();
    }

private:
    json::writer out_;
    std::vector<std::pair<std::string_view, service_error>> bad_;
    bool any_good_ = false;
};

// An entry of SendMessageBatch that may be sent.
struct read_entry {
    std::string_view id;
    outgoing_message out;
};

// The others are told as failed. The digests of the bodies are computed together.
std::vector<read_entry> read_messages(const std::vector<batch_entry>& entries, const queue_attributes& rules,
                                      batch_reply& reply) {
    std::vector<read_entry> out;
    out.reserve(entries.size());
    std::vector<std::string_view> bodies;
    bodies.reserve(entries.size());
    for (const batch_entry& e : entries) {
        read_entry& next = out.emplace_back();
        next.id = e.id;
        if (const auto read = read_message(e.value, rules, true, next.out); !read) {
            reply.failed(e.id, read.error());
            out.pop_back();
        }
    }
    for (const read_entry& e : out) bodies.push_back(e.out.message.body);
    std::vector<md5_digest> digests(bodies.size());
    md5_of_each(bodies, digests);
    for (std::size_t i = 0; i < out.size(); ++i) out[i].out.message.body_md5 = digests[i];
    return out;
}

service_error explain(queue_store::outcome o, std::string_view handle) {
    switch (o) {
        case queue_store::outcome::done: break;
        case queue_store::outcome::malformed:
            return sqs_error::plain(
                "ReceiptHandleIsInvalid", 404,
                fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", handle));
        case queue_store::outcome::expired:
            return sqs_error::invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.");
        case queue_store::outcome::gone:
            return sqs_error::invalid_value(
                handle, "ReceiptHandle",
                "Message does not exist or is not available for visibility timeout change.");
        case queue_store::outcome::not_in_flight:
            return sqs_error::modelled("MessageNotInflight", "The specified message isn't in flight.");
        case queue_store::outcome::beyond_limit: break;
    }
    return {500, "com.amazon.coral.service#InternalFailure", "InternalFailure", "Unexpected outcome.", false};
}

service_error beyond_visibility(std::int64_t timeout) {
    return sqs_error::invalid_value(
        std::to_string(timeout), "VisibilityTimeout",
        fmt::format("Total VisibilityTimeout for the message is beyond the limit [{} seconds]",
                    max_visibility.count()));
}

}  // namespace

service_reply sqs_operations::send_message(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    outgoing_message m;
    if (const auto read = read_message(call.input, (*q)->attributes, false, m); !read) return read.error();
    m.message.body_md5 = md5(m.message.body);
    m.message.sender_id = std::make_shared<const std::string>(call.who.user_id);
    const message_digests digests = digests_of(m.message);
    // Not among what the client sent as attributes, so in no digest.
    if (m.message.trace_header.empty() && is_trace_header(call.trace_header))
        m.message.trace_header = call.trace_header;
    const auto sent = (*q)->store.send(std::move(m.message), m.delay, call.now, random_);
    json::writer out;
    out.begin_object();
    write_sent(out, digests, sent);
    out.end_object();
    changed_(**q);
    return out.take();
}

service_reply sqs_operations::send_message_batch(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    const auto entries = read_entries(call);
    if (!entries) return entries.error();
    std::size_t total = 0;
    for (const batch_entry& e : *entries) total += payload_size(e.value);
    if (total > max_payload)
        return sqs_error::modelled(
            "BatchRequestTooLong",
            fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.", max_payload,
                        total));
    const queue_attributes& rules = (*q)->attributes;
    if (rules.fifo()) {
        for (const batch_entry& e : *entries) {
            const bool no_id = e.value.find("MessageDeduplicationId").is_null();
            const bool hashed = rules.is("ContentBasedDeduplication", "true");
            if (!e.value.find("MessageGroupId").is_null() && (!no_id || hashed)) continue;
            // Order and repetition cannot be told for one entry: the whole batch is refused.
            outgoing_message unused;
            if (const auto read = read_message(e.value, rules, true, unused); !read) return read.error();
        }
    }
    batch_reply reply;
    const auto sender = std::make_shared<const std::string>(call.who.user_id);
    for (read_entry& e : read_messages(*entries, rules, reply)) {
        e.out.message.sender_id = sender;
        const message_digests digests = digests_of(e.out.message);
        const auto sent = (*q)->store.send(std::move(e.out.message), e.out.delay, call.now, random_);
        json::writer& out = reply.succeeded(e.id);
        write_sent(out, digests, sent);
        out.end_object();
    }
    changed_(**q);
    return reply.take();
}

sqs_result<receive_call> sqs_operations::begin_receive(const operation_call& call) const {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const queue_attributes& rules = (*q)->attributes;
    const auto max = in.integer("MaxNumberOfMessages").value_or(1);
    const auto wait = in.integer("WaitTimeSeconds").value_or(rules.number("ReceiveMessageWaitTimeSeconds"));
    const auto hide = in.integer("VisibilityTimeout").value_or(rules.number("VisibilityTimeout"));
    const auto attempt = in.text("ReceiveRequestAttemptId");
    receive_call r{*q, {}, std::chrono::seconds(wait), {}};
    const auto old_names = in.texts("AttributeNames");
    r.want.system = in.texts("MessageSystemAttributeNames");
    r.want.user = in.texts("MessageAttributeNames");
    if (in.failed()) return in.error();
    if (r.want.system.empty()) r.want.system = old_names;
    if (max < 1 || max > max_receive)
        return sqs_error::invalid_value(std::to_string(max), "MaxNumberOfMessages",
                                        "Must be between 1 and 10, if provided.");
    if (wait < 0 || wait > max_wait)
        return sqs_error::invalid_value(std::to_string(wait), "WaitTimeSeconds",
                                        "Must be >= 0 and <= 20, if provided.");
    if (hide < 0 || hide > max_visibility.count())
        return sqs_error::invalid_value(std::to_string(hide), "VisibilityTimeout",
                                        "Must be >= 0 and <= 43200, if provided.");
    r.request.max = static_cast<std::size_t>(max);
    r.request.visibility = std::chrono::seconds(hide);
    if (attempt && rules.fifo()) {
        constexpr std::size_t max_attempt_id = 128;
        const bool printable =
            std::all_of(attempt->begin(), attempt->end(), [](char c) { return c > ' ' && c < '\x7f'; });
        if (attempt->empty() || attempt->size() > max_attempt_id || !printable)
            return sqs_error::invalid_value(
                *attempt, "ReceiveRequestAttemptId",
                "ReceiveRequestAttemptId can only include alphanumeric and punctuation "
                "characters. 1 to 128 in length.");
        r.request.attempt_id = *attempt;
    }
    return r;
}

std::optional<service_reply> sqs_operations::try_receive(const receive_call& r, wall_time now) {
    advance(now);
    const auto got = registry_.receive(*r.from, r.request, now, random_);
    std::optional<service_reply> reply;
    if (got.batch.over_limit && r.wait.count() == 0) {
        reply.emplace(
            sqs_error::plain("OverLimit", 403,
                             fmt::format("Too many messages are in flight: the limit is {}. Delete messages "
                                         "or wait for their visibility timeout.",
                                         r.from->store.settings().in_flight_limit)));
    } else if (!got.batch.messages.empty()) {
        json::writer out;
        out.begin_object().key("Messages").begin_array();
        for (const auto& d : got.batch.messages) write_received(out, *d.message, d.handle, r.want);
        out.end_array().end_object();
        reply.emplace(out.take());
    }
    if (got.dead_letter_queue) changed_(*got.dead_letter_queue);
    return reply;
}

sqs_result<void> sqs_operations::remove(queue& q, std::string_view handle, wall_time now) {
    const auto o = q.store.remove(handle, now);
    if (o != queue_store::outcome::done) return explain(o, handle);
    // The next message of a group may be free now, and so may a place in flight.
    changed_(q);
    return {};
}

sqs_result<void> sqs_operations::change_visibility(queue& q, std::string_view handle, std::int64_t timeout,
                                                   wall_time now) {
    if (timeout < 0)
        return sqs_error::invalid_value(std::to_string(timeout), "VisibilityTimeout",
                                        "Must be >= 0 and <= 43200, if provided.");
    if (timeout > max_visibility.count()) return beyond_visibility(timeout);
    const auto o = q.store.change_visibility(handle, std::chrono::seconds(timeout), now);
    if (o == queue_store::outcome::beyond_limit) return beyond_visibility(timeout);
    if (o != queue_store::outcome::done) return explain(o, handle);
    changed_(q);
    return {};
}

service_reply sqs_operations::delete_message(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const std::string_view handle = in.required("ReceiptHandle");
    if (in.failed()) return in.error();
    if (const auto done = remove(**q, handle, call.now); !done) return done.error();
    return std::string();
}

service_reply sqs_operations::delete_message_batch(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    const auto entries = read_entries(call);
    if (!entries) return entries.error();
    batch_reply reply;
    for (const batch_entry& e : *entries) {
        sqs_input in(e.value);
        const std::string_view handle = in.required("ReceiptHandle");
        const auto done = in.failed() ? sqs_result<void>(in.error()) : remove(**q, handle, call.now);
        if (done)
            reply.succeeded(e.id).end_object();
        else
            reply.failed(e.id, done.error());
    }
    return reply.take();
}

service_reply sqs_operations::change_message_visibility(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const std::string_view handle = in.required("ReceiptHandle");
    const std::int64_t timeout = in.required_integer("VisibilityTimeout");
    if (in.failed()) return in.error();
    if (const auto done = change_visibility(**q, handle, timeout, call.now); !done) return done.error();
    return std::string();
}

service_reply sqs_operations::change_message_visibility_batch(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    const auto entries = read_entries(call);
    if (!entries) return entries.error();
    batch_reply reply;
    for (const batch_entry& e : *entries) {
        sqs_input in(e.value);
        const std::string_view handle = in.required("ReceiptHandle");
        // The model makes it optional here: without it the queue's default counts.
        const std::int64_t timeout =
            in.integer("VisibilityTimeout").value_or((*q)->attributes.number("VisibilityTimeout"));
        const auto done =
            in.failed() ? sqs_result<void>(in.error()) : change_visibility(**q, handle, timeout, call.now);
        if (done)
            reply.succeeded(e.id).end_object();
        else
            reply.failed(e.id, done.error());
    }
    return reply.take();
}

}  // namespace trainyard::aws::local

#include "aws/sqs/codec.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::sqs {

namespace {

bool is_binary(const attribute_value& v) {
    return v.data_type.rfind("Binary", 0) == 0;
}

void write_message(json::writer& w, const send_entry& e) {
    w.member("MessageBody", e.body);
    if (e.delay_seconds) w.member("DelaySeconds", *e.delay_seconds);
    if (!e.attributes.empty()) {
        w.key("MessageAttributes").begin_object();
        for (const auto& [name, v] : e.attributes) {
            w.key(name).begin_object().member("DataType", v.data_type);
            if (is_binary(v))
                w.member("BinaryValue", to_base64(v.value));
            else
                w.member("StringValue", v.value);
            w.end_object();
        }
        w.end_object();
    }
    if (!e.group_id.empty()) w.member("MessageGroupId", e.group_id);
    if (!e.deduplication_id.empty()) w.member("MessageDeduplicationId", e.deduplication_id);
}

json::writer begin(std::string_view queue_url) {
    json::writer w;
    w.begin_object().member("QueueUrl", queue_url);
    return w;
}

}  // namespace

std::string encode_create_queue(std::string_view name, const string_map& attributes) {
    json::writer w;
    w.begin_object().member("QueueName", name);
    if (!attributes.empty()) {
        w.key("Attributes").begin_object();
        for (const auto& [k, v] : attributes) w.member(k, v);
        w.end_object();
    }
    return w.end_object().take();
}

std::string encode_get_queue_url(std::string_view name, std::string_view owner_account) {
    json::writer w;
    w.begin_object().member("QueueName", name);
    if (!owner_account.empty()) w.member("QueueOwnerAWSAccountId", owner_account);
    return w.end_object().take();
}

std::string encode_get_queue_attributes(std::string_view queue_url, const std::vector<std::string>& names) {
    auto w = begin(queue_url);
    w.key("AttributeNames").begin_array();
    for (const auto& n : names) w.string(n);
    return w.end_array().end_object().take();
}

std::string encode_list_queues(std::string_view prefix, std::string_view next_token) {
    json::writer w;
    w.begin_object();
    if (!prefix.empty()) w.member("QueueNamePrefix", prefix);
    if (!next_token.empty()) w.member("NextToken", next_token);
    // Without MaxResults SQS cuts at 1000 and gives no token.
    return w.member("MaxResults", 1000).end_object().take();
}

std::string encode_queue_only(std::string_view queue_url) {
    return begin(queue_url).end_object().take();
}

std::string encode_send(std::string_view queue_url, const send_entry& e) {
    auto w = begin(queue_url);
    write_message(w, e);
    return w.end_object().take();
}

std::string encode_send_batch(std::string_view queue_url, const std::vector<send_entry>& entries) {
    auto w = begin(queue_url);
    w.key("Entries").begin_array();
    for (const auto& e : entries) {
        w.begin_object().member("Id", e.id);
        write_message(w, e);
        w.end_object();
    }
    return w.end_array().end_object().take();
}

std::string encode_receive(std::string_view queue_url, const receive_options& o) {
    auto w = begin(queue_url);
    w.member("MaxNumberOfMessages", o.max_messages).member("WaitTimeSeconds", o.wait_seconds);
    if (o.visibility_timeout) w.member("VisibilityTimeout", *o.visibility_timeout);
    if (!o.receive_attempt_id.empty()) w.member("ReceiveRequestAttemptId", o.receive_attempt_id);
    w.key("MessageSystemAttributeNames").begin_array().string("All").end_array();
    w.key("MessageAttributeNames").begin_array().string("All").end_array();
    return w.end_object().take();
}

std::string encode_delete_batch(std::string_view queue_url, const std::vector<delete_entry>& entries) {
    auto w = begin(queue_url);
    w.key("Entries").begin_array();
    for (const auto& e : entries)
        w.begin_object().member("Id", e.id).member("ReceiptHandle", e.receipt_handle).end_object();
    return w.end_array().end_object().take();
}

std::string encode_visibility_batch(std::string_view queue_url,
                                    const std::vector<visibility_entry>& entries) {
    auto w = begin(queue_url);
    w.key("Entries").begin_array();
    for (const auto& e : entries)
        w.begin_object()
            .member("Id", e.id)
            .member("ReceiptHandle", e.receipt_handle)
            .member("VisibilityTimeout", e.timeout_seconds)
            .end_object();
    return w.end_array().end_object().take();
}

}  // namespace trainyard::aws::sqs

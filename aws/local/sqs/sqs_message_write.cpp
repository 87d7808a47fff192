// The writing half of sqs_message: digests and answers.
#include <algorithm>

#include "aws/local/sqs/sqs_message.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {

namespace {

void put(std::string& out, std::string_view text) {
    const auto n = static_cast<std::uint32_t>(text.size());
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((n >> shift) & 0xFFU));
    out.append(text);
}

bool wants_system(const attribute_filter& want, std::string_view name) {
    return std::any_of(want.system.begin(), want.system.end(),
                       [&](const std::string& w) { return w == name || w == "All"; });
}

bool wants_user(const attribute_filter& want, std::string_view name) {
    return std::any_of(want.user.begin(), want.user.end(), [&](std::string_view w) {
        if (w == "All" || w == ".*" || w == "*" || w == name) return true;
        return w.ends_with(".*") && name.starts_with(w.substr(0, w.size() - 2));
    });
}

void write_system(json::writer& out, const queue_message& m, const attribute_filter& want) {
    if (want.system.empty()) return;
    bool any = false;
    const auto show = [&](std::string_view name, std::string_view value) {
        if (value.empty() || !wants_system(want, name)) return;
        if (!any) out.key("Attributes").begin_object();
        any = true;
        out.member(name, value);
    };
    show("AWSTraceHeader", m.trace_header);
    if (m.first_received)
        show("ApproximateFirstReceiveTimestamp", std::to_string(to_unix_millis(*m.first_received)));
    show("ApproximateReceiveCount", std::to_string(m.receive_count));
    show("DeadLetterQueueSourceArn", m.dead_letter_source);
    show("MessageDeduplicationId", m.deduplication_id);
    show("MessageGroupId", m.group_id);
    if (m.sender_id) show("SenderId", *m.sender_id);
    show("SentTimestamp", std::to_string(to_unix_millis(m.sent)));
    if (m.sequence != 0) show("SequenceNumber", sequence_text(m.sequence));
    if (any) out.end_object();
}

void write_user(json::writer& out, const queue_message& m, const attribute_filter& want) {
    if (want.user.empty() || m.attributes.empty()) return;
    message_attributes shown;
    for (const auto& [name, a] : m.attributes)
        if (wants_user(want, name)) shown.emplace(name, a);
    if (shown.empty()) return;
    // The digest covers what is returned, not what was sent.
    out.member("MD5OfMessageAttributes", md5_of_attributes(shown));
    out.key("MessageAttributes").begin_object();
    for (const auto& [name, a] : shown) {
        out.key(name).begin_object().member("DataType", a.type);
        if (a.type.starts_with("Binary"))
            out.member("BinaryValue", to_base64(a.value));
        else
            out.member("StringValue", a.value);
        out.end_object();
    }
    out.end_object();
}

}  // namespace

std::string md5_of_attributes(const message_attributes& attributes) {
    std::string bytes;
    for (const auto& [name, a] : attributes) {
        put(bytes, name);
        put(bytes, a.type);
        bytes.push_back(a.type.starts_with("Binary") ? '\x02' : '\x01');
        put(bytes, a.value);
    }
    return md5_hex(bytes);
}

std::string md5_of_trace_header(const std::string& header) {
    return md5_of_attributes({{"AWSTraceHeader", {"String", header}}});
}

void write_received(json::writer& out, const queue_message& m, std::string_view handle,
                    const attribute_filter& want) {
    out.begin_object();
    out.member("MessageId", m.id.str()).member("ReceiptHandle", handle);
    out.member("MD5OfBody", to_hex(m.body_md5));
    out.member("Body", m.body);
    write_system(out, m, want);
    write_user(out, m, want);
    out.end_object();
}

message_digests digests_of(const queue_message& m) {
    message_digests d{to_hex(m.body_md5), {}, {}};
    if (!m.attributes.empty()) d.attributes = md5_of_attributes(m.attributes);
    if (!m.trace_header.empty()) d.trace_header = md5_of_trace_header(m.trace_header);
    return d;
}

void write_sent(json::writer& out, const message_digests& d, const queue_store::sent& s) {
    out.member("MessageId", s.id.str()).member("MD5OfMessageBody", d.body);
    if (!d.attributes.empty()) out.member("MD5OfMessageAttributes", d.attributes);
    if (!d.trace_header.empty()) out.member("MD5OfMessageSystemAttributes", d.trace_header);
    if (s.sequence != 0) out.member("SequenceNumber", sequence_text(s.sequence));
}

}  // namespace trainyard::aws::local

#include <set>

#include "aws/sqs/codec.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::sqs {

namespace {

// Ten messages of 1 MiB whose every byte is escaped, and attributes; the HTTP client's own bound is 16 MiB.
constexpr json::limits answer_limits{16U << 20U, 64, 100'000, 1U << 20U};

error corrupt(std::string what) {
    return {errc::corrupt, std::move(what)};
}

// Operations without output answer with an empty body.
result<json::document> parse_object(std::string_view body) {
    auto parsed = json::document::parse(body.empty() ? std::string_view{"{}"} : body, answer_limits);
    if (!parsed) return parsed.error();
    if (!parsed->root().is_object()) return corrupt("not a JSON object");
    return parsed;
}

std::string text(json::value v, std::string_view key) {
    const auto s = v.find(key).string();
    return s ? std::string{*s} : std::string{};
}

result<string_map> read_string_map(json::value v) {
    string_map out;
    const auto all = v.members();
    for (auto it = all.begin(); it != all.end(); ++it) {
        const auto s = (*it).string();
        if (!s) return corrupt("attribute " + printable(it.key(), 80) + " is not a string");
        out.emplace(it.key(), *s);
    }
    return out;
}

result<attribute_map> read_attributes(json::value v) {
    attribute_map out;
    const auto all = v.members();
    for (auto it = all.begin(); it != all.end(); ++it) {
        const auto name = "message attribute " + printable(it.key(), 80);
        attribute_value a;
        a.data_type = text(*it, "DataType");
        if (a.data_type.rfind("Binary", 0) == 0) {
            auto bytes = from_base64(text(*it, "BinaryValue"));
            if (!bytes) return corrupt(name + " is not base64");
            a.value = std::move(*bytes);
        } else {
            const auto s = (*it).find("StringValue").string();
            if (!s) return corrupt(name + " has no StringValue");
            a.value = *s;
        }
        out.emplace(it.key(), std::move(a));
    }
    return out;
}

result<message> read_message(json::value v) {
    message m;
    m.message_id = text(v, "MessageId");
    m.receipt_handle = text(v, "ReceiptHandle");
    if (m.message_id.empty() || m.receipt_handle.empty())
        return corrupt("a message without MessageId or ReceiptHandle");
    const auto name = "message " + printable(m.message_id, 80);
    const auto body = v.find("Body").string();
    if (!body) return corrupt(name + " has no Body");
    m.body = *body;
    if (text(v, "MD5OfBody") != md5_hex(m.body)) return corrupt(name + ": MD5OfBody does not match its body");
    auto system = read_string_map(v.find("Attributes"));
    if (!system) return with_context(system.error(), name);
    m.system_attributes = std::move(*system);
    auto attributes = read_attributes(v.find("MessageAttributes"));
    if (!attributes) return with_context(attributes.error(), name);
    m.attributes = std::move(*attributes);
    if (text(v, "MD5OfMessageAttributes") != attributes_md5(m.attributes))
        return corrupt(name + ": MD5OfMessageAttributes does not match its attributes");
    return m;
}

result<sent> read_sent(json::value v, const send_entry& e) {
    sent out{e.id, text(v, "MessageId"), text(v, "SequenceNumber")};
    if (out.message_id.empty()) return corrupt("no MessageId");
    if (text(v, "MD5OfMessageBody") != md5_hex(e.body))
        return corrupt("MD5OfMessageBody is not that of the sent body");
    if (text(v, "MD5OfMessageAttributes") != attributes_md5(e.attributes))
        return corrupt("MD5OfMessageAttributes is not that of the sent attributes");
    return out;
}

// Gives each asked id one outcome. A failure beats a success of the same id: repeating is safe, believing is
// not.
template <class Success, class Make>
batch_result<Success> settle(json::value root, const std::vector<std::string>& ids, const Make& make) {
    std::map<std::string, failed_entry> failed;
    for (const auto v : root.find("Failed").elements()) {
        const auto id = text(v, "Id");
        failed.emplace(id, failed_entry{id, text(v, "Code"), text(v, "Message"),
                                        v.find("SenderFault").boolean().value_or(false)});
    }
    std::map<std::string, json::value> successful;
    for (const auto v : root.find("Successful").elements()) successful.emplace(text(v, "Id"), v);
    batch_result<Success> out;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto& id = ids[i];
        if (!seen.insert(id).second) continue;
        if (const auto f = failed.find(id); f != failed.end()) {
            out.failed.push_back(f->second);
        } else if (const auto s = successful.find(id); s == successful.end()) {
            out.failed.push_back({id, "Missing", "the answer does not mention this entry", false});
        } else if (auto made = make(s->second, i)) {
            out.successful.push_back(std::move(*made));
        } else {
            out.failed.push_back({id, "Corrupt", made.error().message, false});
        }
    }
    return out;
}

}  // namespace

result<std::string> decode_queue_url(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    auto url = text(parsed->root(), "QueueUrl");
    if (url.empty()) return corrupt("no QueueUrl");
    return url;
}

result<string_map> decode_attributes(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    return read_string_map(parsed->root().find("Attributes"));
}

result<queue_page> decode_list_queues(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    queue_page out;
    for (const auto v : parsed->root().find("QueueUrls").elements()) {
        const auto s = v.string();
        if (!s) return corrupt("a queue URL that is not a string");
        out.urls.emplace_back(*s);
    }
    out.next_token = text(parsed->root(), "NextToken");
    return out;
}

result<sent> decode_send(std::string_view body, const send_entry& e) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    return read_sent(parsed->root(), e);
}

result<batch_result<sent>> decode_send_batch(std::string_view body, const std::vector<send_entry>& entries) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    std::vector<std::string> ids;
    for (const auto& e : entries) ids.push_back(e.id);
    return settle<sent>(parsed->root(), ids,
                        [&entries](json::value v, std::size_t i) { return read_sent(v, entries[i]); });
}

result<std::vector<message>> decode_receive(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    std::vector<message> out;
    for (const auto v : parsed->root().find("Messages").elements()) {
        auto m = read_message(v);
        if (!m) return m.error();
        out.push_back(std::move(*m));
    }
    return out;
}

result<batch_result<std::string>> decode_batch(std::string_view body, const std::vector<std::string>& ids) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    return settle<std::string>(parsed->root(), ids,
                               [&ids](json::value, std::size_t i) { return result<std::string>{ids[i]}; });
}

std::string attributes_md5(const attribute_map& attributes) {
    if (attributes.empty()) return {};
    std::string bytes;
    const auto part = [&bytes](std::string_view s) {
        const auto n = static_cast<std::uint32_t>(s.size());
        for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>((n >> shift) & 0xFFU);
        bytes += s;
    };
    for (const auto& [name, v] : attributes) {
        part(name);
        part(v.data_type);
        bytes += v.data_type.rfind("Binary", 0) == 0 ? '\x02' : '\x01';
        part(v.value);
    }
    return md5_hex(bytes);
}

}  // namespace trainyard::aws::sqs

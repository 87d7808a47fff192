#include "aws/local/sqs/sqs_documents.hpp"

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::sqs_documents {
namespace {

// Nanoseconds since 1970, as the stores have them.
std::int64_t to_count(wall_time t) {
    return t.time_since_epoch().count();
}

// Reads members; the first one that is not there or of another kind makes it fail.
class reader {
public:
    explicit reader(json::value v) : v_(v) {}
    bool failed = false;

    std::int64_t integer(const char* member) {
        const auto n = v_.find(member).integer();
        failed = failed || !n;
        return n.value_or(0);
    }
    std::uint64_t bits(const char* member) { return static_cast<std::uint64_t>(integer(member)); }
    wall_time time(const char* member) { return wall_time{duration{integer(member)}}; }
    std::optional<wall_time> time_if(const char* member) {
        return v_.find(member).is_null() ? std::nullopt : std::optional{time(member)};
    }
    std::string text(const char* member) {
        const auto s = v_.find(member).string();
        failed = failed || !s;
        return std::string{s.value_or("")};
    }
    std::string text_if(const char* member) {
        return v_.find(member).is_null() ? std::string{} : text(member);
    }
    bool flag(const char* member) { return v_.find(member).boolean().value_or(false); }
    uuid id(const char* member) {
        const auto parsed = parse_uuid(text(member));
        failed = failed || !parsed;
        return parsed.value_or(uuid{});
    }
    string_map texts(const char* member) {
        string_map out;
        const auto all = v_.find(member).members();
        for (auto m = all.begin(); m != all.end(); ++m) {
            failed = failed || !(*m).is_string();
            out.emplace(m.key(), (*m).string().value_or(""));
        }
        return out;
    }

private:
    json::value v_;
};

void write_texts(json::writer& out, const char* member, const string_map& texts) {
    out.key(member).begin_object();
    for (const auto& [key, value] : texts) out.member(key, value);
    out.end_object();
}

void text_if(json::writer& out, const char* member, const std::string& text) {
    if (!text.empty()) out.member(member, text);
}

bool is_binary(const message_attribute& a) {
    return a.type.starts_with("Binary");
}

}  // namespace

json::limits read_limits() {
    json::limits l;
    l.bytes = 16U << 20U;
    l.string = 2U << 20U;
    return l;
}

std::string write_queue(const queue& q) {
    json::writer out;
    out.begin_object();
    out.member("account", q.key.account.str()).member("region", q.key.region.str());
    out.member("name", q.key.name).member("fifo", q.attributes.fifo());
    write_texts(out, "attributes", q.attributes.values());
    write_texts(out, "tags", q.tags);
    out.member("created", to_count(q.created)).member("modified", to_count(q.modified));
    if (q.purged) out.member("purged", to_count(*q.purged));
    out.member("tag", static_cast<std::int64_t>(q.store.tag())).end_object();
    return out.take();
}

std::shared_ptr<queue> read_queue(std::uint64_t id, json::value v) {
    reader in{v};
    queue_key key{account_id{in.text("account")}, region_name{in.text("region")}, in.text("name")};
    const auto attributes = queue_attributes(in.flag("fifo")).with(in.texts("attributes"));
    const string_map tags = in.texts("tags");
    const wall_time created = in.time("created"), modified = in.time("modified");
    const auto purged = in.time_if("purged");
    const std::uint64_t tag = in.bits("tag");
    if (in.failed || !attributes) return nullptr;
    return std::make_shared<queue>(queue{std::move(key), id, *attributes, tags, created, modified, purged,
                                         false, queue_store(attributes->store(), tag)});
}

std::string write_message(const queue_message& m) {
    json::writer out;
    out.begin_object().member("id", m.id.str()).member("body", m.body);
    if (!m.attributes.empty()) {
        out.key("attributes").begin_object();
        for (const auto& [name, a] : m.attributes) {
            out.key(name).begin_object().member("type", a.type);
            out.member("value", is_binary(a) ? to_base64(a.value) : a.value).end_object();
        }
        out.end_object();
    }
    text_if(out, "trace", m.trace_header);
    if (m.sender_id) out.member("sender", *m.sender_id);
    text_if(out, "group", m.group_id);
    text_if(out, "deduplication", m.deduplication_id);
    if (m.sequence != 0) out.member("sequence", static_cast<std::int64_t>(m.sequence));
    text_if(out, "source", m.dead_letter_source);
    out.member("sent", to_count(m.sent)).end_object();
    return out.take();
}

std::optional<queue_message> read_message(json::value v) {
    reader in{v};
    queue_message m;
    m.id = in.id("id");
    m.body = in.text("body");
    m.body_md5 = md5(m.body);
    const auto all = v.find("attributes").members();
    for (auto a = all.begin(); a != all.end(); ++a) {
        reader one{*a};
        message_attribute read{one.text("type"), one.text("value")};
        if (is_binary(read)) {
            auto bytes = from_base64(read.value);
            if (!bytes) return std::nullopt;
            read.value = *std::move(bytes);
        }
        if (one.failed) return std::nullopt;
        m.attributes.emplace(a.key(), std::move(read));
    }
    m.trace_header = in.text_if("trace");
    if (v.find("sender").exists()) m.sender_id = std::make_shared<const std::string>(in.text("sender"));
    m.group_id = in.text_if("group");
    m.deduplication_id = in.text_if("deduplication");
    if (v.find("sequence").exists()) m.sequence = in.bits("sequence");
    m.dead_letter_source = in.text_if("source");
    m.sent = in.time("sent");
    if (in.failed) return std::nullopt;
    return m;
}

std::string write_state(const kept_message& k, const queue_message& m) {
    json::writer out;
    out.begin_object().member("place", static_cast<int>(k.where));
    if (k.where != kept_message::place::visible) out.member("due", to_count(k.due));
    if (m.receive_count > 0) {
        out.member("received", to_count(k.received)).member("nonce", static_cast<std::int64_t>(k.nonce));
        out.member("count", static_cast<std::int64_t>(m.receive_count));
    }
    if (m.first_received) out.member("first", to_count(*m.first_received));
    if (k.visibility_changed) out.member("changed", true);
    out.end_object();
    return out.take();
}

std::optional<kept_message> read_state(std::uint64_t number, json::value v, queue_message& m) {
    reader in{v};
    kept_message k;
    k.number = number;
    const std::int64_t where = in.integer("place");
    if (where < 0 || where > 2) return std::nullopt;
    k.where = static_cast<kept_message::place>(where);
    if (k.where != kept_message::place::visible) k.due = in.time("due");
    if (v.find("count").exists()) {
        k.received = in.time("received");
        k.nonce = in.bits("nonce");
        m.receive_count = static_cast<std::uint32_t>(in.integer("count"));
    }
    m.first_received = in.time_if("first");
    k.visibility_changed = in.flag("changed");
    if (in.failed) return std::nullopt;
    return k;
}

std::string write_deduplication(const kept_deduplication& k) {
    json::writer out;
    out.begin_object().member("id", k.id.str());
    out.member("sequence", static_cast<std::int64_t>(k.sequence))
        .member("when", to_count(k.when))
        .end_object();
    return out.take();
}

std::optional<kept_deduplication> read_deduplication(std::string_view key, json::value v) {
    reader in{v};
    kept_deduplication k{std::string{key}, in.id("id"), in.bits("sequence"), in.time("when")};
    if (in.failed || !is_deduplication_key(key)) return std::nullopt;
    return k;
}

std::string write_moves(const std::deque<move_task>& tasks) {
    json::writer out;
    out.begin_array();
    for (const move_task& t : tasks) {
        out.begin_object().member("id", t.id).member("status", static_cast<int>(t.status));
        if (t.destination) out.member("destination", t.destination->arn());
        if (t.rate) out.member("rate", *t.rate);
        out.member("moved", t.moved).member("to_move", t.to_move);
        text_if(out, "failure", t.failure);
        out.member("started", to_count(t.started)).end_object();
    }
    out.end_array();
    return out.take();
}

std::optional<std::deque<move_task>> read_moves(const std::shared_ptr<queue>& source, json::value v) {
    std::deque<move_task> out;
    for (const json::value element : v.elements()) {
        reader in{element};
        move_task t;
        t.source = source;
        t.id = in.text("id");
        const std::int64_t status = in.integer("status");
        if (status < 0 || status > static_cast<int>(move_task::state::failed)) return std::nullopt;
        t.status = static_cast<move_task::state>(status);
        if (element.find("destination").exists()) {
            t.destination = parse_queue_arn(in.text("destination"));
            if (!t.destination) return std::nullopt;
        }
        if (element.find("rate").exists()) t.rate = in.integer("rate");
        t.moved = in.bits("moved");
        t.to_move = in.bits("to_move");
        t.failure = in.text_if("failure");
        t.started = in.time("started");
        if (in.failed || (t.rate && *t.rate < 1)) return std::nullopt;
        out.push_back(std::move(t));
    }
    if (out.empty()) return std::nullopt;
    return out;
}

}  // namespace trainyard::aws::local::sqs_documents

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "aws/sqs/answer.hpp"
#include "aws/sqs/sax_levels.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/md5_lanes.hpp"

namespace trainyard::aws::sqs {

namespace {

constexpr std::size_t attributes_max = 10;  // of one message; SQS's limit

// True when `hex` says the digest, as 32 lower-case digits.
bool is_hex_of(const md5_digest& digest, std::string_view hex) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (hex.size() != 2 * digest.size()) return false;
    for (std::size_t i = 0; i < digest.size(); ++i)
        if (hex[2 * i] != digits[digest[i] >> 4U] || hex[2 * i + 1] != digits[digest[i] & 15U]) return false;
    return true;
}

std::int64_t number_of(std::string_view digits) {
    std::int64_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

}  // namespace

class received_answer_reader : public sax_levels<received_answer_reader> {
public:
    explicit received_answer_reader(received_answer& out) : out_(out) {}

    bool enter(bool array);
    bool leave();
    void key(std::string_view name);
    bool text(std::string_view value);
    bool other() {
        if (level_ == level::none) return refuse("not a JSON object");
        return level_ != level::message || !needed() || refuse(about("a member is no string"));
    }
    bool truth(bool) { return other(); }
    bool null() { return level_ != level::none || refuse("not a JSON object"); }
    // Their digests, all at once: side by side they cost little more than two.
    bool bodies_fit();

private:
    enum class level : unsigned char { none, root, messages, message, system, attributes, attribute };
    enum class member : unsigned char {
        unknown,
        messages,
        id,
        handle,
        body,
        body_md5,
        attributes_md5,
        system,
        attributes,
        group,
        deduplication,
        count,
        sent,
        data_type,
        string_value,
        binary_value
    };

    bool needed() const { return member_ != member::unknown; }
    std::string about(std::string what) const {
        const std::string_view id = out_.messages_.empty() ? std::string_view{} : out_.messages_.back().id;
        return "message " + printable(id, 80) + ": " + what;
    }
    bool take(std::string_view& into, std::string_view value) {
        if (into.data() != nullptr) return refuse(about("a member twice"));
        into = value;
        return true;
    }
    bool end_message();
    bool end_attribute();
    bool attributes_fit(std::span<attribute_view> sorted);

    received_answer& out_;
    level level_ = level::none;
    member member_ = member::unknown;
    message_view m_;
    std::string_view body_md5_, attributes_md5_;
    std::size_t first_attribute_ = 0;
    attribute_view a_;
    std::string_view binary_;
    std::array<std::string_view, batch_entries_max> bodies_, bodies_md5_;
};

void received_answer_reader::key(std::string_view name) {
    member_ = member::unknown;
    switch (level_) {
        case level::root:
            if (name == "Messages") member_ = member::messages;
            break;
        case level::message:
            if (name == "ReceiptHandle")
                member_ = member::handle;
            else if (name == "Body")
                member_ = member::body;
            else if (name == "MessageId")
                member_ = member::id;
            else if (name == "MD5OfBody")
                member_ = member::body_md5;
            else if (name == "MD5OfMessageAttributes")
                member_ = member::attributes_md5;
            else if (name == "Attributes")
                member_ = member::system;
            else if (name == "MessageAttributes")
                member_ = member::attributes;
            break;
        case level::system:
            if (name == "ApproximateReceiveCount")
                member_ = member::count;
            else if (name == "SentTimestamp")
                member_ = member::sent;
            else if (name == "MessageGroupId")
                member_ = member::group;
            else if (name == "MessageDeduplicationId")
                member_ = member::deduplication;
            break;
        case level::attributes: a_.name = name; break;
        case level::attribute:
            if (name == "DataType")
                member_ = member::data_type;
            else if (name == "StringValue")
                member_ = member::string_value;
            else if (name == "BinaryValue")
                member_ = member::binary_value;
            break;
        default: break;
    }
}

bool received_answer_reader::text(std::string_view value) {
    switch (member_) {
        case member::id: return take(m_.id, value);
        case member::handle: return take(m_.receipt_handle, value);
        case member::body: return take(m_.body, value);
        case member::body_md5: return take(body_md5_, value);
        case member::attributes_md5: return take(attributes_md5_, value);
        case member::group: return take(m_.group_id, value);
        case member::deduplication: return take(m_.deduplication_id, value);
        case member::count: m_.receive_count = number_of(value); return true;
        case member::sent: m_.sent_millis = number_of(value); return true;
        case member::data_type: return take(a_.data_type, value);
        case member::string_value: return take(a_.value, value);
        case member::binary_value: return take(binary_, value);
        default: return level_ != level::none || refuse("not a JSON object");
    }
}

bool received_answer_reader::enter(bool array) {
    switch (level_) {
        case level::none:
            if (array) return refuse("not a JSON object");
            level_ = level::root;
            return true;
        case level::root:
            if (member_ != member::messages) return false;
            if (!array) return refuse("Messages is no array");
            level_ = level::messages;
            return true;
        case level::messages:
            if (array) return refuse("a message that is no object");
            level_ = level::message;
            m_ = {};
            body_md5_ = attributes_md5_ = {};
            first_attribute_ = out_.attributes_.size();
            return true;
        case level::message:
            if (member_ == member::unknown) return false;
            if (array || (member_ != member::system && member_ != member::attributes))
                return refuse(about("a member of the wrong type"));
            level_ = member_ == member::system ? level::system : level::attributes;
            member_ = member::unknown;
            return true;
        case level::attributes:
            if (array) return refuse(about("an attribute that is no object"));
            level_ = level::attribute;
            a_ = {a_.name, {}, {}};
            binary_ = {};
            return true;
        default: return false;  // lists within an attribute: SQS keeps them for later
    }
}

bool received_answer_reader::leave() {
    member_ = member::unknown;
    switch (level_) {
        case level::root: level_ = level::none; return true;
        case level::messages: level_ = level::root; return true;
        case level::message: level_ = level::messages; return end_message();
        case level::system:
        case level::attributes: level_ = level::message; return true;
        case level::attribute: level_ = level::attributes; return end_attribute();
        default: return true;
    }
}

bool received_answer_reader::end_attribute() {
    const std::string name = "attribute " + printable(a_.name, 80);
    if (a_.data_type.starts_with("Binary")) {
        const auto bytes = from_base64(binary_);
        if (!bytes) return refuse(about(name + " is not base64"));
        // Back into the text: the bytes are fewer than their digits.
        const auto at = static_cast<std::size_t>(binary_.data() - out_.text_.data());
        if (!bytes->empty()) std::memcpy(out_.text_.data() + at, bytes->data(), bytes->size());
        a_.value = binary_.substr(0, bytes->size());
    } else if (a_.value.data() == nullptr) {
        return refuse(about(name + " has no StringValue"));
    }
    if (out_.attributes_.size() - first_attribute_ >= attributes_max)
        return refuse(about("more attributes than SQS allows"));
    out_.attributes_.push_back(a_);
    return true;
}

bool received_answer_reader::attributes_fit(std::span<attribute_view> all) {
    if (all.empty()) return attributes_md5_.empty();
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::string& bytes = out_.digested_;
    bytes.clear();
    const auto part = [&bytes](std::string_view s) {
        const auto n = static_cast<std::uint32_t>(s.size());
        for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>((n >> shift) & 0xFFU);
        bytes += s;
    };
    for (const attribute_view& a : all) {
        part(a.name);
        part(a.data_type);
        bytes += a.data_type.starts_with("Binary") ? '\x02' : '\x01';
        part(a.value);
    }
    return is_hex_of(md5(bytes), attributes_md5_);
}

bool received_answer_reader::end_message() {
    if (m_.id.empty() || m_.receipt_handle.empty())
        return refuse("a message without MessageId or ReceiptHandle");
    out_.messages_.push_back(m_);
    if (m_.body.data() == nullptr) return refuse(about("it has no Body"));
    const std::span all{out_.attributes_};
    if (!attributes_fit(all.subspan(first_attribute_)))
        return refuse(about("MD5OfMessageAttributes does not match its attributes"));
    out_.ranges_.push_back({first_attribute_, all.size()});
    const std::size_t count = out_.messages_.size();
    if (count > batch_entries_max) return refuse("more messages than SQS gives");
    bodies_[count - 1] = m_.body;
    bodies_md5_[count - 1] = body_md5_;
    return true;
}

bool received_answer_reader::bodies_fit() {
    std::array<md5_digest, batch_entries_max> digests;
    const std::size_t count = out_.messages_.size();
    md5_of_each({bodies_.data(), count}, {digests.data(), count});
    for (std::size_t i = 0; i < count; ++i)
        if (!is_hex_of(digests[i], bodies_md5_[i]))
            return refuse("message " + printable(out_.messages_[i].id, 80) +
                          ": MD5OfBody does not match its body");
    return true;
}

result<void> received_answer::read(std::string text) {
    clear();
    text_ = std::move(text);
    received_answer_reader reader{*this};
    auto parsed = parse_in_place(text_, reader);
    if (parsed && !reader.bodies_fit()) parsed = error{errc::corrupt, reader.why()};
    if (!parsed) {
        messages_.clear();
        return parsed;
    }
    // Only now do the attributes stay where they are.
    const std::span all{std::as_const(attributes_)};
    for (std::size_t i = 0; i < messages_.size(); ++i)
        messages_[i].attributes = all.subspan(ranges_[i].begin, ranges_[i].end - ranges_[i].begin);
    return {};
}

std::string received_answer::clear() {
    messages_.clear();
    attributes_.clear();
    ranges_.clear();
    return std::exchange(text_, {});
}

}  // namespace trainyard::aws::sqs

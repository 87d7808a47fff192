// The reading half of sqs_message: what SQS accepts as a message.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "aws/local/sqs/sqs_input.hpp"
#include "aws/local/sqs/sqs_message.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/swar.hpp"

namespace trainyard::aws::local {

namespace {

constexpr std::size_t max_id = 128;              // group and deduplication ids
constexpr std::size_t max_attribute_name = 256;  // and data type
constexpr std::int64_t max_delay = 900;
constexpr std::string_view wrong_queue_type =
    "The request include parameter that is not valid for this queue type.";

bool is_alphanumeric(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= max_id &&
           std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

sqs_result<void> check_id(std::string_view id, std::string_view parameter) {
    if (is_id(id)) return {};
    return sqs_error::invalid_value(
        id, parameter,
        fmt::format("{} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
                    parameter));
}

// Sixteen at a time; GCC's and Clang's vectors, for any CPU.
typedef unsigned char bytes16 __attribute__((vector_size(16)));
constexpr std::size_t stride = 4 * sizeof(bytes16);

// How much at the front, by whole strides, has nothing that forbidden_character() looks at.
std::size_t usual_prefix(std::string_view text) {
    std::size_t i = 0;
    for (; text.size() - i >= stride; i += stride) {
        bytes16 rare{};
        for (std::size_t k = 0; k < stride; k += sizeof(bytes16)) {
            bytes16 b;
            std::memcpy(&b, text.data() + i + k, sizeof b);
            rare |= reinterpret_cast<bytes16>(b < 0x20) | reinterpret_cast<bytes16>(b == 0xEF);
        }
        std::array<std::uint64_t, 2> any{};
        std::memcpy(any.data(), &rare, sizeof rare);
        if ((any[0] | any[1]) != 0) break;
    }
    return i;
}

// XML 1.0's characters: SQS began as an XML service. The text is well-formed UTF-8 already.
std::optional<unsigned> forbidden_character(std::string_view text) {
    for (std::size_t i = usual_prefix(text); i < text.size(); ++i) {
        if (text.size() - i >= swar::word_bytes) {
            const std::uint64_t w = swar::load(text.data() + i);
            const std::uint64_t rare = swar::below(w, 0x20) | swar::equal(w, 0xEF);
            i += rare == 0 ? swar::word_bytes - 1 : swar::first_byte(rare);
            if (rare == 0) continue;
        }
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return c;
        if (c == 0xEF && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xBF) {
            const auto last = static_cast<unsigned char>(text[i + 2]);
            if (last >= 0xBE) return 0xFF40U + last;  // U+FFFE, U+FFFF
        }
    }
    return std::nullopt;
}

// Up to 38 significant digits, magnitude from 10^-128 to 10^126.
bool is_attribute_number(std::string_view t) {
    constexpr std::size_t max_digits = 38;
    std::size_t i = 0;
    if (i < t.size() && (t[i] == '+' || t[i] == '-')) ++i;
    std::string digits;
    int point = -1;
    for (; i < t.size() && (t[i] == '.' || (t[i] >= '0' && t[i] <= '9')); ++i) {
        if (t[i] != '.')
            digits.push_back(t[i]);
        else if (point < 0)
            point = static_cast<int>(digits.size());
        else
            return false;
    }
    if (digits.empty()) return false;
    if (point < 0) point = static_cast<int>(digits.size());
    int exponent = 0;
    if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
        const bool minus = ++i < t.size() && t[i] == '-';
        if (i < t.size() && (t[i] == '+' || t[i] == '-')) ++i;
        if (i == t.size()) return false;
        for (; i < t.size() && t[i] >= '0' && t[i] <= '9'; ++i)
            exponent = std::min(exponent * 10 + (t[i] - '0'), 9999);
        if (minus) exponent = -exponent;
    }
    if (i != t.size()) return false;
    const auto first = digits.find_first_not_of('0');
    if (first == std::string::npos) return true;  // zero
    const auto last = digits.find_last_not_of('0');
    const int magnitude = point - static_cast<int>(first) - 1 + exponent;
    return last - first + 1 <= max_digits && magnitude >= -128 && magnitude <= 126;
}

sqs_result<void> check_attribute_name(std::string_view name) {
    std::string lower(name.substr(0, 7));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
    });
    const bool dots =
        name.starts_with('.') || name.ends_with('.') || name.find("..") != std::string_view::npos;
    if (name.empty() || name.size() > max_attribute_name || !letters || dots)
        return sqs_error::invalid_parameter(fmt::format(
            "Message (user) attribute name '{}' is invalid: it can contain only A-Z, a-z, 0-9, underscore "
            "(_), hyphen "
            "(-) and period (.), without a period at either end or two in a row, 1 to 256 in length.",
            name));
    if (lower.starts_with("aws.") || lower.starts_with("amazon."))
        return sqs_error::invalid_parameter(fmt::format(
            "Message (user) attribute name '{}' is invalid: it can not start with AWS. or Amazon.", name));
    return {};
}

sqs_result<message_attribute> read_attribute(std::string_view name, json::value v) {
    sqs_input in(v);
    const auto type = in.text("DataType");
    const auto text = in.text("StringValue");
    const auto binary = in.text("BinaryValue");
    if (in.failed()) return in.error();
    if (!type || type->empty())
        return sqs_error::invalid_parameter(
            fmt::format("The message attribute '{}' must contain non-empty message attribute type.", name));
    const std::string_view base = type->substr(0, type->find('.'));
    if (type->size() > max_attribute_name || (base != "String" && base != "Number" && base != "Binary"))
        return sqs_error::invalid_parameter(fmt::format(
            "The message attribute '{}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String.",
            name));
    const auto& given = base == "Binary" ? binary : text;
    if (!given || given->empty())
        return sqs_error::invalid_parameter(fmt::format(
            "Message (user) attribute '{}' must contain a non-empty value of type '{}'.", name, base));
    message_attribute a{std::string(*type), std::string(*given)};
    if (base == "Binary") {
        auto bytes = from_base64(*given);
        if (!bytes) return sqs_error::malformed_input(fmt::format("BinaryValue of '{}' is not base64", name));
        a.value = std::move(*bytes);
        return a;
    }
    if (const auto bad = forbidden_character(a.value))
        return sqs_error::plain(
            "InvalidMessageContents", 400,
            fmt::format("Invalid binary character '#x{:X}' was found in the message attribute '{}' "
                        "value, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF "
                        "| #xE000 to #xFFFD | #x10000 to #x10FFFF",
                        *bad, name));
    if (base == "Number" && !is_attribute_number(a.value))
        return sqs_error::invalid_parameter(
            fmt::format("Can't cast the value of message (user) attribute '{}' to a number.", name));
    return a;
}

sqs_result<void> read_attributes(json::value given, message_attributes& out) {
    if (given.is_null()) return {};
    if (!given.is_object()) return sqs_error::malformed_input("MessageAttributes must be a map");
    if (given.size() > max_attributes)
        return sqs_error::invalid_parameter(
            fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].", given.size(),
                        max_attributes));
    const auto all = given.members();
    for (auto at = all.begin(); at != all.end(); ++at) {
        if (const auto named = check_attribute_name(at.key()); !named) return named.error();
        auto a = read_attribute(at.key(), *at);
        if (!a) return a.error();
        out.emplace(at.key(), std::move(*a));
    }
    return {};
}

sqs_result<void> read_system_attributes(json::value given, std::string& trace_header) {
    if (given.is_null()) return {};
    if (!given.is_object()) return sqs_error::malformed_input("MessageSystemAttributes must be a map");
    const auto all = given.members();
    for (auto at = all.begin(); at != all.end(); ++at) {
        if (at.key() != "AWSTraceHeader")
            return sqs_error::invalid_parameter(
                fmt::format("Message system attribute name '{}' is invalid.", at.key()));
        auto a = read_attribute(at.key(), *at);
        if (!a) return a.error();
        if (a->type != "String" || !is_trace_header(a->value))
            return sqs_error::invalid_parameter(
                "Message system attribute 'AWSTraceHeader' must be a valid X-Ray trace header of type "
                "'String'.");
        trace_header = std::move(a->value);
    }
    return {};
}

sqs_result<void> read_order(sqs_input& in, const queue_attributes& queue, bool in_batch, queue_message& m) {
    const auto group = in.text("MessageGroupId");
    const auto dedup = in.text("MessageDeduplicationId");
    if (in.failed()) return in.error();
    if (group) {
        if (const auto good = check_id(*group, "MessageGroupId"); !good) return good.error();
        m.group_id = *group;
    } else if (queue.fifo()) {
        service_error missing = sqs_error::missing_parameter("MessageGroupId");
        return in_batch ? sqs_error::invalid_parameter(missing.message) : missing;
    }
    if (!queue.fifo()) {
        if (dedup) return sqs_error::invalid_value(*dedup, "MessageDeduplicationId", wrong_queue_type);
        return {};
    }
    if (dedup) {
        if (const auto good = check_id(*dedup, "MessageDeduplicationId"); !good) return good.error();
        m.deduplication_id = *dedup;
    } else if (queue.is("ContentBasedDeduplication", "true")) {
        m.deduplication_id = sha256_hex(m.body);
    } else {
        return sqs_error::invalid_parameter(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided "
            "explicitly");
    }
    return {};
}

sqs_result<void> read_delay(sqs_input& in, const queue_attributes& queue, outgoing_message& out) {
    const auto delay = in.integer("DelaySeconds");
    if (in.failed()) return in.error();
    if (!delay) return {};
    if (*delay < 0 || *delay > max_delay)
        return sqs_error::invalid_value(std::to_string(*delay), "DelaySeconds",
                                        "DelaySeconds must be >= 0 and <= 900.");
    if (queue.fifo() && *delay > 0)
        return sqs_error::invalid_value(std::to_string(*delay), "DelaySeconds", wrong_queue_type);
    if (!queue.fifo()) out.delay = std::chrono::seconds(*delay);
    return {};
}

}  // namespace

bool is_trace_header(std::string_view text) {
    constexpr std::size_t max_trace_header = 512;  // our own bound: X-Ray's own headers have about 100
    return text.find("Root=") != std::string_view::npos && text.size() <= max_trace_header;
}

sqs_result<void> read_message(json::value entry, const queue_attributes& queue, bool in_batch,
                              outgoing_message& out) {
    sqs_input in(entry);
    queue_message& m = out.message;
    m.body = in.required("MessageBody");
    if (in.failed()) return in.error();
    if (const auto bad = forbidden_character(m.body))
        return sqs_error::plain(
            "InvalidMessageContents", 400,
            fmt::format(
                "Invalid binary character '#x{:X}' was found in the message body, the set of allowed "
                "characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
                *bad));
    if (const auto read = read_attributes(entry.find("MessageAttributes"), m.attributes); !read)
        return read.error();
    const auto limit = queue.number("MaximumMessageSize");
    if (payload_size(entry) > static_cast<std::size_t>(limit))
        return sqs_error::invalid_parameter(
            fmt::format("One or more parameters {}. Reason: Message must be shorter than {} bytes.",
                        in_batch ? "cannot be validated" : "are invalid", limit));
    if (const auto read = read_system_attributes(entry.find("MessageSystemAttributes"), m.trace_header);
        !read)
        return read.error();
    if (const auto read = read_delay(in, queue, out); !read) return read.error();
    if (const auto read = read_order(in, queue, in_batch, m); !read) return read.error();
    return {};
}

std::size_t payload_size(json::value entry) {
    std::size_t n = entry.find("MessageBody").string().value_or("").size();
    const auto all = entry.find("MessageAttributes").members();
    for (auto at = all.begin(); at != all.end(); ++at) {
        n += at.key().size() + (*at).find("DataType").string().value_or("").size();
        n += (*at).find("StringValue").string().value_or("").size();
        const std::string_view binary = (*at).find("BinaryValue").string().value_or("");
        const auto padding = binary.size() - std::min(binary.size(), binary.find_last_not_of('=') + 1);
        n += binary.size() / 4 * 3 - std::min(binary.size() / 4 * 3, padding);
    }
    return n;
}

}  // namespace trainyard::aws::local

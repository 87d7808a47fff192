#include <fmt/format.h>
#define RAPIDJSON_NAMESPACE trainyard_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace trainyard_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/base/encoding.hpp"
#include "engine/base/json_tape.hpp"

namespace trainyard::json {
namespace rj = trainyard_rapidjson;

// Builds the tape and enforces every limit while the text is still being read.
class tape_builder : public rj::BaseReaderHandler<rj::UTF8<>, tape_builder> {
public:
    // The tape's arena holds the text, which the reader decodes in place.
    tape_builder(value::tape& t, const limits& l) : tape_(t), limits_(l) {}

    bool Null() { return scalar(kind::null); }
    bool Bool(bool b) {
        if (!scalar(kind::boolean)) return false;
        tape_.nodes.back().truth = b;
        return true;
    }
    bool RawNumber(const char* s, rj::SizeType n, bool) { return text(kind::number, s, n); }
    bool String(const char* s, rj::SizeType n, bool) { return text(kind::string, s, n); }
    bool Key(const char* s, rj::SizeType n, bool) {
        if (++members_ > limits_.members) return refuse("more than {} object members", limits_.members);
        return text(kind::string, s, n, true);
    }
    bool StartObject() { return open(kind::object); }
    bool StartArray() { return open(kind::array); }
    bool EndObject(rj::SizeType) { return close() && distinct_keys(); }
    bool EndArray(rj::SizeType) { return close(); }
    bool Default() { return refuse("unexpected token {}", 0); }

    const std::string& why() const { return why_; }  // empty: the text is not JSON
    errc code() const { return code_; }              // of why()

private:
    bool scalar(kind k, bool is_key = false) {
        if (!is_key && !open_.empty()) ++tape_.nodes[open_.back()].length;
        tape_.nodes.push_back({k, false, static_cast<std::uint32_t>(tape_.nodes.size() + 1), 0, 0});
        return true;
    }
    bool text(kind k, const char* s, rj::SizeType n, bool is_key = false) {
        if (n > limits_.string) return refuse("a string or number longer than {} bytes", limits_.string);
        scalar(k, is_key);
        auto& node = tape_.nodes.back();
        node.offset = static_cast<std::uint32_t>(s - tape_.arena.get());
        node.length = n;
        return true;
    }
    bool open(kind k) {
        if (open_.size() >= limits_.depth) return refuse("nested deeper than {} levels", limits_.depth);
        scalar(k);
        open_.push_back(static_cast<std::uint32_t>(tape_.nodes.size() - 1));
        return true;
    }
    bool close() {
        closed_ = open_.back();
        tape_.nodes[closed_].next = static_cast<std::uint32_t>(tape_.nodes.size());
        open_.pop_back();
        return true;
    }
    // Which of two equal keys wins differs between parsers; a request that means two things is refused.
    bool distinct_keys() {
        const auto twice = repeated_key(tape_, closed_);
        if (!twice) return true;
        code_ = errc::invalid_argument;
        return refuse("the key '{}' twice in one object", printable(*twice, 64));
    }
    template <class T>
    bool refuse(fmt::format_string<const T&> text, const T& argument) {
        why_ = fmt::format(text, argument);
        return false;
    }

    value::tape& tape_;
    const limits& limits_;
    std::vector<std::uint32_t> open_;
    std::uint32_t closed_ = 0;
    std::size_t members_ = 0;
    std::string why_;
    errc code_ = errc::limit;
};

document::document() : tape_(std::make_unique<value::tape>()) {}
document::document(document&&) noexcept = default;
document& document::operator=(document&&) noexcept = default;
document::~document() = default;

namespace {

// RapidJSON lets an escaped low surrogate stand alone; its "UTF-8" begins with 0xED.
std::optional<std::string_view> lone_surrogate(const value::tape& t, std::size_t arena_bytes) {
    if (std::memchr(t.arena.get(), 0xED, arena_bytes) == nullptr) return std::nullopt;
    for (const value::node& n : t.nodes)
        if (n.kind == kind::string && !is_utf8(t.text(n))) return t.text(n);
    return std::nullopt;
}

}  // namespace

result<document> document::parse(std::string_view text, const limits& l) {
    document d;
    if (scan(text, l, *d.tape_)) return d;
    return value::tape::read_with_care(text, l);
}

result<document> value::tape::read_with_care(std::string_view text, const limits& l) {
    if (text.size() > l.bytes)
        return error{errc::limit, fmt::format("JSON of {} bytes; at most {} are read", text.size(), l.bytes)};
    // RapidJSON takes NUL for the end of the text and would ignore what follows.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos)
        return error{errc::invalid_argument, fmt::format("not JSON: NUL at byte {}", nul)};
    if (const auto good = utf8_prefix(text); good != text.size())
        return error{errc::invalid_argument, fmt::format("not JSON: malformed UTF-8 (byte {})", good)};
    document d;
    d.tape_->arena = std::make_unique_for_overwrite<char[]>(text.size() + 1);
    char* const arena = d.tape_->arena.get();
    *std::copy(text.begin(), text.end(), arena) = '\0';
    tape_builder builder{*d.tape_, l};
    // In place: a decoded string is never longer than its text, and nothing is copied twice.
    rj::InsituStringStream stream{arena};
    rj::Reader reader;
    constexpr unsigned flags =
        rj::kParseIterativeFlag | rj::kParseInsituFlag | rj::kParseNumbersAsStringsFlag;
    if (const auto r = reader.Parse<flags>(stream, builder); r.IsError()) {
        const std::string why = builder.why().empty() ? rj::GetParseError_En(r.Code()) : builder.why();
        return error{builder.why().empty() ? errc::invalid_argument : builder.code(),
                     fmt::format("not JSON that can be used: {} (byte {})", why, r.Offset())};
    }
    if (const auto bad = lone_surrogate(*d.tape_, text.size()))
        return error{errc::invalid_argument,
                     fmt::format("not JSON that can be used: a surrogate without its pair in '{}' (byte {})",
                                 printable(*bad, 64), bad->data() - arena)};
    return d;
}

value document::root() const {
    return tape_->nodes.empty() ? value{} : value{tape_.get(), 0};
}

}  // namespace trainyard::json

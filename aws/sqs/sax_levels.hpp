// RapidJSON's events sorted by the level of the answer that they belong to. Private to the readers of this
// folder.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

// Its SIMD code reads whole aligned blocks, which sanitizers take for an overrun.
#if defined(__SSE2__) && !defined(__SANITIZE_ADDRESS__)
#if !defined(__has_feature)
#define RAPIDJSON_SSE2
#elif !__has_feature(address_sanitizer)
#define RAPIDJSON_SSE2
#endif
#endif
#define RAPIDJSON_NAMESPACE trainyard_sqs_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace trainyard_sqs_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>

#include "engine/base/encoding.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::sqs {

namespace rj = trainyard_sqs_rapidjson;

// Where the reader stands in an answer, told by levels: whoever knows a level handles it, what nobody knows
// is passed over with all that is in it.
template <class Derived>
class sax_levels : public rj::BaseReaderHandler<rj::UTF8<>, sax_levels<Derived>> {
public:
    bool Key(const char* s, rj::SizeType n, bool) {
        if (skipped_ == 0) me().key({s, n});
        return true;
    }
    bool String(const char* s, rj::SizeType n, bool) { return skipped_ > 0 || me().text({s, n}); }
    bool RawNumber(const char*, rj::SizeType, bool) { return skipped_ > 0 || me().other(); }
    bool Bool(bool b) { return skipped_ > 0 || me().truth(b); }
    bool Null() { return skipped_ > 0 || me().null(); }
    bool StartObject() { return start(false); }
    bool StartArray() { return start(true); }
    bool EndObject(rj::SizeType) { return end(); }
    bool EndArray(rj::SizeType) { return end(); }
    bool Default() { return false; }

    const std::string& why() const { return why_; }

protected:
    bool refuse(std::string why) {
        why_ = std::move(why);
        return false;
    }

private:
    // As the other decoders have it: SQS's own answers reach 6.
    static constexpr std::size_t depth_max = 64;

    Derived& me() { return static_cast<Derived&>(*this); }
    bool start(bool array) {
        if (++depth_ > depth_max) return refuse("nested too deeply");
        if (skipped_ > 0 || !me().enter(array)) return why_.empty() && ++skipped_ > 0;
        return true;
    }
    bool end() {
        --depth_;
        if (skipped_ > 0) {
            --skipped_;
            return true;
        }
        return me().leave();
    }

    std::size_t depth_ = 0, skipped_ = 0;
    std::string why_;
};

// Decodes in place, so what the handler is given are views into `text`. errc::corrupt says what is wrong.
template <class Handler>
result<void> parse_in_place(std::string& text, Handler& handler) {
    if (text.empty()) return {};  // an operation without output
    // RapidJSON takes NUL for the end of the text and would ignore what follows.
    if (std::memchr(text.data(), '\0', text.size()) != nullptr)
        return error{errc::corrupt, "NUL in the answer"};
    if (utf8_prefix(text) != text.size()) return error{errc::corrupt, "malformed UTF-8"};
    rj::InsituStringStream stream{text.data()};
    // Answers nest so little that the reader's memory fits here.
    std::array<char, 2048> memory;
    rj::MemoryPoolAllocator<> pool{memory.data(), memory.size()};
    rj::GenericReader<rj::UTF8<>, rj::UTF8<>, rj::MemoryPoolAllocator<>> reader{&pool, 512};
    constexpr unsigned flags =
        rj::kParseIterativeFlag | rj::kParseInsituFlag | rj::kParseNumbersAsStringsFlag;
    const auto parsed = reader.Parse<flags>(stream, handler);
    if (!parsed.IsError()) return {};
    if (!handler.why().empty()) return error{errc::corrupt, handler.why()};
    return error{errc::corrupt, std::string{"not JSON: "} + rj::GetParseError_En(parsed.Code())};
}

}  // namespace trainyard::aws::sqs

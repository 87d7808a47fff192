#define RAPIDJSON_NAMESPACE trainyard_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace trainyard_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
// A wrong order of calls is a programmer error; it must stop the program in release builds too.
#include "engine/base/check.hpp"
#define RAPIDJSON_ASSERT(x) TY_CHECK(x, "json::writer calls are out of order")
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::json {
namespace rj = trainyard_rapidjson;

struct writer::impl {
    rj::StringBuffer buffer;
    rj::Writer<rj::StringBuffer> out{buffer};
    std::string text;  // the copy that text() hands out
    // What each open object or array takes next. RapidJSON's own checks miss a key in an array, a key without
    // a value and a string in a key's place.
    enum class next : char { element, key, member };
    std::vector<next> open{};

    rj::Writer<rj::StringBuffer>& begin_value() {
        TY_CHECK(open.empty() || open.back() != next::key, "json::writer calls are out of order");
        if (!open.empty() && open.back() == next::member) open.back() = next::key;
        return out;
    }
    void begin_key() {
        TY_CHECK(!open.empty() && open.back() == next::key, "json::writer calls are out of order");
        open.back() = next::member;
    }
    void end(next allowed) {
        TY_CHECK(!open.empty() && open.back() == allowed, "json::writer calls are out of order");
        open.pop_back();
    }
};

namespace {

// Only what came from outside without a UTF-8 check can be malformed; each bad byte becomes one U+FFFD.
std::string repaired(std::string_view s) {
    std::string out;
    for (std::size_t i = 0; i < s.size();) {
        std::size_t n = 1;
        while (n < 4 && i + n <= s.size() && !is_utf8(s.substr(i, n))) ++n;
        if (i + n <= s.size() && is_utf8(s.substr(i, n))) {
            out += s.substr(i, n);
            i += n;
        } else {
            out += "\xEF\xBF\xBD";
            ++i;
        }
    }
    return out;
}

}  // namespace

writer::writer() : impl_(std::make_unique<impl>()) {}
writer::~writer() = default;
writer::writer(writer&&) noexcept = default;
writer& writer::operator=(writer&&) noexcept = default;

writer& writer::begin_object() {
    impl_->begin_value().StartObject();
    impl_->open.push_back(impl::next::key);
    return *this;
}
writer& writer::end_object() {
    impl_->end(impl::next::key);
    impl_->out.EndObject();
    return *this;
}
writer& writer::begin_array() {
    impl_->begin_value().StartArray();
    impl_->open.push_back(impl::next::element);
    return *this;
}
writer& writer::end_array() {
    impl_->end(impl::next::element);
    impl_->out.EndArray();
    return *this;
}

writer& writer::key(std::string_view k) {
    if (!is_utf8(k)) return key(repaired(k));
    impl_->begin_key();
    impl_->out.Key(k.data() == nullptr ? "" : k.data(), static_cast<rj::SizeType>(k.size()));
    return *this;
}

writer& writer::string(std::string_view s) {
    if (!is_utf8(s)) return string(repaired(s));
    // RapidJSON asserts on a null pointer even when the length is 0.
    impl_->begin_value().String(s.data() == nullptr ? "" : s.data(), static_cast<rj::SizeType>(s.size()));
    return *this;
}

writer& writer::integer(std::int64_t v) {
    return impl_->begin_value().Int64(v), *this;
}

writer& writer::number(double v) {
    TY_CHECK(std::isfinite(v), "JSON has no infinity and no NaN");
    // Whole numbers are written without ".0": AWS clients read timestamps such as 1735689600.
    if (std::trunc(v) == v && std::fabs(v) < 9007199254740992.0) return integer(static_cast<std::int64_t>(v));
    return impl_->begin_value().Double(v), *this;
}

writer& writer::number_text(std::string_view text) {
    impl_->begin_value().RawValue(text.data(), text.size(), rj::kNumberType);
    return *this;
}

writer& writer::boolean(bool v) {
    return impl_->begin_value().Bool(v), *this;
}
writer& writer::null() {
    return impl_->begin_value().Null(), *this;
}

// Recursion is bounded by the depth limit the document was read with.
writer& writer::copy(value v) {
    switch (v.kind()) {
        case kind::null: return null();
        case kind::boolean: return boolean(*v.boolean());
        case kind::number: return number_text(v.number_text());
        case kind::string: return string(*v.string());
        case kind::array:
            begin_array();
            for (const value e : v.elements()) copy(e);
            return end_array();
        case kind::object:
            begin_object();
            for (auto i = v.members().begin(); i != v.members().end(); ++i) key(i.key()).copy(*i);
            return end_object();
    }
    return *this;
}

const std::string& writer::text() const {
    TY_CHECK(impl_->open.empty() && impl_->out.IsComplete(), "the JSON text is not complete");
    impl_->text.assign(impl_->buffer.GetString(), impl_->buffer.GetSize());
    return impl_->text;
}

std::string writer::take() {
    return text(), std::move(impl_->text);
}

std::string to_text(value v) {
    writer w;
    w.copy(v);
    return w.take();
}

}  // namespace trainyard::json

// PCRE2 and not std::regex: the published patterns look ahead and name Unicode classes, and a hostile text
// must neither recurse nor run for long.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>
#include <string>

#include "aws/local/model/validate.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::model {
namespace {

constexpr std::uint32_t steps_max = 1'000'000;

struct free_code {
    void operator()(pcre2_code* p) const { pcre2_code_free(p); }
};
struct free_match {
    void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
};
struct free_context {
    void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
};

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::size_t replace(std::string& in, std::size_t at, std::string_view from, std::string_view to) {
    in.replace(at, from.size(), to);
    return at + to.size();
}

// Java's syntax in PCRE2's: \u0020, \p{Alnum}, and a counted end of text, which is the end of text.
std::string translated(std::string_view published) {
    std::string out{published};
    constexpr std::string_view surrogates =
        R"(\uD800\uDC00-\uDBFF\uDFFF)";  // how Java writes all planes but the first
    if (const auto at = out.find(surrogates); at != std::string::npos)
        replace(out, at, surrogates, R"(\x{10000}-\x{10FFFF})");
    for (std::size_t at = 0; (at = out.find("\\u", at)) != std::string::npos;) {
        // The models write the last plane with more digits than Java reads: \u10000-\u10FFFF.
        std::size_t digits = 0;
        const std::size_t longest = out.compare(at + 2, 5, "10000") == 0    ? 5
                                    : out.compare(at + 2, 6, "10FFFF") == 0 ? 6
                                                                            : 4;
        while (digits < longest && at + 2 + digits < out.size() && is_hex(out[at + 2 + digits])) ++digits;
        const std::string hex = out.substr(at + 2, digits);
        at = replace(out, at, "\\u" + hex, "\\x{" + hex + "}");
    }
    for (std::size_t at = 0; (at = out.find("\\p{Alnum}", at)) != std::string::npos;)
        at = replace(out, at, "\\p{Alnum}", "a-zA-Z0-9");  // stands inside [] only
    if (const auto at = out.find(")${1,"); at != std::string::npos) out.resize(at + 2);
    return out;
}

}  // namespace

struct pattern::impl {
    std::unique_ptr<pcre2_code, free_code> code;
    std::unique_ptr<pcre2_match_data, free_match> data;
    std::unique_ptr<pcre2_match_context, free_context> context;
};

pattern::pattern(std::string_view published) : impl_(std::make_unique<impl>()) {
    const std::string text = translated(published);
    int code = 0;
    PCRE2_SIZE where = 0;
    impl_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                    PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY,
                                    &code, &where, nullptr));
    TY_CHECK(impl_->code != nullptr, text);
    impl_->data.reset(pcre2_match_data_create(1, nullptr));
    impl_->context.reset(pcre2_match_context_create(nullptr));
    TY_CHECK(impl_->data && impl_->context, "memory for a pattern");
    pcre2_set_match_limit(impl_->context.get(), steps_max);
}

pattern::~pattern() = default;
pattern::pattern(pattern&&) noexcept = default;

bool pattern::matches(std::string_view utf8) const {
    return pcre2_match(impl_->code.get(), reinterpret_cast<PCRE2_SPTR>(utf8.data()), utf8.size(), 0, 0,
                       impl_->data.get(), impl_->context.get()) >= 0;
}

}  // namespace trainyard::aws::local::model

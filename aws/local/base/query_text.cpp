#include "aws/local/base/query_text.hpp"

#include <algorithm>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

// Ten batch entries with ten attributes of three fields each need 350, 50 tags and 10 policies need 130.
constexpr std::size_t fields_max = 1000;

// U+FFFE and U+FFFF, three bytes each.
bool is_noncharacter(std::string_view text) {
    return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

}  // namespace

std::optional<query_parameters> parse_form(std::string_view body) {
    query_parameters out;
    while (!body.empty()) {
        const std::string_view field = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(body.size(), field.size() + 1));
        if (field.empty()) continue;
        const auto equals = field.find('=');
        auto name = percent_decode(field.substr(0, equals), true);
        auto value =
            equals == std::string_view::npos ? std::string{} : percent_decode(field.substr(equals + 1), true);
        if (!name || !value || !is_utf8(*name) || !is_utf8(*value) || out.size() == fields_max)
            return std::nullopt;
        if (!out.emplace(*std::move(name), *std::move(value)).second) return std::nullopt;
    }
    return out;
}

std::string escape_xml(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\r': out += "&#xD;"; break;
            case '\xEF':
                if (is_noncharacter(text.substr(i))) {
                    out += '?';
                    i += 2;
                } else {
                    out += c;
                }
                break;
            default: out += static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' ? '?' : c;
        }
    }
    return out;
}

std::string xml_element(std::string_view name, std::string_view text) {
    const std::string tag{name};
    return "<" + tag + ">" + escape_xml(text) + "</" + tag + ">";
}

}  // namespace trainyard::aws::local

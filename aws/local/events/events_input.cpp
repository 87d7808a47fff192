#include "aws/local/events/events_input.hpp"

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {

std::string text_of(json::value in, std::string_view member) {
    return std::string{in.find(member).string().value_or("")};
}

events_result<tag_map> read_tags(json::value in, const tag_map& already) {
    tag_map out = already;
    for (const json::value tag : in.find("Tags").elements()) {
        const std::string key = text_of(tag, "Key");
        if (key.starts_with("aws:"))
            return validation_exception("aws: prefixed tag key names are not allowed for external use.");
        out[key] = text_of(tag, "Value");
    }
    if (out.size() > max_tags) return limit_exceeded("The resource has more than 50 tags.");
    return out;
}

void write_tags(json::writer& out, const tag_map& tags) {
    out.key("Tags").begin_array();
    for (const auto& [key, value] : tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array();
}

std::string to_token(std::string_view last) {
    return to_base64(last);
}

events_result<std::string> from_token(json::value in) {
    const json::value token = in.find("NextToken");
    if (token.is_null()) return std::string{};
    auto last = from_base64(token.string().value_or(""));
    if (!last || last->empty()) return validation_exception("The NextToken is not valid.");
    return std::move(*last);
}

std::size_t page_size(json::value in) {
    return static_cast<std::size_t>(in.find("Limit").integer().value_or(max_page));
}

}  // namespace trainyard::aws::local::events

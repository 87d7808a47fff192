#include "aws/quotas/codec.hpp"

#include <cmath>
#include <optional>

#include "engine/base/json.hpp"

namespace trainyard::aws::quotas {
namespace {

std::string text(json::value v, std::string_view key) {
    return std::string{v.find(key).string().value_or("")};
}

// Nothing where AWS tells an ErrorReason in the place of a value.
std::optional<quota> read(json::value v) {
    const auto value = v.find("Value").number();
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return quota{text(v, "QuotaCode"), text(v, "QuotaName"), *value};
}

result<json::document> parse_object(std::string_view body) {
    auto parsed = json::document::parse(body);
    if (!parsed) return error{errc::corrupt, parsed.error().message};
    if (!parsed->root().is_object()) return error{errc::corrupt, "not a JSON object"};
    return parsed;
}

}  // namespace

std::string encode_list(std::string_view service, std::string_view next_token) {
    json::writer w;
    w.begin_object().member("ServiceCode", service).member("MaxResults", std::int64_t{page_max});
    if (!next_token.empty()) w.member("NextToken", next_token);
    return w.end_object().take();
}

result<quota_page> decode_page(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    const json::value quotas = parsed->root().find("Quotas");
    if (!quotas.is_array()) return error{errc::corrupt, "no array of Quotas"};
    quota_page out;
    for (const json::value v : quotas.elements()) {
        auto one = read(v);
        if (!one) continue;
        if (one->name.empty()) return error{errc::corrupt, "a quota without QuotaName"};
        out.quotas.push_back(std::move(*one));
    }
    out.next_token = text(parsed->root(), "NextToken");
    return out;
}

}  // namespace trainyard::aws::quotas

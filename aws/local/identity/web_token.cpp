#include "aws/local/identity/web_token.hpp"

#include <array>
#include <optional>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {
namespace {

error no_token() {
    return {errc::invalid_argument,
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"};
}

// RFC 4648 section 5, without padding.
std::optional<std::string> from_base64url(std::string_view text) {
    std::string standard;
    for (const char c : text) {
        if (c == '+' || c == '/' || c == '=') return std::nullopt;
        standard += c == '-' ? '+' : c == '_' ? '/' : c;
    }
    standard.append((4 - standard.size() % 4) % 4, '=');
    return from_base64(standard);
}

std::optional<json::document> object_of(std::string_view part) {
    const auto text = from_base64url(part);
    if (!text) return std::nullopt;
    auto read = json::document::parse(*text);
    if (!read || !read->root().is_object()) return std::nullopt;
    return *std::move(read);
}

std::string text_at(json::value object, std::string_view member) {
    return std::string{object.find(member).string().value_or("")};
}

}  // namespace

result<web_token> parse_web_token(std::string_view text) {
    const auto first = text.find('.'),
               second = text.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos)
        return no_token();
    const auto header = object_of(text.substr(0, first));
    const auto body = object_of(text.substr(first + 1, second - first - 1));
    const auto signature = from_base64url(text.substr(second + 1));
    if (!header || !body || !signature) return no_token();
    const json::value claims = body->root();
    web_token out;
    out.algorithm = text_at(header->root(), "alg");
    out.key_id = text_at(header->root(), "kid");
    out.issuer = text_at(claims, "iss");
    out.subject = text_at(claims, "sub");
    out.authorized_party = text_at(claims, "azp");
    const json::value audience = claims.find("aud");
    if (const auto one = audience.string()) out.audience.emplace_back(*one);
    for (const json::value each : audience.elements())
        if (const auto one = each.string()) out.audience.emplace_back(*one);
    const auto expires = claims.find("exp").number();
    for (const auto& [missing, name] :
         {std::pair{out.issuer.empty(), "iss"}, std::pair{out.subject.empty(), "sub"},
          std::pair{out.audience.empty(), "aud"}, std::pair{!expires, "exp"}})
        if (missing) return error{errc::invalid_argument, std::string{"Missing a required claim: "} + name};
    out.expires = from_unix_seconds(*expires);
    out.not_before = from_unix_seconds(claims.find("nbf").number().value_or(0));
    const auto all = claims.members();
    for (auto at = all.begin(); at != all.end(); ++at)
        if (const auto one = (*at).string()) out.claims.emplace(at.key(), *one);
    out.signed_part = text.substr(0, second);
    out.signature = *signature;
    return out;
}

}  // namespace trainyard::aws::local

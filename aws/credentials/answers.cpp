#include "aws/credentials/answers.hpp"

#include "engine/base/json.hpp"

namespace trainyard::aws {

namespace {

error bad(std::string what) {
    return {errc::corrupt, std::move(what)};
}

// Offsets and reasons of the parser stay out of the message: a reason may quote a key.
result<json::document> parse_object(std::string_view text) {
    const json::limits limits{answer_bytes_max, 8, 200, answer_bytes_max};
    auto parsed = json::document::parse(text, limits);
    if (!parsed && parsed.error().code == errc::limit)
        return error{errc::limit, "larger or deeper than accepted"};
    if (!parsed || !parsed->root().is_object()) return bad("not a JSON object");
    return parsed;
}

result<std::string> text_of(json::value object, const char* key) {
    const auto found = object.find(key).string();
    if (!found || found->empty()) return bad(std::string{"no "} + key);
    return std::string{*found};
}

// Older tools write "UTC" for "Z".
result<wall_time> time_of(json::value object, const char* key) {
    auto text = text_of(object, key);
    if (!text) return text.error();
    if (text->ends_with("UTC")) text->replace(text->size() - 3, 3, "Z");
    const auto when = parse_iso8601(*text);
    if (!when) return bad(std::string{key} + " is not an ISO 8601 time");
    return *when;
}

struct names {
    const char *id, *secret, *token;
};

result<sigv4::credentials> keys_of(json::value object, const names& n, bool token_required) {
    const auto id = text_of(object, n.id);
    if (!id) return id.error();
    auto hidden = text_of(object, n.secret);
    if (!hidden) return hidden.error();
    sigv4::credentials out;
    out.access_key_id = *id;
    out.secret_access_key = secret{std::move(*hidden)};
    if (!token_required && object.find(n.token).is_null()) return out;
    auto token = text_of(object, n.token);
    if (!token) return token.error();
    out.session_token = secret{std::move(*token)};
    return out;
}

result<sigv4::credentials> expiring_keys(json::value object) {
    auto out = keys_of(object, {"AccessKeyId", "SecretAccessKey", "Token"}, true);
    if (!out) return out;
    const auto expires = time_of(object, "Expiration");
    if (!expires) return expires.error();
    out->expires_at = *expires;
    return out;
}

}  // namespace

result<sigv4::credentials> read_process_output(std::string_view text) {
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    const auto root = parsed->root();
    if (root.find("Version").integer() != 1) return bad("Version is not the number 1");
    auto out = keys_of(root, {"AccessKeyId", "SecretAccessKey", "SessionToken"}, false);
    if (!out || root.find("Expiration").is_null()) return out;
    const auto expires = time_of(root, "Expiration");
    if (!expires) return expires.error();
    out->expires_at = *expires;
    return out;
}

result<sigv4::credentials> read_container_answer(std::string_view text) {
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    return expiring_keys(parsed->root());
}

result<sigv4::credentials> read_instance_answer(std::string_view text) {
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    const auto code = parsed->root().find("Code").string();
    if (code && *code != "Success")
        return error{errc::not_found, "the instance's role gives no credentials; see its trust policy"};
    return expiring_keys(parsed->root());
}

result<sigv4::credentials> read_sso_answer(std::string_view text) {
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    const auto inner = parsed->root().find("roleCredentials");
    auto out = keys_of(inner, {"accessKeyId", "secretAccessKey", "sessionToken"}, true);
    if (!out) return out;
    const auto millis = inner.find("expiration").integer();
    if (!millis) return bad("no expiration");
    out->expires_at = from_unix_millis(*millis);
    return out;
}

result<sso_token> read_sso_token(std::string_view text) {
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    auto token = text_of(parsed->root(), "accessToken");
    if (!token) return token.error();
    const auto expires = time_of(parsed->root(), "expiresAt");
    if (!expires) return expires.error();
    return sso_token{secret{std::move(*token)}, *expires};
}

}  // namespace trainyard::aws

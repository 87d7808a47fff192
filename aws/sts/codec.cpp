#include "aws/sts/codec.hpp"

#include <algorithm>
#include <pugixml.hpp>

#include "aws/transport/arn.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::sts {

namespace {

constexpr std::string_view version = "2011-06-15";
constexpr int duration_seconds_min = 900;
constexpr int duration_seconds_max = 43200;

error bad(std::string what) {
    return {errc::invalid_argument, std::move(what)};
}

bool is_session_name(std::string_view s) {
    return s.size() >= 2 && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view{"_+=,.@-"}.find(c) != std::string_view::npos;
           });
}

std::string form(std::string_view action) {
    return "Action=" + std::string{action} + "&Version=" + std::string{version};
}

void add(std::string& body, std::string_view key, std::string_view value) {
    body += "&" + std::string{key} + "=" + percent_encode(value);
}

result<pugi::xml_node> find_result(pugi::xml_document& xml, std::string_view body, const char* name) {
    if (!xml.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8))
        return error{errc::corrupt, "not XML"};
    const auto found = xml.document_element().child(name);
    if (!found) return error{errc::corrupt, std::string{"no "} + name};
    return found;
}

// What both ways to assume a role have in common.
result<std::string> encode_role(std::string_view action, std::string_view role_arn,
                                std::string_view session_name, int duration_seconds) {
    const auto role = parse_arn(role_arn);
    if (!role) return role.error();
    if (!is_role(*role)) return bad("\"" + printable(role_arn, 100) + "\" is not the ARN of a role");
    if (!is_session_name(session_name))
        return bad("the session name must be 2 to 64 letters, digits or _+=,.@- characters");
    if (duration_seconds < duration_seconds_min || duration_seconds > duration_seconds_max)
        return bad("the duration must be 900 to 43200 seconds");
    auto body = form(action);
    add(body, "RoleArn", role_arn);
    add(body, "RoleSessionName", session_name);
    add(body, "DurationSeconds", std::to_string(duration_seconds));
    return body;
}

result<sigv4::credentials> decode_keys(std::string_view body, const char* result_name) {
    pugi::xml_document xml;
    const auto found = find_result(xml, body, result_name);
    if (!found) return found.error();
    const auto keys = found->child("Credentials");
    sigv4::credentials out;
    out.access_key_id = keys.child_value("AccessKeyId");
    out.secret_access_key = secret{keys.child_value("SecretAccessKey")};
    out.session_token = secret{keys.child_value("SessionToken")};
    if (out.access_key_id.empty() || out.secret_access_key.empty() || out.session_token.empty())
        return error{errc::corrupt, "incomplete Credentials"};
    const auto expires = parse_iso8601(keys.child_value("Expiration"));
    if (!expires) return error{errc::corrupt, "Expiration is not an ISO 8601 time"};
    out.expires_at = *expires;
    return out;
}

}  // namespace

std::string encode_get_caller_identity() {
    return form("GetCallerIdentity");
}

result<std::string> encode_assume_role(const assume_role_request& r) {
    const auto external_id = r.external_id.reveal();
    auto body = encode_role("AssumeRole", r.role_arn, r.session_name, r.duration_seconds);
    if (!body) return body;
    if (!external_id.empty() && (external_id.size() < 2 || external_id.size() > 1224))
        return bad("the external id must have 2 to 1224 characters");
    if (!external_id.empty()) add(*body, "ExternalId", external_id);
    return body;
}

result<std::string> encode_assume_role_with_web_identity(const web_identity_request& r, const secret& token) {
    auto body = encode_role("AssumeRoleWithWebIdentity", r.role_arn, r.session_name, r.duration_seconds);
    if (!body) return body;
    if (token.reveal().size() < 4 || token.reveal().size() > web_identity_token_bytes_max)
        return bad("the web identity token in " + r.token_file + " must have 4 to 20000 bytes");
    add(*body, "WebIdentityToken", token.reveal());
    return body;
}

result<caller_identity> decode_get_caller_identity(std::string_view body) {
    pugi::xml_document xml;
    const auto found = find_result(xml, body, "GetCallerIdentityResult");
    if (!found) return found.error();
    caller_identity out{found->child_value("Account"), found->child_value("Arn"),
                        found->child_value("UserId")};
    if (out.account.empty() || out.arn.empty()) return error{errc::corrupt, "no Account or Arn"};
    return out;
}

result<sigv4::credentials> decode_assume_role(std::string_view body) {
    return decode_keys(body, "AssumeRoleResult");
}

result<sigv4::credentials> decode_assume_role_with_web_identity(std::string_view body) {
    return decode_keys(body, "AssumeRoleWithWebIdentityResult");
}

}  // namespace trainyard::aws::sts

#include "aws/local/sts_service.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "aws/local/sagemaker_validation.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::size_t fields_max = 1000;  // 50 tags and 10 policies need 130

service_error sender(int status, const char* code, std::string message) {
    return {status, code, code, std::move(message), true};
}

std::string element(std::string_view name, std::string_view text) {
    return "<" + std::string{name} + ">" + escape_xml(text) + "</" + std::string{name} + ">";
}

std::string answer(std::string_view operation, const std::string& result, std::string_view request_id) {
    const std::string name{operation};
    return "<" + name + "Response xmlns=\"" + std::string{sts_namespace} + "\"><" + name + "Result>" +
           result + "</" + name + "Result><ResponseMetadata>" + element("RequestId", request_id) +
           "</ResponseMetadata></" + name + "Response>";
}

const std::string* find(const query_parameters& p, const char* name) {
    const auto found = p.find(name);
    return found == p.end() || found->second.empty() ? nullptr : &found->second;
}

bool is_session_name(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_+=,.@-"}.find(c) != std::string_view::npos;
    });
}

void check_length(validation& check, const char* path, const std::string* value, std::size_t min,
                  std::size_t max) {
    if (!value) return check.not_null(path);
    if (value->size() < min)
        check.fail(path, *value, "have length greater than or equal to " + std::to_string(min));
    if (value->size() > max)
        check.fail(path, *value, "have length less than or equal to " + std::to_string(max));
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
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\r': out += "&#xD;"; break;
            default: out += static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' ? '?' : c;
        }
    }
    return out;
}

std::string query_error(const service_error& e, std::string_view xml_namespace, std::string_view request_id) {
    return "<ErrorResponse xmlns=\"" + std::string{xml_namespace} + "\"><Error>" +
           element("Type", e.sender_fault ? "Sender" : "Receiver") + element("Code", e.type) +
           element("Message", e.message) + "</Error>" + element("RequestId", request_id) + "</ErrorResponse>";
}

service_reply sts_service::handle(const query_parameters& p, const principal& who,
                                  std::string_view request_id, wall_time now) {
    const std::string* action = find(p, "Action");
    if (!action) return sender(400, "MissingAction", "The request must contain the parameter Action");
    const std::string* version = find(p, "Version");
    if (version && *version != sts_version)
        return sender(400, "NoSuchVersion",
                      "The requested version (" + printable(*version, 64) +
                          ") of service AWSSecurityTokenService does not exist");
    if (*action == "AssumeRole") return assume_role(p, request_id, now);
    if (*action == "GetCallerIdentity")
        return answer(
            *action,
            element("Arn", who.arn) + element("UserId", who.user_id) + element("Account", who.account.str()),
            request_id);
    return sender(400, "InvalidAction",
                  "Could not find operation " + printable(*action, 128) + " for version 2011-06-15");
}

service_reply sts_service::assume_role(const query_parameters& p, std::string_view request_id,
                                       wall_time now) {
    validation check;
    const std::string* arn = find(p, "RoleArn");
    check_length(check, "roleArn", arn, 20, 2048);
    const std::string* name = find(p, "RoleSessionName");
    check_length(check, "roleSessionName", name, 2, 64);
    if (name && !is_session_name(*name))
        check.fail("roleSessionName", *name, R"(satisfy regular expression pattern: [\w+=,.@-]*)");
    assumed_role role;
    if (const std::string* text = find(p, "DurationSeconds")) {
        int seconds = 0;
        const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), seconds);
        if (code != std::errc{} || end != text->data() + text->size())
            return sender(400, "MalformedInput", "DurationSeconds must be an integer");
        if (seconds < 900) check.fail("durationSeconds", *text, "have value greater than or equal to 900");
        if (seconds > 43200) check.fail("durationSeconds", *text, "have value less than or equal to 43200");
        role.lifetime = std::chrono::seconds{seconds};
    }
    if (const auto e = check.error()) return sender(400, "ValidationError", e->message);
    const auto slash = arn->rfind('/');
    if (!is_role_arn(*arn) || slash == std::string::npos || slash + 1 == arn->size())
        return sender(400, "ValidationError", printable(*arn) + " is invalid");
    role.account = account_id{arn->substr(arn->find("::") + 2, 12)};
    role.role_name = arn->substr(slash + 1);
    role.session_name = *name;
    const auto session = identities_.assume(role, now, random_);
    if (!session)
        return service_error{400, "Throttling", "Throttling", "Rate exceeded: too many sessions are alive",
                             true};
    const auto& c = session->credentials;
    return answer("AssumeRole",
                  "<Credentials>" + element("AccessKeyId", c.access_key_id) +
                      element("SecretAccessKey", c.secret_access_key.reveal()) +
                      element("SessionToken", c.session_token.reveal()) +
                      element("Expiration", to_iso8601(*c.expires_at)) + "</Credentials><AssumedRoleUser>" +
                      element("AssumedRoleId", session->who.user_id) + element("Arn", session->who.arn) +
                      "</AssumedRoleUser>",
                  request_id);
}

}  // namespace trainyard::aws::local

#include "aws/local/identity/sts_service.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "aws/local/base/validation.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

service_error sender(int status, const char* code, std::string message) {
    return {status, code, code, std::move(message), true};
}

std::string answer(std::string_view operation, const std::string& result, std::string_view request_id) {
    const std::string name{operation};
    return "<" + name + "Response xmlns=\"" + std::string{sts_namespace} + "\"><" + name + "Result>" +
           result + "</" + name + "Result><ResponseMetadata>" + xml_element("RequestId", request_id) +
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

std::string sts_error(const service_error& e, std::string_view request_id) {
    return "<ErrorResponse xmlns=\"" + std::string{sts_namespace} + "\"><Error>" +
           xml_element("Type", e.sender_fault ? "Sender" : "Receiver") + xml_element("Code", e.type) +
           xml_element("Message", e.message) + "</Error>" + xml_element("RequestId", request_id) +
           "</ErrorResponse>";
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
        return answer(*action,
                      xml_element("Arn", who.arn) + xml_element("UserId", who.user_id) +
                          xml_element("Account", who.account.str()),
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
                  "<Credentials>" + xml_element("AccessKeyId", c.access_key_id) +
                      xml_element("SecretAccessKey", c.secret_access_key.reveal()) +
                      xml_element("SessionToken", c.session_token.reveal()) +
                      xml_element("Expiration", to_iso8601(*c.expires_at)) +
                      "</Credentials><AssumedRoleUser>" + xml_element("AssumedRoleId", session->who.user_id) +
                      xml_element("Arn", session->who.arn) + "</AssumedRoleUser>",
                  request_id);
}

}  // namespace trainyard::aws::local

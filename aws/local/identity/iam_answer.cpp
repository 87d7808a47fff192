#include "aws/local/identity/iam_answer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

service_error told(int status, const char* code, std::string message) {
    return {status, code, code, std::move(message), true};
}

constexpr std::size_t items_default = 100;

void write_boundary(json::writer& out, const iam_identity& who) {
    if (who.boundary.empty()) return;
    out.key("PermissionsBoundary").begin_object();
    out.member("PermissionsBoundaryType", "PermissionsBoundaryPolicy")
        .member("PermissionsBoundaryArn", who.boundary);
    out.end_object();
}

}  // namespace

namespace iam_error {

service_error no_such_entity(std::string message) {
    return told(404, "NoSuchEntity", std::move(message));
}
service_error already_exists(std::string message) {
    return told(409, "EntityAlreadyExists", std::move(message));
}
service_error delete_conflict(std::string message) {
    return told(409, "DeleteConflict", std::move(message));
}
service_error limit_exceeded(std::string message) {
    return told(409, "LimitExceeded", std::move(message));
}
service_error over_quota(std::string_view quota, std::size_t max) {
    return limit_exceeded(fmt::format("Cannot exceed quota for {}: {}", quota, max));
}
service_error malformed_policy(std::string message) {
    return told(400, "MalformedPolicyDocument", std::move(message));
}
service_error invalid_input(std::string message) {
    return told(400, "InvalidInput", std::move(message));
}
service_error validation(std::string message) {
    return told(400, "ValidationError", std::move(message));
}

}  // namespace iam_error

std::string text_of(json::value input, std::string_view member) {
    return std::string{input.find(member).string().value_or("")};
}

std::vector<std::string> texts_of(json::value input, std::string_view member) {
    std::vector<std::string> out;
    for (const json::value v : input.find(member).elements()) out.emplace_back(v.string().value_or(""));
    return out;
}

std::size_t policy_size(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return c != ' ' && c != '\n' && c != '\r' && c != '\t'; }));
}

iam_result read_policy(const std::string& text, policy_kind kind, std::size_t max, std::string_view quota) {
    auto read = policy_document::parse(text, kind);
    if (!read) return iam_error::malformed_policy(read.error().message);
    if (max > 0 && policy_size(text) > max) return iam_error::over_quota(quota, max);
    return stored_policy{text, std::move(*read)};
}

boost::system::result<tag_map, service_error> read_tags(json::value input) {
    tag_map out;
    for (const json::value tag : input.find("Tags").elements()) {
        const std::string key = text_of(tag, "Key");
        if (key.starts_with("aws:"))
            return iam_error::invalid_input("aws: prefixed tag key names are not allowed for external use.");
        if (!out.emplace(key, text_of(tag, "Value")).second)
            return iam_error::invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
    return out;
}

service_reply list_answer(json::value input, std::string_view member, const std::vector<std::string>& keys,
                          const std::function<void(json::writer&, std::size_t)>& write,
                          const std::function<void(json::writer&)>& before) {
    std::size_t first = 0;
    if (const std::string marker = text_of(input, "Marker"); !marker.empty()) {
        const auto after = from_base64(marker);
        if (!after || !is_utf8(*after))
            return iam_error::validation(fmt::format("Invalid Marker: {}", printable(marker)));
        first = static_cast<std::size_t>(
            std::upper_bound(keys.begin(), keys.end(), *after, less_ignoring_case{}) - keys.begin());
    }
    const auto max = static_cast<std::size_t>(
        input.find("MaxItems").integer().value_or(static_cast<std::int64_t>(items_default)));
    const std::size_t last = std::min(keys.size(), first + max);
    json::writer out;
    out.begin_object();
    if (before) before(out);
    out.key(member).begin_array();
    for (std::size_t i = first; i < last; ++i) write(out, i);
    out.end_array().member("IsTruncated", last < keys.size());
    if (last < keys.size()) out.member("Marker", to_base64(keys[last - 1]));
    out.end_object();
    return out.take();
}

service_reply list_tags_answer(json::value input, const tag_map& tags) {
    std::vector<std::string> keys, values;
    for (const auto& [key, value] : tags) {
        keys.push_back(key);
        values.push_back(value);
    }
    return list_answer(input, "Tags", keys, [&](json::writer& out, std::size_t i) {
        out.begin_object().member("Key", keys[i]).member("Value", values[i]).end_object();
    });
}

std::optional<service_error> still_used(const iam_identity& who) {
    if (!who.attached.empty())
        return iam_error::delete_conflict("Cannot delete entity, must detach all policies first.");
    if (!who.inline_policies.empty())
        return iam_error::delete_conflict("Cannot delete entity, must delete policies first.");
    return std::nullopt;
}

void write_tags(json::writer& out, const tag_map& tags) {
    out.key("Tags").begin_array();
    for (const auto& [key, value] : tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array();
}

void write_role(json::writer& out, const iam_role& role, bool whole) {
    out.begin_object().member("Path", role.path).member("RoleName", role.name).member("RoleId", role.id);
    out.member("Arn", role.arn).member("CreateDate", to_unix_seconds(role.created));
    out.member("AssumeRolePolicyDocument", percent_encode(role.trust.text));
    if (!role.description.empty()) out.member("Description", role.description);
    out.member("MaxSessionDuration", static_cast<std::int64_t>(role.max_session.count()));
    if (whole) {
        write_boundary(out, role);
        if (!role.tags.empty()) write_tags(out, role.tags);
        out.key("RoleLastUsed").begin_object().end_object();
    }
    out.end_object();
}

void write_user(json::writer& out, const iam_user& user, bool whole) {
    out.begin_object().member("Path", user.path).member("UserName", user.name).member("UserId", user.id);
    out.member("Arn", user.arn).member("CreateDate", to_unix_seconds(user.created));
    if (whole) {
        write_boundary(out, user);
        if (!user.tags.empty()) write_tags(out, user.tags);
    }
    out.end_object();
}

void write_policy(json::writer& out, const iam_policy& policy, std::pair<std::size_t, std::size_t> uses,
                  bool whole) {
    out.begin_object()
        .member("PolicyName", policy.name)
        .member("PolicyId", policy.id)
        .member("Arn", policy.arn);
    out.member("Path", policy.path).member("DefaultVersionId", fmt::format("v{}", policy.default_version));
    out.member("AttachmentCount", uses.first).member("PermissionsBoundaryUsageCount", uses.second);
    out.member("IsAttachable", true);
    if (whole && !policy.description.empty()) out.member("Description", policy.description);
    out.member("CreateDate", to_unix_seconds(policy.created))
        .member("UpdateDate", to_unix_seconds(policy.updated));
    if (whole && !policy.tags.empty()) write_tags(out, policy.tags);
    out.end_object();
}

void write_version(json::writer& out, const iam_policy& of, const iam_policy_version& v, bool with_document) {
    out.begin_object();
    if (with_document) out.member("Document", percent_encode(v.policy.text));
    out.member("VersionId", fmt::format("v{}", v.number));
    out.member("IsDefaultVersion", v.number == of.default_version);
    out.member("CreateDate", to_unix_seconds(v.created)).end_object();
}

}  // namespace trainyard::aws::local

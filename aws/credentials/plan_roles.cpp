// Profiles that assume a role, through others if need be.
#include <algorithm>
#include <charconv>

#include "aws/credentials/chain_reader.hpp"

namespace trainyard::aws {

namespace {

constexpr int duration_seconds_min = 900;
constexpr int duration_seconds_max = 43200;

// A profile with a token file is one of web identity.
bool assumes_role(const ini_section& s) {
    return has_setting(s, "role_arn") && !has_setting(s, "web_identity_token_file");
}

bool has_static_keys(const ini_section& s) {
    return has_setting(s, "aws_access_key_id") || has_setting(s, "aws_secret_access_key");
}

error wrong(const std::string& profile, const std::string& why) {
    return {errc::invalid_argument, "profile " + profile + " " + why};
}

}  // namespace

result<void> chain_reader::add_role(const std::string& name, const ini_section& s,
                                    std::vector<role_step>& outer_first) const {
    role_step step;
    step.profile = name;
    step.role_arn = setting(s, "role_arn");
    if (step.role_arn.size() < 20 || step.role_arn.rfind("arn:", 0) != 0)
        return wrong(name, "has a role_arn that is no ARN");
    if (has_setting(s, "mfa_serial"))
        return wrong(name, "wants an MFA code (mfa_serial), and nobody is there to type one");
    step.session_name = setting(s, "role_session_name");
    if (step.session_name.empty()) step.session_name = default_session_name;
    step.external_id = secret{std::string{setting(s, "external_id")}};
    if (const auto text = setting(s, "duration_seconds"); !text.empty()) {
        const auto end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, step.duration_seconds);
        if (parsed.ec != std::errc{} || parsed.ptr != end || step.duration_seconds < duration_seconds_min ||
            step.duration_seconds > duration_seconds_max)
            return wrong(name, "has a duration_seconds that is not 900 to 43200");
    }
    if (outer_first.size() == role_chain_max)
        return wrong(name, "is the end of more than " + std::to_string(role_chain_max) + " chained roles");
    outer_first.push_back(std::move(step));
    return {};
}

chain_reader::answer chain_reader::named_source(const std::string& name, std::string_view kind) {
    answer got = std::optional<chain_plan>{};
    if (kind == "Environment") {
        // The environment counts here even when a profile was asked for.
        if (in_.env->get("AWS_ACCESS_KEY_ID").empty() || in_.env->get("AWS_SECRET_ACCESS_KEY").empty())
            return wrong(name,
                         "takes its credentials from the environment, but AWS_ACCESS_KEY_ID and "
                         "AWS_SECRET_ACCESS_KEY are not both set");
        got = found("environment", {"environment", "environment", environment_source{}, {}});
    } else if (kind == "EcsContainer") {
        got = container();
    } else if (kind == "Ec2InstanceMetadata") {
        got = instance();
    } else {
        return wrong(
            name, "has a credential_source that is none of Environment, EcsContainer, Ec2InstanceMetadata");
    }
    if (got && !*got)
        return wrong(name,
                     "has credential_source " + std::string{kind} + ", but " + out_.looked.back().verdict);
    return got;
}

// Where the role of one profile gets its credentials: a plan, or `next`, whose role comes first.
chain_reader::answer chain_reader::role_base(const std::string& name, const ini_section& s,
                                             std::vector<std::string>& visited, std::string& next) {
    const bool by_source = has_setting(s, "credential_source");
    if (by_source == has_setting(s, "source_profile"))
        return wrong(name, by_source ? "has both source_profile and credential_source; remove one"
                                     : "has a role_arn but neither source_profile nor credential_source");
    if (by_source) return named_source(name, setting(s, "credential_source"));
    const std::string from{setting(s, "source_profile")};
    if (profiles_.profiles.count(from) == 0)
        return wrong(name, "has source_profile " + from + ", which does not exist");
    const auto& its = merged(from);
    const bool seen = std::find(visited.begin(), visited.end(), from) != visited.end();
    // A profile may be its own source: its role is then assumed with its own keys.
    if (seen && (from != name || !has_static_keys(its)))
        return wrong(name, "has source_profile " + from + ", which leads back to itself");
    visited.push_back(from);
    if (!has_static_keys(its) && assumes_role(its)) {
        next = from;
        return std::optional<chain_plan>{};
    }
    auto got = profile_chain(from, false);
    if (got && !*got) return wrong(name, "has source_profile " + from + ", which has no credentials");
    return got;
}

chain_reader::answer chain_reader::assume_role(const std::string& name) {
    const std::string place = "assumed role";
    if (!assumes_role(merged(name)))
        return nothing(place, label(name) + (has_setting(merged(name), "role_arn") ? " is one of web identity"
                                                                                   : " has no role_arn"));
    std::vector<role_step> outer_first;
    std::vector<std::string> visited{name};
    for (std::string current = name; !current.empty();) {
        const auto& s = merged(current);
        if (auto added = add_role(current, s, outer_first); !added) return added.error();
        out_.looked.push_back({place, label(current) + " assumes " + outer_first.back().role_arn});
        std::string next;
        auto got = role_base(current, s, visited, next);
        if (!got) return got;
        if (*got) {
            auto plan = std::move(**got);
            plan.kind = "assume-role";
            plan.description = "role " + outer_first.front().role_arn + " through " + plan.description;
            plan.roles.assign(std::make_move_iterator(outer_first.rbegin()),
                              std::make_move_iterator(outer_first.rend()));
            return std::optional<chain_plan>{std::move(plan)};
        }
        current = next;
    }
    return std::optional<chain_plan>{};
}

}  // namespace trainyard::aws

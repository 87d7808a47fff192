// The versions of a managed policy.
#include <fmt/format.h>

#include <algorithm>

#include "aws/local/identity/iam_service.hpp"

namespace trainyard::aws::local {
namespace {

service_error no_version(const iam_policy& p, std::string_view version) {
    return iam_error::no_such_entity(
        fmt::format("Policy {} version {} does not exist or is not attachable.", p.arn, version));
}

}  // namespace

service_reply iam_service::create_policy_version(const operation_call& call) {
    const auto p = own_policy_of(call);
    if (!p) return p.error();
    auto document = read_policy(text_of(call.input, "PolicyDocument"), policy_kind::identity,
                                iam_managed_policy_max, "PolicySize");
    if (!document) return document.error();
    iam_policy& policy = **p;
    if (policy.versions.size() >= iam_policy_versions_max)
        return iam_error::limit_exceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an "
            "existing version.");
    policy.versions.push_back({++policy.last_version, std::move(*document), call.now});
    if (call.input.find("SetAsDefault").boolean().value_or(false))
        policy.default_version = policy.last_version;
    policy.updated = call.now;
    json::writer out;
    out.begin_object().key("PolicyVersion");
    write_version(out, policy, policy.versions.back(), false);
    out.end_object();
    return out.take();
}

service_reply iam_service::get_policy_version(const operation_call& call) {
    const auto p = policy_of(call);
    if (!p) return p.error();
    const std::string id = text_of(call.input, "VersionId");
    const iam_policy_version* version = (*p)->version(id);
    if (version == nullptr) return no_version(**p, id);
    json::writer out;
    out.begin_object().key("PolicyVersion");
    write_version(out, **p, *version, true);
    out.end_object();
    return out.take();
}

service_reply iam_service::delete_policy_version(const operation_call& call) {
    const auto p = own_policy_of(call);
    if (!p) return p.error();
    const std::string id = text_of(call.input, "VersionId");
    const iam_policy_version* version = (*p)->version(id);
    if (version == nullptr) return no_version(**p, id);
    if (version->number == (*p)->default_version)
        return iam_error::delete_conflict("Cannot delete the default version of a policy.");
    std::erase_if((*p)->versions,
                  [n = version->number](const iam_policy_version& v) { return v.number == n; });
    return std::string{};
}

service_reply iam_service::list_policy_versions(const operation_call& call) {
    const auto p = policy_of(call);
    if (!p) return p.error();
    const auto& versions = (*p)->versions;
    std::vector<std::string> keys;  // ascending while the versions descend
    for (auto v = versions.rbegin(); v != versions.rend(); ++v)
        keys.push_back(fmt::format("{:010}", 1'000'000'000 - v->number));
    return list_answer(call.input, "Versions", keys, [&](json::writer& out, std::size_t i) {
        write_version(out, **p, versions[versions.size() - 1 - i], false);
    });
}

service_reply iam_service::set_default_policy_version(const operation_call& call) {
    const auto p = own_policy_of(call);
    if (!p) return p.error();
    const std::string id = text_of(call.input, "VersionId");
    const iam_policy_version* version = (*p)->version(id);
    if (version == nullptr) return no_version(**p, id);
    (*p)->default_version = version->number;
    (*p)->updated = call.now;
    return std::string{};
}

}  // namespace trainyard::aws::local

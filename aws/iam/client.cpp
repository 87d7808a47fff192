#include "aws/iam/client.hpp"

#include "aws/iam/codec.hpp"
#include "aws/transport/answer.hpp"

namespace trainyard::aws::iam {
namespace {

api_error malformed(std::string_view operation, const std::string& why) {
    return malformed_answer("iam", operation, http::response{}, why);
}

}  // namespace

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> client::ask(std::string operation, fields input, mono_time deadline) {
    call what;
    what.service = "iam";
    what.operation = operation;
    what.endpoint = where_;
    what.fields.set("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    what.body = encode(operation, input);
    what.deadline = deadline;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return std::move(answer->body);
}

task<api_result<void>> client::tell(std::string operation, fields input, mono_time deadline) {
    const auto answer = co_await ask(std::move(operation), std::move(input), deadline);
    if (!answer) co_return answer.error();
    co_return api_result<void>{};
}

task<api_result<role>> client::get_role(std::string name, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", name);
    const auto body = co_await ask("GetRole", std::move(input), deadline);
    if (!body) co_return body.error();
    auto decoded = decode_role(*body);
    if (!decoded) co_return malformed("GetRole", decoded.error().message);
    co_return std::move(*decoded);
}

task<api_result<void>> client::create_role(role what, std::string description, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", what.name);
    input.emplace_back("Path", what.path);
    input.emplace_back("AssumeRolePolicyDocument", what.trust);
    input.emplace_back("Description", description);
    add_tags(input, what.tags);
    return tell("CreateRole", std::move(input), deadline);
}

task<api_result<void>> client::delete_role(std::string name, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", name);
    return tell("DeleteRole", std::move(input), deadline);
}

task<api_result<void>> client::update_trust(std::string name, std::string document, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", name);
    input.emplace_back("PolicyDocument", document);
    return tell("UpdateAssumeRolePolicy", std::move(input), deadline);
}

task<api_result<void>> client::tag_role(std::string name, iam::tags what, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", name);
    add_tags(input, what);
    return tell("TagRole", std::move(input), deadline);
}

task<api_result<std::vector<std::string>>> client::list_names(std::string operation, std::string role,
                                                              page_decoder decode, mono_time deadline) {
    std::vector<std::string> all;
    std::string marker;
    do {
        fields input;
        input.emplace_back("RoleName", role);
        if (!marker.empty()) input.emplace_back("Marker", marker);
        const auto body = co_await ask(operation, std::move(input), deadline);
        if (!body) co_return body.error();
        const auto page = decode(*body);
        if (!page) co_return malformed(operation, page.error().message);
        if (!marker.empty() && page->marker == marker)
            co_return malformed(operation, "the same Marker again");
        all.insert(all.end(), page->names.begin(), page->names.end());
        marker = page->marker;
    } while (!marker.empty());
    co_return all;
}

task<api_result<std::vector<std::string>>> client::list_policies(std::string role, mono_time deadline) {
    return list_names("ListRolePolicies", std::move(role), decode_policy_names, deadline);
}

task<api_result<std::string>> client::get_policy(std::string role, std::string policy, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", role);
    input.emplace_back("PolicyName", policy);
    const auto body = co_await ask("GetRolePolicy", std::move(input), deadline);
    if (!body) co_return body.error();
    auto decoded = decode_policy(*body);
    if (!decoded) co_return malformed("GetRolePolicy", decoded.error().message);
    co_return std::move(*decoded);
}

task<api_result<void>> client::put_policy(std::string role, std::string policy, std::string document,
                                          mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", role);
    input.emplace_back("PolicyName", policy);
    input.emplace_back("PolicyDocument", document);
    return tell("PutRolePolicy", std::move(input), deadline);
}

task<api_result<void>> client::delete_policy(std::string role, std::string policy, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", role);
    input.emplace_back("PolicyName", policy);
    return tell("DeleteRolePolicy", std::move(input), deadline);
}

task<api_result<std::vector<std::string>>> client::list_attached(std::string role, mono_time deadline) {
    return list_names("ListAttachedRolePolicies", std::move(role), decode_attached, deadline);
}

task<api_result<void>> client::attach(std::string role, std::string policy_arn, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", role);
    input.emplace_back("PolicyArn", policy_arn);
    return tell("AttachRolePolicy", std::move(input), deadline);
}

task<api_result<void>> client::detach(std::string role, std::string policy_arn, mono_time deadline) {
    fields input;
    input.emplace_back("RoleName", role);
    input.emplace_back("PolicyArn", policy_arn);
    return tell("DetachRolePolicy", std::move(input), deadline);
}

}  // namespace trainyard::aws::iam

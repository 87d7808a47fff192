#include "aws/events/client.hpp"

#include "aws/events/codec.hpp"
#include "aws/transport/answer.hpp"

namespace trainyard::aws::events {
namespace {

api_error malformed(std::string_view operation, const std::string& why) {
    return malformed_answer("events", operation, http::response{}, why);
}

api_result<void> judge_entries(std::string_view operation, const std::string& body) {
    const auto failed = decode_failed_entry(body);
    if (!failed) return malformed(operation, failed.error().message);
    if (failed->empty()) return {};
    api_error out;
    out.kind = failure::invalid_request;
    out.service = "events";
    out.operation = operation;
    out.message = *failed;
    return out;
}

}  // namespace

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> client::ask(std::string operation, std::string body, mono_time deadline) {
    auto what = make_json_call("events", "AWSEvents." + operation, "1.1", where_, std::move(body), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return std::move(answer->body);
}

task<api_result<rule>> client::describe_rule(std::string name, mono_time deadline) {
    const auto body = co_await ask("DescribeRule", encode_name("Name", name), deadline);
    if (!body) co_return body.error();
    auto decoded = decode_rule(*body);
    if (!decoded) co_return malformed("DescribeRule", decoded.error().message);
    co_return std::move(*decoded);
}

task<api_result<void>> client::put_rule(rule what, tags of_new, mono_time deadline) {
    const auto body = co_await ask("PutRule", encode_put_rule(what, of_new), deadline);
    if (!body) co_return body.error();
    co_return api_result<void>{};
}

task<api_result<void>> client::delete_rule(std::string name, mono_time deadline) {
    const auto body = co_await ask("DeleteRule", encode_name("Name", name), deadline);
    if (!body) co_return body.error();
    co_return api_result<void>{};
}

task<api_result<std::vector<target>>> client::list_targets(std::string rule, mono_time deadline) {
    std::vector<target> all;
    std::string token;
    do {
        const auto body = co_await ask("ListTargetsByRule", encode_list_targets(rule, token), deadline);
        if (!body) co_return body.error();
        auto page = decode_targets(*body);
        if (!page) co_return malformed("ListTargetsByRule", page.error().message);
        if (!token.empty() && page->next_token == token)
            co_return malformed("ListTargetsByRule", "the same NextToken again");
        for (target& t : page->targets) all.push_back(std::move(t));
        token = page->next_token;
    } while (!token.empty());
    co_return all;
}

task<api_result<void>> client::put_targets(std::string rule, std::vector<target> targets,
                                           mono_time deadline) {
    const auto body = co_await ask("PutTargets", encode_put_targets(rule, targets), deadline);
    if (!body) co_return body.error();
    co_return judge_entries("PutTargets", *body);
}

task<api_result<void>> client::remove_targets(std::string rule, std::vector<std::string> ids,
                                              mono_time deadline) {
    const auto body = co_await ask("RemoveTargets", encode_remove_targets(rule, ids), deadline);
    if (!body) co_return body.error();
    co_return judge_entries("RemoveTargets", *body);
}

task<api_result<tags>> client::list_tags(std::string rule_arn, mono_time deadline) {
    const auto body = co_await ask("ListTagsForResource", encode_name("ResourceARN", rule_arn), deadline);
    if (!body) co_return body.error();
    auto decoded = decode_tags(*body);
    if (!decoded) co_return malformed("ListTagsForResource", decoded.error().message);
    co_return std::move(*decoded);
}

task<api_result<void>> client::tag(std::string rule_arn, tags what, mono_time deadline) {
    const auto body = co_await ask("TagResource", encode_tag(rule_arn, what), deadline);
    if (!body) co_return body.error();
    co_return api_result<void>{};
}

}  // namespace trainyard::aws::events

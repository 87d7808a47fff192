#include "aws/quotas/client.hpp"

#include "aws/quotas/codec.hpp"
#include "aws/transport/answer.hpp"

namespace trainyard::aws::quotas {
namespace {

api_error malformed(std::string_view operation, const std::string& why) {
    return malformed_answer("servicequotas", operation, http::response{}, why);
}

}  // namespace

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> client::ask(std::string operation, std::string body, mono_time deadline) {
    auto what = make_json_call("servicequotas", "ServiceQuotasV20190624." + operation, "1.1", where_,
                               std::move(body), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return std::move(answer->body);
}

task<api_result<std::vector<quota>>> client::list(std::string operation, std::string service,
                                                  mono_time deadline) {
    std::vector<quota> all;
    std::string token;
    do {
        auto question = encode_list(service, token);
        const auto body = co_await ask(operation, std::move(question), deadline);
        if (!body) co_return body.error();
        auto page = decode_page(*body);
        if (!page) co_return malformed(operation, page.error().message);
        if (!token.empty() && page->next_token == token)
            co_return malformed(operation, "the same NextToken again");
        for (quota& q : page->quotas) all.push_back(std::move(q));
        token = page->next_token;
    } while (!token.empty());
    co_return all;
}

task<api_result<std::vector<quota>>> client::list_applied(std::string service, mono_time deadline) {
    return list("ListServiceQuotas", std::move(service), deadline);
}

task<api_result<std::vector<quota>>> client::list_defaults(std::string service, mono_time deadline) {
    return list("ListAWSDefaultServiceQuotas", std::move(service), deadline);
}

}  // namespace trainyard::aws::quotas

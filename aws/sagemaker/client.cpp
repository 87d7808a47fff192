#include "aws/sagemaker/client.hpp"

#include "aws/sagemaker/codec.hpp"
#include "aws/transport/answer.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::sagemaker {

namespace {

call make(std::string_view operation, const endpoint& where, std::string body, mono_time deadline) {
    return make_json_call("sagemaker", "SageMaker." + std::string{operation}, "1.1", where, std::move(body),
                          deadline);
}

template <class T>
api_result<T> judge(std::string_view operation, const http::response& answer, result<T> decoded) {
    if (!decoded) return malformed_answer("sagemaker", operation, answer, decoded.error().message);
    return std::move(*decoded);
}

}  // namespace

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who, int attempts_max)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)), attempts_max_(attempts_max) {}

task<api_result<std::string>> client::create(job_kind k, std::string request, mono_time deadline) {
    const std::string_view operation = words_of(k).create;
    auto what = make(operation, where_, std::move(request), deadline);
    what.attempts_max = 1;
    what.retry_unknown_effect = false;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge(operation, *answer, decode_create(answer->body, k));
}

task<api_result<job_description>> client::describe(job_kind k, std::string key, mono_time deadline) {
    const std::string_view operation = words_of(k).describe;
    auto what = make(operation, where_, encode_key(k, key), deadline);
    what.attempts_max = attempts_max_;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge(operation, *answer, decode_describe(answer->body, k));
}

task<api_result<job_page>> client::list(list_filter filter, mono_time deadline) {
    const std::string_view operation = words_of(filter.kind).list;
    auto what = make(operation, where_, encode_list(filter), deadline);
    what.attempts_max = attempts_max_;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge(operation, *answer, decode_list(answer->body, filter.kind));
}

task<api_result<void>> client::stop(job_kind k, std::string key, mono_time deadline) {
    // One token for one execution: a repeated stop is the same stop.
    auto body = k == job_kind::pipeline ? encode_stop_execution(key, sha256_hex(key)) : encode_key(k, key);
    auto what = make(words_of(k).stop, where_, std::move(body), deadline);
    what.attempts_max = attempts_max_;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer && !is_already_stopped(answer.error().code, answer.error().message)) co_return answer.error();
    co_return api_result<void>{};
}

task<api_result<void>> client::create_endpoint_config(std::string request, mono_time deadline) {
    auto what = make("CreateEndpointConfig", where_, std::move(request), deadline);
    what.attempts_max = 1;
    what.retry_unknown_effect = false;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return api_result<void>{};
}

task<api_result<void>> client::delete_endpoint_config(std::string name, mono_time deadline) {
    json::writer w;
    w.begin_object().member("EndpointConfigName", std::string_view{name}).end_object();
    auto what = make("DeleteEndpointConfig", where_, w.take(), deadline);
    what.attempts_max = attempts_max_;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return api_result<void>{};
}

task<api_result<std::string>> client::create_training_job(std::string request, mono_time deadline) {
    return create(job_kind::training, std::move(request), deadline);
}
task<api_result<job_description>> client::describe_training_job(std::string name, mono_time deadline) {
    return describe(job_kind::training, std::move(name), deadline);
}
task<api_result<job_page>> client::list_training_jobs(list_filter filter, mono_time deadline) {
    return list(std::move(filter), deadline);
}
task<api_result<void>> client::stop_training_job(std::string name, mono_time deadline) {
    return stop(job_kind::training, std::move(name), deadline);
}

task<api_result<void>> client::add_tags(std::string arn, tags what, mono_time deadline) {
    auto request = make("AddTags", where_, encode_add_tags(arn, what), deadline);
    auto answer = co_await transport_->send(std::move(request), who_);
    if (!answer) co_return answer.error();
    co_return api_result<void>{};
}

task<api_result<tags>> client::list_tags(std::string arn, mono_time deadline) {
    tags all;
    std::string token;
    do {
        auto what = make("ListTags", where_, encode_list_tags(arn, token), deadline);
        what.attempts_max = attempts_max_;
        auto answer = co_await transport_->send(std::move(what), who_);
        if (!answer) co_return answer.error();
        auto page = decode_list_tags(answer->body);
        if (!page) co_return malformed_answer("sagemaker", "ListTags", *answer, page.error().message);
        if (!token.empty() && page->next_token == token)
            co_return malformed_answer("sagemaker", "ListTags", *answer, "the same NextToken again");
        all.merge(page->items);
        token = page->next_token;
    } while (!token.empty());
    co_return all;
}

}  // namespace trainyard::aws::sagemaker

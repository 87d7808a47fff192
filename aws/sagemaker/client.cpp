#include "aws/sagemaker/client.hpp"

#include "aws/sagemaker/codec.hpp"
#include "aws/transport/answer.hpp"

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

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> client::create_training_job(std::string request, mono_time deadline) {
    auto what = make("CreateTrainingJob", where_, std::move(request), deadline);
    what.attempts_max = 1;
    what.retry_unknown_effect = false;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("CreateTrainingJob", *answer, decode_create(answer->body));
}

task<api_result<training_job>> client::describe_training_job(std::string name, mono_time deadline) {
    auto what = make("DescribeTrainingJob", where_, encode_job_name(name), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("DescribeTrainingJob", *answer, decode_describe(answer->body));
}

task<api_result<training_job_page>> client::list_training_jobs(list_filter filter, mono_time deadline) {
    auto what = make("ListTrainingJobs", where_, encode_list(filter), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("ListTrainingJobs", *answer, decode_list(answer->body));
}

task<api_result<void>> client::stop_training_job(std::string name, mono_time deadline) {
    auto what = make("StopTrainingJob", where_, encode_job_name(name), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer && !is_already_stopped(answer.error().code, answer.error().message)) co_return answer.error();
    co_return api_result<void>{};
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

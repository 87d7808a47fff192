#include "aws/sagemaker/pipelines.hpp"

#include "aws/transport/answer.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::sagemaker {
namespace {

constexpr json::limits answer_limits{16U << 20U, 64, 100'000, 2U << 20U};  // a definition may have 1 MiB

void write_input(json::writer& w, const pipeline& p) {
    w.begin_object().member("PipelineName", p.name).member("PipelineDefinition", p.definition);
    w.member("RoleArn", p.role_arn);
}

// A token that comes again hours later would repeat the old answer, and nothing would be done.
std::string fresh_token() {
    return sha256_hex(std::to_string(entropy_seed()));
}

api_error malformed(std::string_view operation, const std::string& why) {
    return malformed_answer("sagemaker", operation, http::response{}, why);
}

std::string text(json::value v, std::string_view key) {
    return std::string{v.find(key).string().value_or("")};
}

}  // namespace

pipelines::pipelines(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> pipelines::ask(std::string operation, std::string body, mono_time deadline) {
    auto what =
        make_json_call("sagemaker", "SageMaker." + operation, "1.1", where_, std::move(body), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return std::move(answer->body);
}

task<api_result<pipeline>> pipelines::describe(std::string name, mono_time deadline) {
    json::writer w;
    const std::string input = w.begin_object().member("PipelineName", name).end_object().take();
    const auto body = co_await ask("DescribePipeline", input, deadline);
    if (!body) co_return body.error();
    const auto parsed = json::document::parse(*body, answer_limits);
    if (!parsed) co_return malformed("DescribePipeline", parsed.error().message);
    const json::value v = parsed->root();
    pipeline out{text(v, "PipelineName"), text(v, "PipelineArn"), text(v, "PipelineDefinition"),
                 text(v, "RoleArn")};
    if (out.name.empty() || out.arn.empty()) co_return malformed("DescribePipeline", "no name or ARN");
    co_return out;
}

task<api_result<std::string>> pipelines::create(pipeline what, tags of_new, mono_time deadline) {
    json::writer w;
    write_input(w, what);
    w.member("ClientRequestToken", fresh_token());
    w.key("Tags").begin_array();
    for (const auto& [key, value] : of_new)
        w.begin_object().member("Key", key).member("Value", value).end_object();
    const auto body = co_await ask("CreatePipeline", w.end_array().end_object().take(), deadline);
    if (!body) co_return body.error();
    const auto parsed = json::document::parse(*body);
    if (!parsed) co_return malformed("CreatePipeline", parsed.error().message);
    co_return text(parsed->root(), "PipelineArn");
}

task<api_result<void>> pipelines::update(pipeline what, mono_time deadline) {
    json::writer w;
    write_input(w, what);
    const auto body = co_await ask("UpdatePipeline", w.end_object().take(), deadline);
    if (!body) co_return body.error();
    co_return api_result<void>{};
}

task<api_result<void>> pipelines::remove(std::string name, mono_time deadline) {
    json::writer w;
    w.begin_object().member("PipelineName", name);
    w.member("ClientRequestToken", fresh_token());
    const auto body = co_await ask("DeletePipeline", w.end_object().take(), deadline);
    if (!body) co_return body.error();
    co_return api_result<void>{};
}

}  // namespace trainyard::aws::sagemaker

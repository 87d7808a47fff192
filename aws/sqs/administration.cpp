#include "aws/sqs/administration.hpp"

#include "aws/sqs/codec.hpp"
#include "aws/transport/answer.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::sqs {
namespace {

void write_map(json::writer& w, std::string_view name, const administration::texts& values) {
    w.key(name).begin_object();
    for (const auto& [key, value] : values) w.member(key, value);
    w.end_object();
}

std::string encode(const std::string& url, std::string_view name, const administration::texts& values) {
    json::writer w;
    w.begin_object().member("QueueUrl", url);
    write_map(w, name, values);
    return w.end_object().take();
}

api_error malformed(std::string_view operation, const std::string& why) {
    return malformed_answer("sqs", operation, http::response{}, why);
}

}  // namespace

administration::administration(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> administration::ask(std::string operation, std::string body,
                                                  mono_time deadline) {
    auto what = make_json_call("sqs", "AmazonSQS." + operation, "1.0", where_, std::move(body), deadline);
    what.fields.set("x-amzn-query-mode", "true");
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return std::move(answer->body);
}

task<api_result<std::string>> administration::create(std::string name, texts attributes, texts tags,
                                                     mono_time deadline) {
    json::writer w;
    w.begin_object().member("QueueName", name);
    write_map(w, "Attributes", attributes);
    if (!tags.empty()) write_map(w, "tags", tags);  // in lower case in this operation alone
    const auto body = co_await ask("CreateQueue", w.end_object().take(), deadline);
    if (!body) co_return body.error();
    auto url = decode_queue_url(*body);
    if (!url) co_return malformed("CreateQueue", url.error().message);
    co_return std::move(*url);
}

task<api_result<void>> administration::set_attributes(std::string url, texts attributes, mono_time deadline) {
    const auto body = co_await ask("SetQueueAttributes", encode(url, "Attributes", attributes), deadline);
    if (!body) co_return body.error();
    co_return api_result<void>{};
}

task<api_result<administration::texts>> administration::list_tags(std::string url, mono_time deadline) {
    const auto body = co_await ask("ListQueueTags", encode_queue_only(url), deadline);
    if (!body) co_return body.error();
    const auto parsed = json::document::parse(body->empty() ? std::string_view{"{}"} : *body);
    if (!parsed) co_return malformed("ListQueueTags", parsed.error().message);
    texts out;
    const auto members = parsed->root().find("Tags").members();
    for (auto i = members.begin(); i != members.end(); ++i)
        if (const auto value = (*i).string()) out.emplace(i.key(), *value);
    co_return out;
}

task<api_result<void>> administration::tag(std::string url, texts tags, mono_time deadline) {
    const auto body = co_await ask("TagQueue", encode(url, "Tags", tags), deadline);
    if (!body) co_return body.error();
    co_return api_result<void>{};
}

}  // namespace trainyard::aws::sqs

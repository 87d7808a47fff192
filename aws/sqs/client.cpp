#include "aws/sqs/client.hpp"

#include "aws/sqs/codec.hpp"
#include "aws/transport/answer.hpp"

namespace trainyard::aws::sqs {

namespace {

call make(std::string_view operation, const endpoint& where, std::string body, mono_time deadline) {
    auto out =
        make_json_call("sqs", "AmazonSQS." + std::string{operation}, "1.0", where, std::move(body), deadline);
    out.fields.set("x-amzn-query-mode", "true");
    return out;
}

// The decoded answer, or the error of an answer that makes no sense.
template <class T>
api_result<T> judge(std::string_view operation, const http::response& answer, result<T> decoded) {
    if (!decoded) return malformed_answer("sqs", operation, answer, decoded.error().message);
    return std::move(*decoded);
}

template <class Entry>
std::vector<std::string> ids_of(const std::vector<Entry>& entries) {
    std::vector<std::string> out;
    for (const auto& e : entries) out.push_back(e.id);
    return out;
}

}  // namespace

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> client::create_queue(std::string name,
                                                   std::map<std::string, std::string> attributes,
                                                   mono_time deadline) {
    auto what = make("CreateQueue", where_, encode_create_queue(name, attributes), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("CreateQueue", *answer, decode_queue_url(answer->body));
}

task<api_result<std::string>> client::get_queue_url(std::string name, std::string owner_account,
                                                    mono_time deadline) {
    auto what = make("GetQueueUrl", where_, encode_get_queue_url(name, owner_account), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("GetQueueUrl", *answer, decode_queue_url(answer->body));
}

task<api_result<std::map<std::string, std::string>>> client::get_queue_attributes(
    std::string queue_url, std::vector<std::string> names, mono_time deadline) {
    auto what = make("GetQueueAttributes", where_, encode_get_queue_attributes(queue_url, names), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("GetQueueAttributes", *answer, decode_attributes(answer->body));
}

task<api_result<std::vector<std::string>>> client::list_queues(std::string prefix, mono_time deadline) {
    std::vector<std::string> all;
    std::string token;
    do {
        auto what = make("ListQueues", where_, encode_list_queues(prefix, token), deadline);
        auto answer = co_await transport_->send(std::move(what), who_);
        if (!answer) co_return answer.error();
        auto page = decode_list_queues(answer->body);
        if (!page) co_return malformed_answer("sqs", "ListQueues", *answer, page.error().message);
        if (!token.empty() && page->next_token == token)
            co_return malformed_answer("sqs", "ListQueues", *answer, "the same NextToken again");
        all.insert(all.end(), page->urls.begin(), page->urls.end());
        token = page->next_token;
    } while (!token.empty());
    co_return all;
}

task<api_result<void>> client::delete_queue(std::string queue_url, mono_time deadline) {
    auto what = make("DeleteQueue", where_, encode_queue_only(queue_url), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return api_result<void>{};
}

task<api_result<void>> client::purge_queue(std::string queue_url, mono_time deadline) {
    auto what = make("PurgeQueue", where_, encode_queue_only(queue_url), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return api_result<void>{};
}

// A repeated send may store a message twice; its consumer must stand that anyway (standard queues deliver at
// least once), while a FIFO queue drops the copy by its deduplication id.
task<api_result<sent>> client::send(std::string queue_url, send_entry message, mono_time deadline) {
    auto what = make("SendMessage", where_, encode_send(queue_url, message), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("SendMessage", *answer, decode_send(answer->body, message));
}

task<api_result<batch_result<sent>>> client::send_batch(std::string queue_url,
                                                        std::vector<send_entry> entries, mono_time deadline) {
    auto what = make("SendMessageBatch", where_, encode_send_batch(queue_url, entries), deadline);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("SendMessageBatch", *answer, decode_send_batch(answer->body, entries));
}

task<api_result<std::vector<message>>> client::receive(std::string queue_url, receive_options options,
                                                       mono_time deadline) {
    auto what = make("ReceiveMessage", where_, encode_receive(queue_url, options), deadline);
    what.lane = http::lane::poll;
    what.attempts_max = 1;
    what.attempt_timeout = std::chrono::seconds{options.wait_seconds + 5};
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("ReceiveMessage", *answer, decode_receive(answer->body));
}

task<api_result<batch_result<std::string>>> client::delete_batch(std::string queue_url,
                                                                 std::vector<delete_entry> entries,
                                                                 mono_time deadline) {
    auto what = make("DeleteMessageBatch", where_, encode_delete_batch(queue_url, entries), deadline);
    what.lane = http::lane::ack;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("DeleteMessageBatch", *answer, decode_batch(answer->body, ids_of(entries)));
}

task<api_result<batch_result<std::string>>> client::change_visibility_batch(
    std::string queue_url, std::vector<visibility_entry> entries, mono_time deadline) {
    auto what =
        make("ChangeMessageVisibilityBatch", where_, encode_visibility_batch(queue_url, entries), deadline);
    what.lane = http::lane::ack;
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return judge("ChangeMessageVisibilityBatch", *answer, decode_batch(answer->body, ids_of(entries)));
}

}  // namespace trainyard::aws::sqs

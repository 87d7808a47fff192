// Every SQS operation over the registry, without waiting: the service adds long polls. No coroutine, clock or
// I/O.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/local/policy/authorizer.hpp"
#include "aws/local/sqs/queue_moves.hpp"
#include "aws/local/sqs/queue_registry.hpp"
#include "aws/local/sqs/sqs_durable.hpp"
#include "aws/local/sqs/sqs_input.hpp"
#include "aws/local/sqs/sqs_message.hpp"

namespace trainyard::aws::local {

// A checked ReceiveMessage.
struct receive_call {
    std::shared_ptr<queue> from;
    receive_request request;
    std::chrono::seconds wait{0};  // 0: a short poll
    attribute_filter want;
};

// What one of AWS's services sends to a queue.
struct service_message {
    std::string queue_arn, body;
    std::string group_id;       // of a FIFO queue
    std::string service;        // "events.amazonaws.com"
    std::string source_arn;     // for whom it sends: aws:SourceArn
    account_id source_account;  // aws:SourceAccount
    message_attributes attributes{};
};

class sqs_operations {
public:
    // `changed` is called with a queue in which a message may have become available, or the time of the next
    // one moved. `permissions` outlives this.
    sqs_operations(std::uint64_t seed, std::function<void(const queue&)> changed,
                   const authorizer& permissions = open_authorizer::instance());

    // Everything but ReceiveMessage.
    service_reply perform(const operation_call& call);

    // SendMessage by a service, which the queue's policy has to name.
    service_reply send_from_service(const service_message& m, wall_time now);

    sqs_result<receive_call> begin_receive(const operation_call& call) const;
    // The answer, or none when there is no message; a short poll also answers with OverLimit.
    std::optional<service_reply> try_receive(const receive_call& r, wall_time now);

    // Lets message move tasks do what is due. Every operation begins with it.
    void advance(wall_time now);
    // When advance() has something to do; none while no task is active.
    std::optional<wall_time> next_move() const { return moves_.next(); }

    std::size_t messages() const { return registry_.messages(); }
    durable& kept() { return kept_; }
    queue_store::counts counts(wall_time now) const { return registry_.counts(now); }
    std::shared_ptr<queue> find(const queue_key& key) const { return registry_.find(key); }

private:
    using operation = service_reply (sqs_operations::*)(const operation_call&);
    static operation find_operation(std::string_view name);

    service_reply create_queue(const operation_call& call);
    service_reply delete_queue(const operation_call& call);
    service_reply get_queue_url(const operation_call& call);
    service_reply list_queues(const operation_call& call);
    service_reply list_dead_letter_source_queues(const operation_call& call);
    service_reply get_queue_attributes(const operation_call& call);
    service_reply set_queue_attributes(const operation_call& call);
    service_reply purge_queue(const operation_call& call);
    service_reply tag_queue(const operation_call& call);
    service_reply untag_queue(const operation_call& call);
    service_reply list_queue_tags(const operation_call& call);
    service_reply send_message(const operation_call& call);
    service_reply send_message_batch(const operation_call& call);
    service_reply delete_message(const operation_call& call);
    service_reply delete_message_batch(const operation_call& call);
    service_reply change_message_visibility(const operation_call& call);
    service_reply change_message_visibility_batch(const operation_call& call);

    service_reply add_permission(const operation_call& call);
    service_reply remove_permission(const operation_call& call);
    service_reply start_message_move_task(const operation_call& call);
    service_reply list_message_move_tasks(const operation_call& call);
    service_reply cancel_message_move_task(const operation_call& call);

    // The queue that QueueUrl, or the ARN of `parameter`, names, when the caller may use it.
    sqs_result<std::shared_ptr<queue>> addressed(const operation_call& call) const;
    sqs_result<std::shared_ptr<queue>> named_by_arn(const operation_call& call, std::string_view parameter,
                                                    std::string_view arn) const;
    sqs_result<void> authorise(const operation_call& call, const queue& q) const;
    sqs_result<void> remove(queue& q, std::string_view handle, wall_time now);
    sqs_result<void> change_visibility(queue& q, std::string_view handle, std::int64_t timeout,
                                       wall_time now);

    rng random_;
    const authorizer& permissions_;
    queue_registry registry_;
    queue_moves moves_;
    std::function<void(const queue&)> changed_;
    sqs_durable kept_{registry_, moves_};
};

// The account and name in a queue URL, or in a bare name of `caller`'s account.
std::optional<queue_key> parse_queue_url(std::string_view url, const account_id& caller,
                                         const region_name& region);
std::string make_queue_url(const operation_call& call, const queue_key& key);

}  // namespace trainyard::aws::local

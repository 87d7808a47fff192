#include "aws/local/sqs/sqs_operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace trainyard::aws::local {

sqs_operations::sqs_operations(std::uint64_t seed, std::function<void(const queue&)> changed,
                               const authorizer& permissions)
    : random_(rng(seed).split("sqs.messages")),
      permissions_(permissions),
      registry_(rng(seed).split("sqs.queues")),
      moves_(rng(seed).split("sqs.moves")),
      changed_(std::move(changed)) {}

sqs_operations::operation sqs_operations::find_operation(std::string_view name) {
    using self = sqs_operations;
    static constexpr std::array<std::pair<std::string_view, operation>, 22> table{{
        {"AddPermission", &self::add_permission},
        {"CancelMessageMoveTask", &self::cancel_message_move_task},
        {"ChangeMessageVisibility", &self::change_message_visibility},
        {"ChangeMessageVisibilityBatch", &self::change_message_visibility_batch},
        {"CreateQueue", &self::create_queue},
        {"DeleteMessage", &self::delete_message},
        {"DeleteMessageBatch", &self::delete_message_batch},
        {"DeleteQueue", &self::delete_queue},
        {"GetQueueAttributes", &self::get_queue_attributes},
        {"GetQueueUrl", &self::get_queue_url},
        {"ListDeadLetterSourceQueues", &self::list_dead_letter_source_queues},
        {"ListMessageMoveTasks", &self::list_message_move_tasks},
        {"ListQueueTags", &self::list_queue_tags},
        {"ListQueues", &self::list_queues},
        {"PurgeQueue", &self::purge_queue},
        {"RemovePermission", &self::remove_permission},
        {"SendMessage", &self::send_message},
        {"SendMessageBatch", &self::send_message_batch},
        {"SetQueueAttributes", &self::set_queue_attributes},
        {"StartMessageMoveTask", &self::start_message_move_task},
        {"TagQueue", &self::tag_queue},
        {"UntagQueue", &self::untag_queue},
    }};
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == name; });
    return found == table.end() ? nullptr : found->second;
}

service_reply sqs_operations::perform(const operation_call& call) {
    advance(call.now);
    const operation run = find_operation(call.operation);
    if (run == nullptr) return sqs_error::unknown_operation(call.operation);
    return (this->*run)(call);
}

sqs_result<std::shared_ptr<queue>> sqs_operations::addressed(const operation_call& call) const {
    sqs_input in(call.input);
    const std::string_view url = in.required("QueueUrl");
    if (in.failed()) return in.error();
    const auto key = parse_queue_url(url, call.who.account, call.region);
    if (!key)
        return sqs_error::plain("InvalidAddress", 404,
                                fmt::format("The address {} is not valid for this endpoint.", url));
    auto q = registry_.find(*key);
    if (!q) return sqs_error::queue_does_not_exist();
    if (const auto allowed = authorise(call, *q); !allowed) return allowed.error();
    return q;
}

}  // namespace trainyard::aws::local

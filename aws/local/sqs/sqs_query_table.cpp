#include "aws/local/sqs/sqs_query_table.hpp"

#include <algorithm>
#include <array>

namespace trainyard::aws::local {
namespace {

using enum query_kind;
using members = std::span<const query_member>;

// A member whose name is the same in both protocols.
constexpr query_member same(std::string_view name, query_kind kind = text) {
    return {name, name, kind};
}
constexpr query_member list_of(std::string_view json, std::string_view wire, members of = {}) {
    return {json, wire, list, of};
}
constexpr query_member named_map(std::string_view json, std::string_view wire, members of = {}) {
    return {json, wire, map, of, "Name", "Value"};
}
constexpr query_member tag_map(std::string_view json) {
    return {json, "Tag", map, {}, "Key", "Value"};
}

// StringListValues and BinaryListValues are in the model and nowhere else: AWS does not take them.
constexpr std::array attribute_value{same("StringValue"), same("BinaryValue", blob), same("DataType")};

constexpr query_member queue_url = same("QueueUrl");
constexpr query_member attributes = named_map("Attributes", "Attribute");
constexpr query_member message_attributes =
    named_map("MessageAttributes", "MessageAttribute", attribute_value);
constexpr query_member system_attributes =
    named_map("MessageSystemAttributes", "MessageSystemAttribute", attribute_value);
constexpr query_member attribute_names = list_of("AttributeNames", "AttributeName");
constexpr query_member max_results = same("MaxResults", integer);

constexpr std::array only_queue{queue_url};
constexpr std::array add_permission{queue_url, same("Label"), list_of("AWSAccountIds", "AWSAccountId"),
                                    list_of("Actions", "ActionName")};
constexpr std::array remove_permission{queue_url, same("Label")};
constexpr std::array change_visibility{queue_url, same("ReceiptHandle"), same("VisibilityTimeout", integer)};
constexpr std::array change_visibility_entry{same("Id"), same("ReceiptHandle"),
                                             same("VisibilityTimeout", integer)};
constexpr std::array change_visibility_batch{
    queue_url, list_of("Entries", "ChangeMessageVisibilityBatchRequestEntry", change_visibility_entry)};
constexpr std::array create_queue{same("QueueName"), attributes, tag_map("tags")};
constexpr std::array delete_message{queue_url, same("ReceiptHandle")};
constexpr std::array delete_entry{same("Id"), same("ReceiptHandle")};
constexpr std::array delete_batch{queue_url,
                                  list_of("Entries", "DeleteMessageBatchRequestEntry", delete_entry)};
constexpr std::array get_attributes{queue_url, attribute_names};
constexpr std::array get_url{same("QueueName"), same("QueueOwnerAWSAccountId")};
constexpr std::array list_sources{queue_url, same("NextToken"), max_results};
constexpr std::array list_queues{same("QueueNamePrefix"), same("NextToken"), max_results};
constexpr std::array receive{queue_url,
                             attribute_names,
                             list_of("MessageSystemAttributeNames", "MessageSystemAttributeName"),
                             list_of("MessageAttributeNames", "MessageAttributeName"),
                             same("MaxNumberOfMessages", integer),
                             same("VisibilityTimeout", integer),
                             same("WaitTimeSeconds", integer),
                             same("ReceiveRequestAttemptId")};
constexpr std::array send{queue_url,
                          same("MessageBody"),
                          same("DelaySeconds", integer),
                          message_attributes,
                          system_attributes,
                          same("MessageDeduplicationId"),
                          same("MessageGroupId")};
constexpr std::array send_entry{same("Id"),
                                same("MessageBody"),
                                same("DelaySeconds", integer),
                                message_attributes,
                                system_attributes,
                                same("MessageDeduplicationId"),
                                same("MessageGroupId")};
constexpr std::array send_batch{queue_url, list_of("Entries", "SendMessageBatchRequestEntry", send_entry)};
constexpr std::array set_attributes{queue_url, attributes};
constexpr std::array tag_queue{queue_url, tag_map("Tags")};
constexpr std::array untag_queue{queue_url, list_of("TagKeys", "TagKey")};
constexpr std::array start_move{same("SourceArn"), same("DestinationArn"),
                                same("MaxNumberOfMessagesPerSecond", integer)};
constexpr std::array task_handle{same("TaskHandle")};
constexpr std::array list_moves{same("SourceArn"), max_results};

constexpr std::array failed_entry{same("Id"), same("SenderFault", boolean), same("Code"), same("Message")};
constexpr query_member failed = list_of("Failed", "BatchResultErrorEntry", failed_entry);
constexpr std::array done_entry{same("Id")};
constexpr std::array changed_batch{
    list_of("Successful", "ChangeMessageVisibilityBatchResultEntry", done_entry), failed};
constexpr std::array deleted_batch{list_of("Successful", "DeleteMessageBatchResultEntry", done_entry),
                                   failed};
constexpr std::array sent{same("MD5OfMessageBody"), same("MD5OfMessageAttributes"),
                          same("MD5OfMessageSystemAttributes"), same("MessageId"), same("SequenceNumber")};
constexpr std::array sent_entry{same("Id"),
                                same("MessageId"),
                                same("MD5OfMessageBody"),
                                same("MD5OfMessageAttributes"),
                                same("MD5OfMessageSystemAttributes"),
                                same("SequenceNumber")};
constexpr std::array sent_batch{list_of("Successful", "SendMessageBatchResultEntry", sent_entry), failed};
constexpr std::array message{
    same("MessageId"), same("ReceiptHandle"),          same("MD5OfBody"), same("Body"),
    attributes,        same("MD5OfMessageAttributes"), message_attributes};
constexpr std::array received{list_of("Messages", "Message", message)};
constexpr std::array shown_attributes{attributes};
constexpr std::array shown_tags{tag_map("Tags")};
constexpr std::array listed_queues{list_of("QueueUrls", "QueueUrl"), same("NextToken")};
constexpr std::array listed_sources{list_of("queueUrls", "QueueUrl"), same("NextToken")};
constexpr std::array moved{same("ApproximateNumberOfMessagesMoved", integer)};
constexpr std::array move_task{same("TaskHandle"),
                               same("Status"),
                               same("SourceArn"),
                               same("DestinationArn"),
                               same("MaxNumberOfMessagesPerSecond", integer),
                               same("ApproximateNumberOfMessagesMoved", integer),
                               same("ApproximateNumberOfMessagesToMove", integer),
                               same("FailureReason"),
                               same("StartedTimestamp", integer)};
constexpr std::array listed_moves{list_of("Results", "ListMessageMoveTasksResultEntry", move_task)};

constexpr std::array<query_operation, 23> operations{{
    {"AddPermission", add_permission},
    {"CancelMessageMoveTask", task_handle, true, moved},
    {"ChangeMessageVisibility", change_visibility},
    {"ChangeMessageVisibilityBatch", change_visibility_batch, true, changed_batch},
    {"CreateQueue", create_queue, true, only_queue, true},
    {"DeleteMessage", delete_message},
    {"DeleteMessageBatch", delete_batch, true, deleted_batch},
    {"DeleteQueue", only_queue},
    {"GetQueueAttributes", get_attributes, true, shown_attributes},
    {"GetQueueUrl", get_url, true, only_queue},
    {"ListDeadLetterSourceQueues", list_sources, true, listed_sources},
    {"ListMessageMoveTasks", list_moves, true, listed_moves},
    {"ListQueueTags", only_queue, true, shown_tags},
    {"ListQueues", list_queues, true, listed_queues, true},
    {"PurgeQueue", only_queue},
    {"ReceiveMessage", receive, true, received},
    {"RemovePermission", remove_permission},
    {"SendMessage", send, true, sent},
    {"SendMessageBatch", send_batch, true, sent_batch},
    {"SetQueueAttributes", set_attributes},
    {"StartMessageMoveTask", start_move, true, task_handle},
    {"TagQueue", tag_queue},
    {"UntagQueue", untag_queue},
}};

}  // namespace

const query_operation* find_query_operation(std::string_view name) {
    const auto found =
        std::find_if(operations.begin(), operations.end(), [&](const auto& o) { return o.name == name; });
    return found == operations.end() ? nullptr : &*found;
}

std::span<const query_operation> all_query_operations() {
    return operations;
}

}  // namespace trainyard::aws::local

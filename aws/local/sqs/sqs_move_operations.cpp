// Operations on message move tasks.
#include <fmt/format.h>

#include "aws/local/sqs/sqs_operations.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {

namespace {

// "{"taskId":"...","sourceArn":"..."}" in base64, as on AWS.
std::string make_task_handle(const move_task& task) {
    json::writer out;
    out.begin_object().member("taskId", task.id).member("sourceArn", task.source->key.arn()).end_object();
    return to_base64(out.take());
}

struct task_handle {
    std::string task_id, source_arn;
};

std::optional<task_handle> read_task_handle(std::string_view handle) {
    constexpr std::size_t max_handle = 1024;  // an id and an ARN need 300
    if (handle.size() > max_handle) return std::nullopt;
    const auto text = from_base64(handle);
    if (!text) return std::nullopt;
    const auto parsed = json::document::parse(*text);
    if (!parsed) return std::nullopt;
    const auto id = parsed->root().find("taskId").string();
    const auto arn = parsed->root().find("sourceArn").string();
    if (!id || !arn) return std::nullopt;
    return task_handle{std::string(*id), std::string(*arn)};
}

void write_task(json::writer& out, const move_task& task) {
    const bool running = task.status == move_task::state::running;
    out.begin_object();
    if (running) out.member("TaskHandle", make_task_handle(task));
    out.key("Status").string(to_string(task.status));
    out.member("SourceArn", task.source->key.arn());
    if (task.destination) out.member("DestinationArn", task.destination->arn());
    if (task.rate) out.member("MaxNumberOfMessagesPerSecond", *task.rate);
    out.member("ApproximateNumberOfMessagesMoved", task.moved);
    out.member("ApproximateNumberOfMessagesToMove", task.to_move);
    if (!task.failure.empty()) out.member("FailureReason", task.failure);
    out.member("StartedTimestamp", to_unix_millis(task.started));
    out.end_object();
}

service_error no_such_resource(std::string_view parameter) {
    return sqs_error::plain(
        "ResourceNotFoundException", 404,
        fmt::format("The resource that you specified for the {} parameter doesn't exist.", parameter));
}

}  // namespace

sqs_result<std::shared_ptr<queue>> sqs_operations::named_by_arn(const operation_call& call,
                                                                std::string_view parameter,
                                                                std::string_view arn) const {
    const auto key = parse_queue_arn(arn);
    if (!key)
        return sqs_error::invalid_parameter(
            fmt::format("You must use this format to specify the {}: "
                        "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
                        parameter));
    auto q = key->region == call.region ? registry_.find(*key) : nullptr;
    if (!q) return no_such_resource(parameter);
    if (const auto allowed = authorise(call, *q); !allowed) return allowed.error();
    return q;
}

service_reply sqs_operations::start_message_move_task(const operation_call& call) {
    sqs_input in(call.input);
    const std::string_view source_arn = in.required("SourceArn");
    const std::string_view destination_arn = in.text("DestinationArn").value_or("");
    const auto rate = in.integer("MaxNumberOfMessagesPerSecond");
    if (in.failed()) return in.error();
    if (rate && (*rate < 1 || *rate > max_move_rate))
        return sqs_error::invalid_value(std::to_string(*rate), "MaxNumberOfMessagesPerSecond",
                                        fmt::format("Must be between 1 and {}, if provided.", max_move_rate));
    const auto source = named_by_arn(call, "SourceArn", source_arn);
    if (!source) return source.error();
    if (registry_.dead_letter_sources(**source).empty())
        return sqs_error::invalid_parameter("Source queue must be configured as a Dead Letter Queue.");
    std::optional<queue_key> destination;
    if (!destination_arn.empty()) {
        if (destination_arn == source_arn)
            return sqs_error::invalid_parameter(
                "Source queue arn and destination queue arn cannot be the same.");
        const auto to = named_by_arn(call, "DestinationArn", destination_arn);
        if (!to) return to.error();
        if ((*to)->attributes.fifo() != (*source)->attributes.fifo())
            return sqs_error::invalid_parameter(
                "The source queue and destination queue must be of the same queue type.");
        destination = (*to)->key;
    }
    const auto task = moves_.start(*source, std::move(destination), rate, call.now);
    if (!task) return task.error();
    json::writer out;
    out.begin_object().member("TaskHandle", make_task_handle(**task)).end_object();
    return out.take();
}

service_reply sqs_operations::list_message_move_tasks(const operation_call& call) {
    sqs_input in(call.input);
    const std::string_view source_arn = in.required("SourceArn");
    const auto max = in.integer("MaxResults").value_or(1);
    if (in.failed()) return in.error();
    if (max < 1 || max > static_cast<std::int64_t>(max_listed_moves))
        return sqs_error::invalid_value(
            std::to_string(max), "MaxResults",
            fmt::format("Must be between 1 and {}, if provided.", max_listed_moves));
    const auto source = named_by_arn(call, "SourceArn", source_arn);
    if (!source) return source.error();
    const auto tasks = moves_.list(**source, static_cast<std::size_t>(max));
    if (tasks.empty()) return std::string("{}");
    json::writer out;
    out.begin_object().key("Results").begin_array();
    for (const move_task* task : tasks) write_task(out, *task);
    out.end_array().end_object();
    return out.take();
}

service_reply sqs_operations::cancel_message_move_task(const operation_call& call) {
    sqs_input in(call.input);
    const auto handle = read_task_handle(in.required("TaskHandle"));
    if (in.failed()) return in.error();
    if (!handle) return sqs_error::invalid_parameter("Value for parameter TaskHandle is invalid.");
    const auto source = named_by_arn(call, "SourceArn", handle->source_arn);
    if (!source) return source.error();
    const auto task = moves_.cancel(**source, handle->task_id);
    if (!task) return task.error();
    json::writer out;
    out.begin_object().member("ApproximateNumberOfMessagesMoved", (*task)->moved).end_object();
    return out.take();
}

void sqs_operations::advance(wall_time now) {
    for (const auto& q : moves_.advance(registry_, now)) changed_(*q);
}

}  // namespace trainyard::aws::local

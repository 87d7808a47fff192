#include "aws/local/events/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {
namespace {

constexpr std::string_view fifo_suffix = ".fifo";

std::string text(json::value in, std::string_view member) {
    return std::string{in.find(member).string().value_or("")};
}

// Members that are null count as absent, and are not told again.
std::string without_nulls(json::value v) {
    json::writer out;
    out.begin_object();
    const auto members = v.members();
    for (auto m = members.begin(); m != members.end(); ++m)
        if (!(*m).is_null()) out.member(m.key(), *m);
    out.end_object();
    return out.take();
}

bool is_arn(std::string_view arn) {
    return arn.starts_with("arn:aws") && std::count(arn.begin(), arn.end(), ':') >= 5;
}

service_error refused(const target& t, std::string_view what) {
    return validation_exception(fmt::format("Parameter(s) {} for target: {}.", what, t.id));
}

events_result<void> read_input(json::value given, target& out) {
    const bool input = !given.find("Input").is_null(), path = !given.find("InputPath").is_null();
    const json::value transformer = given.find("InputTransformer");
    if (static_cast<int>(input) + static_cast<int>(path) + static_cast<int>(!transformer.is_null()) > 1)
        return validation_exception(fmt::format(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {}.", out.id));
    if (input) {
        out.input = text(given, "Input");
        if (!json::document::parse(*out.input))
            return validation_exception(
                fmt::format("JSON syntax error in input for target {} : the input is no JSON text", out.id));
    }
    if (path) {
        auto read = json_path::parse(text(given, "InputPath"));
        if (!read)
            return validation_exception(
                fmt::format("Invalid InputPath for target {} : {}.", out.id, read.error().message));
        out.path = std::move(*read);
    }
    if (transformer.is_null()) return {};
    std::map<std::string, std::string> paths;
    const auto members = transformer.find("InputPathsMap").members();
    for (auto m = members.begin(); m != members.end(); ++m)
        paths.emplace(m.key(), (*m).string().value_or(""));
    auto read = input_transformer::parse(paths, transformer.find("InputTemplate").string().value_or(""));
    if (!read)
        return validation_exception(
            fmt::format("Invalid InputTransformer for target {} : {}.", out.id, read.error().message));
    out.transformer = std::move(*read);
    return {};
}

}  // namespace

std::optional<target_kind> kind_of_target(std::string_view arn) {
    if (arn.starts_with("arn:aws:sqs:")) return target_kind::queue;
    if (arn.starts_with("arn:aws:events:") && arn.find(":event-bus/") != std::string_view::npos)
        return target_kind::bus;
    return std::nullopt;
}

std::string target::body_of(json::value event, const template_context& context) const {
    if (input) return *input;
    if (transformer) return transformer->apply(event, context);
    if (!path) return std::string{context.event_text};
    std::string found = path->find(event);
    return found.empty() ? "null" : found;
}

events_result<target> read_target(json::value given) {
    target out;
    out.id = text(given, "Id");
    out.arn = text(given, "Arn");
    out.definition = without_nulls(given);
    if (!is_arn(out.arn))
        return validation_exception(fmt::format(
            "Parameter {} is not valid. Reason: Provided Arn is not in correct format.", printable(out.arn)));
    out.kind = kind_of_target(out.arn).value_or(target_kind::queue);
    if (const auto read = read_input(given, out); !read) return read.error();
    const json::value sqs = given.find("SqsParameters");
    out.group_id = text(sqs, "MessageGroupId");
    const bool fifo = out.kind == target_kind::queue && out.arn.ends_with(fifo_suffix);
    if (fifo && out.group_id.empty()) return refused(out, "SqsParameters must be specified");
    out.dead_letter_arn = text(given.find("DeadLetterConfig"), "Arn");
    if (!out.dead_letter_arn.empty() && (kind_of_target(out.dead_letter_arn) != target_kind::queue ||
                                         out.dead_letter_arn.ends_with(fifo_suffix)))
        return refused(out, "DeadLetterConfig must name a standard queue");
    const json::value retry = given.find("RetryPolicy");
    if (const auto n = retry.find("MaximumRetryAttempts").integer())
        out.retry.attempts = static_cast<unsigned>(*n);
    if (const auto n = retry.find("MaximumEventAgeInSeconds").integer())
        out.retry.age = std::chrono::seconds{*n};
    return out;
}

}  // namespace trainyard::aws::local::events

#include "aws/local/sqs/queue_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/check.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

namespace {

struct ranged {
    std::string_view name;
    std::int64_t low, high;
    std::string_view initial;  // empty: absent until set
};
constexpr std::array<ranged, 6> ranges{{{"DelaySeconds", 0, 900, "0"},
                                        {"MaximumMessageSize", 1024, 1'048'576, "1048576"},
                                        {"MessageRetentionPeriod", 60, 1'209'600, "345600"},
                                        {"ReceiveMessageWaitTimeSeconds", 0, 20, "0"},
                                        {"VisibilityTimeout", 0, 43'200, "30"},
                                        {"KmsDataKeyReusePeriodSeconds", 60, 86'400, ""}}};

constexpr std::int64_t max_receives = 1000;      // maxReceiveCount of a redrive policy
constexpr std::size_t max_redrive_sources = 10;  // sourceQueueArns of a redrive allow policy

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t v = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return v;
}

sqs_result<redrive_policy> parse_redrive(const std::string& text) {
    const auto refuse = [&](std::string_view reason) {
        return sqs_error::invalid_value(text, "RedrivePolicy", reason);
    };
    const auto parsed = json::document::parse(text);
    if (!parsed || !parsed->root().is_object()) return refuse("Redrive policy is not a valid JSON map.");
    const json::value target = parsed->root().find("deadLetterTargetArn");
    const json::value count = parsed->root().find("maxReceiveCount");
    if (target.is_null())
        return refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    if (count.is_null())
        return refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    if (!target.is_string()) return refuse("Dead letter target is not a valid ARN.");
    const auto receives = count.is_string() ? whole_number(*count.string()) : count.integer();
    if (!receives || *receives < 1 || *receives > max_receives)
        return refuse(fmt::format(
            "Invalid value for maxReceiveCount: {}, valid values are from 1 to {} both inclusive.",
            count.is_string() ? *count.string() : count.number_text(), max_receives));
    return redrive_policy{std::string(*target.string()), static_cast<std::uint32_t>(*receives)};
}

sqs_result<redrive_permission> parse_permission(const std::string& text) {
    const auto refuse = [&](std::string_view reason) {
        return sqs_error::invalid_value(text, "RedriveAllowPolicy", reason);
    };
    const auto parsed = json::document::parse(text);
    if (!parsed || !parsed->root().is_object())
        return refuse(
            "Amazon SQS can't create the redrive allow policy, "
            "as it's in an unsupported format.");
    redrive_permission p;
    const auto kind = parsed->root().find("redrivePermission").string();
    const json::value sources = parsed->root().find("sourceQueueArns");
    if (kind == "allowAll")
        p.who = redrive_permission::kind::allow_all;
    else if (kind == "denyAll")
        p.who = redrive_permission::kind::deny_all;
    else if (kind == "byQueue")
        p.who = redrive_permission::kind::by_queue;
    else
        return refuse("redrivePermission must be one of allowAll, denyAll and byQueue.");
    if (p.who != redrive_permission::kind::by_queue) {
        if (sources.exists()) return refuse("sourceQueueArns may be given only with byQueue.");
        return p;
    }
    for (const json::value source : sources.elements()) {
        if (!source.is_string()) return refuse("sourceQueueArns must be a list of queue ARNs.");
        p.sources.emplace_back(*source.string());
    }
    if (p.sources.empty() || p.sources.size() > max_redrive_sources)
        return refuse(
            fmt::format("sourceQueueArns must hold 1 to {} queue ARNs with byQueue.", max_redrive_sources));
    return p;
}

bool is_flag(std::string_view value) {
    return value == "true" || value == "false";
}

}  // namespace

queue_attributes::queue_attributes(bool fifo) : fifo_(fifo) {
    static_assert(std::tuple_size_v<decltype(numbers_)> == ranges.size());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const ranged& r = ranges[i];
        if (r.initial.empty()) continue;
        values_.emplace(r.name, r.initial);
        numbers_[i] = whole_number(r.initial).value_or(0);
    }
    values_.emplace("SqsManagedSseEnabled", "true");
    if (!fifo) return;
    values_.emplace("FifoQueue", "true");
    values_.emplace("ContentBasedDeduplication", "false");
    values_.emplace("DeduplicationScope", "queue");
    values_.emplace("FifoThroughputLimit", "perQueue");
}

sqs_result<queue_attributes> queue_attributes::with(const string_map& given) const {
    queue_attributes next = *this;
    const auto key = given.find("KmsMasterKeyId");
    const auto managed = given.find("SqsManagedSseEnabled");
    if (key != given.end() && !key->second.empty() && managed != given.end() && managed->second == "true")
        return sqs_error::plain(
            "InvalidAttributeName", 400,
            "You can use one type of server-side encryption (SSE) at one time. You can either "
            "enable KMS SSE or SQS SSE.");
    for (const auto& [name, value] : given)
        if (const auto applied = next.apply(name, value); !applied) return applied.error();
    if (fifo_ && next.is("FifoThroughputLimit", "perMessageGroupId") &&
        !next.is("DeduplicationScope", "messageGroup"))
        return sqs_error::invalid_attribute_value("FifoThroughputLimit");
    return next;
}

sqs_result<void> queue_attributes::apply(const std::string& name, const std::string& value) {
    const auto bad = [&]() -> sqs_result<void> { return sqs_error::invalid_attribute_value(name); };
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const ranged& r = ranges[i];
        if (r.name != name) continue;
        const auto v = whole_number(value);
        if (!v || *v < r.low || *v > r.high) return bad();
        values_[name] = std::to_string(*v);
        numbers_[i] = *v;
        return {};
    }
    const auto keep = [&]() -> sqs_result<void> {
        if (value.empty())
            values_.erase(name);
        else
            values_[name] = value;
        return {};
    };
    if (name == "Policy") {
        policy_.reset();
        if (value.empty()) return keep();
        auto parsed = queue_policy::parse(value);
        if (!parsed) return bad();
        policy_ = std::move(*parsed);
        return keep();
    }
    if (name == "RedrivePolicy") {
        redrive_.reset();
        if (value.empty()) return keep();
        auto policy = parse_redrive(value);
        if (!policy) return policy.error();
        redrive_ = std::move(*policy);
        return keep();
    }
    if (name == "RedriveAllowPolicy") {
        permission_ = {};
        if (value.empty()) return keep();
        auto permission = parse_permission(value);
        if (!permission) return permission.error();
        permission_ = std::move(*permission);
        return keep();
    }
    if (name == "KmsMasterKeyId") {
        if (!value.empty()) values_["SqsManagedSseEnabled"] = "false";
        return keep();
    }
    if (name == "SqsManagedSseEnabled") return is_flag(value) ? keep() : bad();
    if (name == "DeduplicationScope" || name == "FifoThroughputLimit") {
        if (!fifo_)
            return sqs_error::plain(
                "InvalidAttributeName", 400,
                fmt::format("You can specify the {} only when FifoQueue is set to true.", name));
        const bool known = name == "DeduplicationScope" ? value == "queue" || value == "messageGroup"
                                                        : value == "perQueue" || value == "perMessageGroupId";
        return known ? keep() : bad();
    }
    if (fifo_ && name == "ContentBasedDeduplication") return is_flag(value) ? keep() : bad();
    if (fifo_ && name == "FifoQueue") {
        if (value == "true") return {};
        return sqs_error::plain(
            "InvalidAttributeValue", 400,
            "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
            "supported.");
    }
    return sqs_error::unknown_attribute(name);
}

std::optional<std::string> queue_attributes::first_difference(const string_map& given) const {
    for (const auto& [name, value] : given) {
        const auto mine = values_.find(name);
        if (mine == values_.end() ? !value.empty() : mine->second != value) return name;
    }
    return std::nullopt;
}

std::int64_t queue_attributes::number(std::string_view name) const {
    const auto* const found =
        std::find_if(ranges.begin(), ranges.end(), [&](const ranged& r) { return r.name == name; });
    TY_CHECK(found != ranges.end() && !found->initial.empty(),
             "only attributes with a default are read as numbers");
    return numbers_[static_cast<std::size_t>(found - ranges.begin())];
}

bool queue_attributes::is(std::string_view name, std::string_view value) const {
    const auto found = values_.find(name);
    return found != values_.end() && found->second == value;
}

store_settings queue_attributes::store() const {
    return {fifo_, std::chrono::seconds(number("DelaySeconds")),
            std::chrono::seconds(number("MessageRetentionPeriod")), is("DeduplicationScope", "messageGroup"),
            max_in_flight};
}

}  // namespace trainyard::aws::local

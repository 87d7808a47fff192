#include "aws/local/gate/rate_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

struct row {
    std::string_view service, prefix;  // of the operation's name
    double per_second;
};

// The first row that fits. SageMaker's are from its quotas for training and transform jobs, models and
// endpoints; processing, tuning and pipelines, whose rates are not published, get those of their siblings.
constexpr std::array rows{
    row{"sagemaker", "Create", 1},
    row{"sagemaker", "Start", 1},
    row{"sagemaker", "Stop", 1},
    row{"sagemaker", "Update", 1},
    row{"sagemaker", "Delete", 1},
    row{"sagemaker", "Retry", 1},
    row{"sagemaker", "Describe", 5},
    row{"sagemaker", "List", 2},
    row{"sagemaker", "Search", 2},
    row{"sagemaker", "", 5},
    row{"sts", "", 600},
    row{"iam", "Get", 20},
    row{"iam", "List", 20},
    row{"iam", "", 5},
    row{"events", "PutEvents", 600},
    row{"events", "Put", 5},
    row{"events", "Delete", 5},
    row{"events", "Remove", 5},
    row{"events", "Enable", 5},
    row{"events", "Disable", 5},
    row{"events", "", 50},
    row{"servicequotas", "Get", 5},
    row{"servicequotas", "List", 10},
    row{"servicequotas", "RequestServiceQuotaIncrease", 3},
    row{"servicequotas", "", 5},
    row{"sqs", "TagQueue", 30},
    row{"sqs", "UntagQueue", 30},
    row{"sqs", "ListQueueTags", 30},
};

// Calls of one FIFO queue and operation; the other operations of SQS have no published rate.
constexpr double fifo_per_second = 300;
constexpr std::array<std::string_view, 4> fifo_limited{"SendMessage", "ReceiveMessage", "DeleteMessage",
                                                       "ChangeMessageVisibility"};

double high_throughput_rate(std::string_view region) {
    for (const std::string_view big : {"us-east-1", "us-west-2", "eu-west-1"})
        if (region == big) return 70'000;
    for (const std::string_view middle : {"us-east-2", "eu-central-1"})
        if (region == middle) return 19'000;
    return 2'400;  // the least of the others
}

rate of_one_second(double per_second) {
    return {per_second, std::max(1.0, per_second)};
}

std::optional<double> number(std::string_view text) {
    double n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(n)) return std::nullopt;
    return n;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::optional<error> wrong_rate(const rate& r) {
    if (!(r.per_second >= 0 && r.per_second <= rate_max))
        return error{errc::invalid_argument, "the rate must be 0 to 1e9 calls a second"};
    if (!(r.burst <= rate_max && (r.burst >= 1 || r.per_second == 0)))
        return error{errc::invalid_argument, "the burst must be 1 to 1e9 calls"};
    return std::nullopt;
}

std::optional<error> wrong_rate_name(std::string_view name) {
    const auto dot = name.find('.');
    const std::string_view service = name.substr(0, dot);
    const bool known =
        std::any_of(rows.begin(), rows.end(), [&](const row& r) { return r.service == service; });
    if (!known)
        return error{errc::invalid_argument,
                     fmt::format("'{}' names no service: SERVICE.OPERATION, where SERVICE is sqs, sagemaker, "
                                 "sts, iam, events or servicequotas",
                                 printable(name, 64))};
    std::string_view operation = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
    const bool any = operation.ends_with('*');
    if (any) operation.remove_suffix(1);
    if ((operation.empty() && !any) || operation.size() > 64 ||
        !std::all_of(operation.begin(), operation.end(), is_letter))
        return error{errc::invalid_argument,
                     fmt::format("'{}' names no operation: letters, and a * at the end for any ending",
                                 printable(name, 64))};
    return std::nullopt;
}

result<rate_setting> parse_rate_setting(std::string_view text) {
    const auto equals = text.find('=');
    rate_setting out;
    out.name = std::string{text.substr(0, equals)};
    if (auto wrong = wrong_rate_name(out.name)) return *std::move(wrong);
    const std::string_view value = equals == std::string_view::npos ? "" : text.substr(equals + 1);
    const auto slash = value.find('/');
    const auto per_second = number(value.substr(0, slash));
    if (!per_second)
        return error{errc::invalid_argument,
                     fmt::format("'{}' must be SERVICE.OPERATION=N[/burst]", printable(text, 64))};
    out.value = of_one_second(*per_second);
    if (slash != std::string_view::npos) {
        const auto burst = number(value.substr(slash + 1));
        if (!burst)
            return error{errc::invalid_argument,
                         fmt::format("the burst of '{}' must be a number", printable(text, 64))};
        out.value.burst = *burst;
    }
    if (auto wrong = wrong_rate(out.value)) return with_context(*std::move(wrong), printable(text, 64));
    return out;
}

result<void> rate_table::set(const rate_setting& setting) {
    if (!settings_.contains(setting.name) && settings_.size() >= rate_settings_max)
        return error{errc::limit, fmt::format("there are {} rates already", rate_settings_max)};
    settings_[setting.name] = setting.value;
    return {};
}

std::optional<rate> rate_table::find(const call_site& call, bool high_throughput) const {
    std::string name = fmt::format("{}.{}", call.service, call.operation);
    if (!settings_.empty()) {
        if (const auto exact = settings_.find(name); exact != settings_.end()) return exact->second;
        for (std::size_t size = name.size(); size > call.service.size(); --size) {
            name.resize(size);
            if (const auto found = settings_.find(name + "*"); found != settings_.end()) return found->second;
        }
    }
    return defaults_ ? default_rate(call, high_throughput) : std::nullopt;
}

std::optional<rate> default_rate(const call_site& call, bool high_throughput) {
    if (call.service == "sqs" && call.resource.ends_with(".fifo")) {
        std::string_view single = call.operation;
        if (single.ends_with("Batch")) single.remove_suffix(5);
        if (std::find(fifo_limited.begin(), fifo_limited.end(), single) != fifo_limited.end())
            return of_one_second(high_throughput ? high_throughput_rate(call.region) : fifo_per_second);
    }
    for (const row& r : rows)
        if (r.service == call.service && call.operation.starts_with(r.prefix))
            return of_one_second(r.per_second);
    return std::nullopt;
}

}  // namespace trainyard::aws::local

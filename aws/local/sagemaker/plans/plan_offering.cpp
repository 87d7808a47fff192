#include "aws/local/sagemaker/plans/plan_offering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "aws/local/model/shapes.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"
#include "aws/local/sagemaker/common/time_scale.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view prefix = "tpo-";
constexpr std::int64_t instances_max = 256, hours_max = 87'600;  // of the model
constexpr std::int64_t seconds_max = 9'000'000'000;              // the year 2255

std::span<const std::string_view> values_of(std::string_view shape) {
    const model::service_model& known = model::sagemaker_model();
    const auto found = std::find_if(known.shapes.begin(), known.shapes.end(),
                                    [&](const model::shape& s) { return s.name == shape; });
    TY_CHECK(found != known.shapes.end(), "the model has the shape");
    return known.values_of(*found);
}

// Types and targets by their place in the model's enums.
std::span<const std::string_view> types() {
    return values_of("ReservedCapacityInstanceType");
}
std::span<const std::string_view> target_names() {
    return values_of("SageMakerResourceName");
}

std::int64_t place_of(std::span<const std::string_view> in, std::string_view text) {
    return std::find(in.begin(), in.end(), text) - in.begin();
}

wall_time next_half_hour(wall_time now) {
    constexpr std::int64_t step = 30 * 60 * 1000;
    return from_unix_millis((to_unix_millis(now) / step + 1) * step);
}

}  // namespace

std::string plan_offering::id() const {
    std::uint64_t bits = 0;
    for (const std::string& t : targets) bits |= 1ULL << static_cast<unsigned>(place_of(target_names(), t));
    return fmt::format("{}{}-{}-{}-{}-{}", prefix, place_of(types(), instance_type), instances, hours,
                       to_unix_millis(start) / 1000, bits);
}

std::optional<plan_offering> plan_offering::of_id(std::string_view id) {
    if (!id.starts_with(prefix)) return std::nullopt;
    id.remove_prefix(prefix.size());
    std::array<std::int64_t, 5> n{};
    for (std::size_t i = 0; i < n.size(); ++i) {
        const auto dash = id.find('-');
        const std::string_view part = id.substr(0, dash);
        const auto [end, code] = std::from_chars(part.data(), part.data() + part.size(), n[i]);
        const bool last = i + 1 == n.size();
        if (code != std::errc{} || end != part.data() + part.size() ||
            (dash == std::string_view::npos) != last)
            return std::nullopt;
        if (!last) id.remove_prefix(dash + 1);
    }
    const auto [type, instances, hours, seconds, bits] = n;
    const auto all_targets = (std::int64_t{1} << target_names().size()) - 1;
    if (type >= std::ssize(types()) || instances < 1 || instances > instances_max || hours < 1 ||
        hours > hours_max || seconds > seconds_max || bits < 1 || bits > all_targets)
        return std::nullopt;
    plan_offering out{std::string{types()[static_cast<std::size_t>(type)]},
                      instances,
                      hours,
                      from_unix_millis(seconds * 1000),
                      {}};
    for (std::size_t i = 0; i < target_names().size(); ++i)
        if ((bits >> i & 1) != 0) out.targets.emplace_back(target_names()[i]);
    return out;
}

wall_time plan_offering::end(double time_scale) const {
    return start + scaled(std::chrono::hours{hours}, time_scale);
}

std::string plan_offering::fee() const {
    return fmt::format("{}.00", instances * hours * plan_fee);
}

bool plan_offering::is_for(std::string_view target) const {
    return std::find(targets.begin(), targets.end(), target) != targets.end();
}

std::vector<plan_offering> search_offerings(json::value input, double time_scale, wall_time now) {
    plan_offering one;
    one.instance_type = input.find("InstanceType").string().value_or(types().front());
    one.instances = std::max<std::int64_t>(1, input.find("InstanceCount").integer().value_or(1));
    one.hours = input.find("DurationHours").integer().value_or(24);
    for (const json::value t : input.find("TargetResources").elements()) {
        const std::string name{*t.string()};
        if (!one.is_for(name)) one.targets.push_back(name);
    }
    if (one.targets.empty()) one.targets.emplace_back("training-job");
    const auto after = read_time(input.find("StartTimeAfter"));
    const auto before = read_time(input.find("EndTimeBefore"));
    const wall_time first = next_half_hour(after ? std::max(*after, now) : now);
    std::vector<plan_offering> out;
    for (const std::chrono::hours later :
         {std::chrono::hours{0}, std::chrono::hours{24}, std::chrono::hours{168}}) {
        one.start = first + later;
        if (!before || one.end(time_scale) <= *before) out.push_back(one);
    }
    return out;
}

void write_offering(json::writer& out, const plan_offering& o, json::value input, double time_scale,
                    std::string_view zone) {
    out.begin_object().member("TrainingPlanOfferingId", o.id()).key("TargetResources").begin_array();
    for (const std::string& t : o.targets) out.string(t);
    out.end_array();
    if (const auto t = read_time(input.find("StartTimeAfter")))
        out.member("RequestedStartTimeAfter", to_unix_seconds(*t));
    if (const auto t = read_time(input.find("EndTimeBefore")))
        out.member("RequestedEndTimeBefore", to_unix_seconds(*t));
    out.member("DurationHours", o.hours).member("DurationMinutes", 0);
    out.member("UpfrontFee", o.fee()).member("CurrencyCode", "USD").key("ReservedCapacityOfferings");
    out.begin_array().begin_object().member("ReservedCapacityType", "Instance");
    out.member("InstanceType", o.instance_type).member("InstanceCount", o.instances);
    out.member("AvailabilityZone", zone).member("DurationHours", o.hours).member("DurationMinutes", 0);
    out.member("StartTime", to_unix_seconds(o.start)).member("EndTime", to_unix_seconds(o.end(time_scale)));
    out.end_object().end_array().end_object();
}

}  // namespace trainyard::aws::local::sagemaker

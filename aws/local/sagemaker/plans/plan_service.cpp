#include "aws/local/sagemaker/plans/plan_service.hpp"

#include <fmt/format.h>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view kept_plan = "plan";

constexpr std::string_view training_target = "training-job";

std::string arn_of(const account_id& account, const region_name& region, std::string_view name) {
    return fmt::format("arn:aws:sagemaker:{}:{}:training-plan/{}", region.str(), account.str(), name);
}

service_error not_found(const std::string& arn) {
    return of_type("ResourceNotFound", fmt::format("Training plan {} does not exist.", arn));
}

enum class plan_sort : unsigned char { start, name, status };

plan_sort read_sort(json::value by) {
    const auto text = by.string().value_or("TrainingPlanName");
    return text == "StartTime" ? plan_sort::start : text == "Status" ? plan_sort::status : plan_sort::name;
}

std::string sort_key(const training_plan& p, plan_sort by, wall_time now) {
    switch (by) {
        case plan_sort::start: return write_place({p.bought.start, 0}) + p.name;
        case plan_sort::status: return fmt::format("{}/{}", p.status(now), p.name);
        case plan_sort::name: break;
    }
    return p.name;
}

}  // namespace

void plan_service::add_operations(operation_table& table) {
    table.add({"SearchTrainingPlanOfferings", [this](const auto& c) { return search(c); }, "",
               "UltraServerType UltraServerCount TrainingPlanArn"});
    table.add({"CreateTrainingPlan", [this](const auto& c) { return create(c); }, "",
               "SpareInstanceCountPerUltraServer"});
    table.add({"DescribeTrainingPlan", [this](const auto& c) { return describe(c); }});
    table.add({"ListTrainingPlans", [this](const auto& c) { return list(c); }});
}

service_reply plan_service::search(const operation_call& call) const {
    json::writer out;
    out.begin_object().key("TrainingPlanOfferings").begin_array();
    for (const plan_offering& o : search_offerings(call.input, time_scale_, call.now))
        write_offering(out, o, call.input, time_scale_, call.region.str() + "a");
    out.end_array().end_object();
    return out.take();
}

service_reply plan_service::create(const operation_call& call) {
    const std::string id{*call.input.find("TrainingPlanOfferingId").string()};
    training_plan p;
    p.name = *call.input.find("TrainingPlanName").string();
    p.arn = arn_of(call.who.account, call.region, p.name);
    p.time_scale = time_scale_;
    for (const json::value tag : call.input.find("Tags").elements())
        p.tags.insert_or_assign(std::string{*tag.find("Key").string()},
                                std::string{*tag.find("Value").string()});
    index& all = plans(call);
    if (all.contains(p.name))
        return of_type("ResourceInUse", fmt::format("Training plan {} already exists.", p.arn));
    if (all.size() >= plans_max)
        return of_type("ResourceLimitExceeded",
                       fmt::format("There may be at most {} training plans.", plans_max));
    auto offering = plan_offering::of_id(id);
    // One whose time is over can no longer be bought.
    if (!offering || offering->end(time_scale_) <= call.now)
        return of_type("ResourceNotFound", fmt::format("Training plan offering {} does not exist.", id));
    p.bought = *std::move(offering);
    json::writer out;
    out.begin_object().member("TrainingPlanArn", p.arn).end_object();
    touch(kept_plan, call.who.account, call.region, p.name);
    all.add(std::move(p), call.now);
    return out.take();
}

void plan_service::write(json::writer& out, const operation_call& call, const training_plan& p,
                         bool whole) const {
    const bool active = p.status(call.now) == "Active";
    const std::int64_t used = active ? in_use_(call.who.account, call.region, p.arn, call.now) : 0;
    out.member("TrainingPlanArn", p.arn)
        .member("TrainingPlanName", p.name)
        .member("Status", p.status(call.now));
    out.member("DurationHours", p.bought.hours).member("DurationMinutes", 0);
    out.member("StartTime", to_unix_seconds(p.bought.start)).member("EndTime", to_unix_seconds(p.end()));
    out.member("UpfrontFee", p.bought.fee()).member("CurrencyCode", "USD");
    out.member("TotalInstanceCount", p.bought.instances).member("InUseInstanceCount", used);
    out.member("AvailableInstanceCount", active ? p.bought.instances - used : 0);
    if (whole) out.member("UnhealthyInstanceCount", 0);
    out.key("TargetResources").begin_array();
    for (const std::string& t : p.bought.targets) out.string(t);
    out.end_array().key("ReservedCapacitySummaries").begin_array().begin_object();
    out.member("ReservedCapacityArn", fmt::format("arn:aws:sagemaker:{}:{}:reserved-capacity/{}",
                                                  call.region.str(), call.who.account.str(), p.name));
    out.member("ReservedCapacityType", "Instance").member("InstanceType", p.bought.instance_type);
    out.member("TotalInstanceCount", p.bought.instances).member("Status", p.status(call.now));
    out.member("AvailabilityZone", call.region.str() + "a").member("DurationHours", p.bought.hours);
    out.member("DurationMinutes", 0).member("StartTime", to_unix_seconds(p.bought.start));
    out.member("EndTime", to_unix_seconds(p.end())).end_object().end_array();
}

service_reply plan_service::describe(const operation_call& call) {
    const std::string_view name = *call.input.find("TrainingPlanName").string();
    const training_plan* const p = plans(call).find(name);
    if (!p) return not_found(arn_of(call.who.account, call.region, name));
    json::writer out;
    out.begin_object();
    write(out, call, *p, true);
    out.end_object();
    return out.take();
}

service_reply plan_service::list(const operation_call& call) {
    const json::value in = call.input;
    const plan_sort by = read_sort(in.find("SortBy"));
    const bool ascending = in.find("SortOrder").string().value_or("Ascending") == "Ascending";
    const auto most = static_cast<std::size_t>(
        in.find("MaxResults").integer().value_or(static_cast<std::int64_t>(default_page)));
    const auto after = read_time(in.find("StartTimeAfter")), before = read_time(in.find("StartTimeBefore"));
    const std::string prefix = fmt::format("p{}{}", static_cast<int>(by), ascending ? '+' : '-');
    std::optional<std::string> from;
    if (const auto token = in.find("NextToken").string(); token && !token->empty()) {
        const auto text = from_base64(*token);
        if (!text || !text->starts_with(prefix)) return wrong_list_token();
        from = text->substr(prefix.size());
    }
    std::map<std::string, const training_plan*> sorted;
    plans(call).for_each([&](const training_plan& p) {
        if ((after && p.bought.start <= *after) || (before && p.bought.start >= *before)) return;
        for (const json::value f : in.find("Filters").elements())
            if (f.find("Value").string() != p.status(call.now)) return;
        std::string key = sort_key(p, by, call.now);
        if (!from || (ascending ? key > *from : key < *from)) sorted.emplace(std::move(key), &p);
    });
    json::writer out;
    out.begin_object().key("TrainingPlanSummaries").begin_array();
    std::size_t told = 0;
    std::string last;
    const auto tell = [&](const auto& entry) {
        if (told++ == most) return false;
        out.begin_object();
        write(out, call, *entry.second, false);
        out.end_object();
        last = entry.first;
        return true;
    };
    if (ascending)
        for (auto at = sorted.begin(); at != sorted.end() && tell(*at);) ++at;
    else
        for (auto at = sorted.rbegin(); at != sorted.rend() && tell(*at);) ++at;
    out.end_array();
    if (told > most) out.member("NextToken", to_base64(prefix + last));
    out.end_object();
    return out.take();
}

std::optional<training_plan_window> plan_service::find_plan(const account_id& account,
                                                            const region_name& region,
                                                            std::string_view arn) const {
    const auto found = plans_.find({account, region});
    const std::string prefix = arn_of(account, region, "");
    if (found == plans_.end() || !arn.starts_with(prefix)) return std::nullopt;
    const training_plan* const p = found->second.find(arn.substr(prefix.size()));
    if (!p || !p->bought.is_for(training_target)) return std::nullopt;
    return training_plan_window{p->bought.start, p->end(), p->bought.instances};
}

std::map<std::string, std::string>* plan_service::tags(const account_id& account, const region_name& region,
                                                       std::string_view arn) {
    const auto found = plans_.find({account, region});
    const std::string prefix = arn_of(account, region, "");
    if (found == plans_.end() || !arn.starts_with(prefix)) return nullptr;
    training_plan* const p = found->second.find(arn.substr(prefix.size()));
    if (!p) return nullptr;
    touch(kept_plan, account, region, p->name);  // they may be about to change
    return &p->tags;
}

template <class Fields>
void fields(Fields& f, plan_offering& o) {
    f("instance_type", o.instance_type), f("instances", o.instances), f("hours", o.hours);
    f("start", o.start), f("targets", o.targets);
}

template <class Fields>
void fields(Fields& f, training_plan& p) {
    f("name", p.name), f("arn", p.arn), f("bought", p.bought), f("time_scale", p.time_scale);
    f("tags", p.tags), f("created", p.created);
}

std::optional<std::string> plan_service::document(std::string_view key) {
    kept_key_reader parts{key};
    parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const auto in = plans_.find({account, region});
    const training_plan* const p = in == plans_.end() ? nullptr : in->second.find(parts.rest());
    if (!p) return std::nullopt;
    return kept::text_of(std::pair{in->second.number_of(p->name), *p});
}

bool plan_service::take_back(std::string_view key, json::value v) {
    kept_key_reader parts{key};
    std::pair<std::uint64_t, training_plan> read;
    if (parts.next() != kept_plan || !kept::read(v, read)) return false;
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    return read.second.name == parts.rest() &&
           plans_[{account, region}].restore(std::move(read.second), read.first) != nullptr;
}

}  // namespace trainyard::aws::local::sagemaker

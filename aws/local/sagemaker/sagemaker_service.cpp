#include "aws/local/sagemaker/sagemaker_service.hpp"

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::size_t tags_per_resource_max = 50;

service_error not_found() {
    return validation_exception("Requested resource not found.");
}

void write_tags(json::writer& out, const std::map<std::string, std::string>& tags) {
    out.begin_object().key("Tags").begin_array();
    for (const auto& [key, value] : tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array().end_object();
}

}  // namespace

sagemaker_service::sagemaker_service(const sagemaker_options& options, job_journal& journal)
    : journal_(journal),
      quotas_(options.instance_limit, options.instance_limits),
      rules_(options.seed),
      training_(quotas_, rules_, *this, options.training) {
    training_.add_operations(table_);
    table_.add({"AddTags", [this](const auto& c) { return add_tags(c); }});
    table_.add({"ListTags", [this](const auto& c) { return list_tags(c); }});
}

result<void> sagemaker_service::created(const account_id& account, const region_name& region,
                                        const sagemaker::training_job& job) {
    creates_.push_back({account, region, job.name, job.created, job.request.tags});
    return journal_.create(account, region, job.name, job.created, job.request.tags);
}

result<void> sagemaker_service::stopped(const account_id& account, const region_name& region,
                                        std::string_view name, wall_time when) {
    return journal_.stop(account, region, name, when);
}

service_reply sagemaker_service::add_tags(const operation_call& call) {
    auto* const tags =
        training_.tags(call.who.account, call.region, *call.input.find("ResourceArn").string());
    if (!tags) return not_found();
    std::map<std::string, std::string> added, all = *tags;
    for (const json::value tag : call.input.find("Tags").elements())
        added.insert_or_assign(std::string{*tag.find("Key").string()},
                               std::string{*tag.find("Value").string()});
    for (const auto& [key, value] : added) all.insert_or_assign(key, value);
    if (all.size() > tags_per_resource_max)
        return sagemaker::of_type(
            "ResourceLimitExceeded",
            "A resource can have at most " + std::to_string(tags_per_resource_max) + " tags.");
    *tags = std::move(all);
    json::writer out;
    write_tags(out, added);
    return out.take();
}

service_reply sagemaker_service::list_tags(const operation_call& call) {
    // No resource has more tags than the smallest page, so there is never another one.
    if (const auto token = call.input.find("NextToken").string(); token && !token->empty())
        return sagemaker::wrong_list_token();
    const auto* const tags =
        training_.tags(call.who.account, call.region, *call.input.find("ResourceArn").string());
    if (!tags) return not_found();
    json::writer out;
    write_tags(out, *tags);
    return out.take();
}

}  // namespace trainyard::aws::local

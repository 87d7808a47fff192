#include "aws/local/sagemaker/resources/resource_store.hpp"

#include <algorithm>
#include <utility>

#include "aws/local/base/kept_value.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

std::string lower(std::string_view name) {
    std::string out{name};
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

tag_map* tags_in(resource_store::table& in, std::string_view arn) {
    stored* const found = in.find(arn.substr(arn.rfind('/') + 1));
    return found == nullptr || found->arn != arn ? nullptr : &found->tags;
}

}  // namespace

tag_map read_tags(json::value input) {
    tag_map out;
    for (const json::value tag : input.find("Tags").elements())
        out.insert_or_assign(std::string{tag.find("Key").string().value_or("")},
                             std::string{tag.find("Value").string().value_or("")});
    return out;
}

void write_tags(const tag_map& tags, json::writer& out) {
    out.begin_array();
    for (const auto& [key, value] : tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array();
}

resource_store::resource_store(account_id account, region_name region, store_settings s, resource_host h)
    : models(s.hidden_for),
      configs(s.hidden_for),
      settings(s),
      host(std::move(h)),
      account_(std::move(account)),
      region_(std::move(region)) {}

std::string resource_store::arn_of(std::string_view kind, std::string_view name) const {
    return "arn:aws:sagemaker:" + region_.str() + ":" + account_.str() + ":" + std::string{kind} +
           std::string{name};
}

live_endpoint* resource_store::find_endpoint(std::string_view name) {
    const auto found = endpoints.find(lower(name));
    return found == endpoints.end() || found->second.run.name() != name ? nullptr : &found->second;
}

bool resource_store::has_endpoint(std::string_view name) const {
    return endpoints.contains(lower(name));
}

live_endpoint& resource_store::add_endpoint(endpoint e, tag_map tags) {
    const std::string key = lower(e.name());
    live_endpoint& made = endpoints.emplace(key, live_endpoint{std::move(e), std::move(tags)}).first->second;
    note(made);
    touched(made.run.arn());
    tell(made, made.run.created(), endpoint_status::creating);
    return made;
}

std::optional<wall_time> resource_store::next() const {
    return due_.first();
}

void resource_store::advance(wall_time now) {
    for (auto t = next(); t && *t <= now; t = next())
        for (live_endpoint* e : due_.due(*t)) {
            change(*e, [&](const auto& sink) { e->run.advance(*t, sink); });
            if (e->run.status() == endpoint_status::gone) endpoints.erase(lower(std::string{e->run.name()}));
        }
}

void resource_store::change(live_endpoint& e, const std::function<void(const endpoint::change_sink&)>& act) {
    instance_counts less = e.run.instances();
    act([&](wall_time when, endpoint_status, endpoint_status to) { tell(e, when, to); });
    for (const auto& [type, count] : e.run.instances()) less[type] -= count;
    std::erase_if(less, [](const auto& entry) { return entry.second <= 0; });
    if (!less.empty() && host.give_back) host.give_back(less);
    note(e);
    touched(e.run.arn());
}

void resource_store::tell(const live_endpoint& e, wall_time when, endpoint_status to) const {
    if (host.tell)
        host.tell({when, "SageMaker Endpoint State Change", e.run.arn(), endpoint_event_detail(e, to)});
}

tag_map* resource_store::tags_of(std::string_view arn) {
    tag_map* found = tags_in(models, arn);
    if (!found) found = tags_in(configs, arn);
    live_endpoint* const e = find_endpoint(arn.substr(arn.rfind('/') + 1));
    if (e && e->run.arn() == arn) found = &e->tags;
    if (found) touched(std::string{arn});  // they may be about to change
    return found;
}

resource_store::table* resource_store::table_of(std::string_view arn) {
    if (arn.starts_with(arn_of("model/", ""))) return &models;
    return arn.starts_with(arn_of("endpoint-config/", "")) ? &configs : nullptr;
}

std::optional<std::string> resource_store::document(std::string_view arn) const {
    const std::string_view name = arn.substr(arn.rfind('/') + 1);
    for (const table* in : {&models, &configs})
        if (const stored* found = in->find(name); found && found->arn == arn)
            return kept::text_of(std::pair{in->number_of(name), *found});
    const auto e = endpoints.find(lower(name));
    if (e == endpoints.end() || e->second.run.arn() != arn) return std::nullopt;
    return kept::text_of(e->second);
}

bool resource_store::take_back(std::string_view arn, json::value v) {
    if (table* const in = table_of(arn)) {
        std::pair<std::uint64_t, stored> read;
        return kept::read(v, read) && read.second.arn == arn &&
               in->restore(std::move(read.second), read.first) != nullptr;
    }
    live_endpoint read;
    if (!kept::read(v, read) || read.run.arn() != arn) return false;
    // Whoever asks an endpoint for its configuration finds one.
    if (!read.run.current() && !read.run.pending()) return false;
    const std::string key = lower(read.run.name());
    const auto [made, is_new] = endpoints.emplace(key, std::move(read));
    if (is_new) note(made->second);
    return is_new;
}

std::string endpoint_event_detail(const live_endpoint& e, endpoint_status to) {
    json::writer out;
    out.begin_object().member("EndpointName", e.run.name()).member("EndpointArn", e.run.arn());
    out.member("EndpointConfigName", e.run.config_name()).key("ProductionVariants").begin_array();
    if (e.run.current())
        for (const variant& v : e.run.current()->variants) {
            out.begin_object().member("VariantName", v.name).member("CurrentWeight", v.weight);
            out.member("DesiredWeight", v.weight_wanted);
            if (!v.instance_type.empty())
                out.member("CurrentInstanceCount", v.instances)
                    .member("DesiredInstanceCount", v.instances_wanted);
            out.end_object();
        }
    out.end_array().member("EndpointStatus", event_name(to));
    if (!e.run.failure_reason().empty()) out.member("FailureReason", e.run.failure_reason());
    out.member("CreationTime", static_cast<double>(to_unix_millis(e.run.created())));
    out.member("LastModifiedTime", static_cast<double>(to_unix_millis(e.run.modified())));
    out.key("Tags").begin_object();
    for (const auto& [key, value] : e.tags) out.member(key, value);
    out.end_object().end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker::resources

// The models, endpoint configurations and endpoints of one account and region as a value: the time comes with
// each call, and advance() brings every endpoint up to it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/common/due_index.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"
#include "aws/local/sagemaker/resources/endpoint.hpp"
#include "aws/local/sagemaker/resources/resource_host.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local::sagemaker::resources {

inline constexpr std::size_t resources_of_a_kind_max =
    10'000;                                  // our own bound; AWS publishes none for models
inline constexpr std::size_t tags_max = 50;  // TagList

using tag_map = std::map<std::string, std::string>;
tag_map read_tags(json::value input);                     // the member Tags
void write_tags(const tag_map& tags, json::writer& out);  // the list [{Key, Value}]

// A model or an endpoint configuration: what was asked for, and when.
struct stored {
    std::string name, arn;
    std::string body;  // the request as JSON
    wall_time created{};
    tag_map tags;

    wall_time last_modified(wall_time) const { return created; }
    std::string_view status(wall_time) const { return {}; }
};

struct live_endpoint {
    endpoint run;
    tag_map tags;
};

template <class Fields>
void fields(Fields& f, stored& s) {
    f("name", s.name), f("arn", s.arn), f("body", s.body), f("created", s.created), f("tags", s.tags);
}

template <class Fields>
void fields(Fields& f, live_endpoint& e) {
    f("run", e.run), f("tags", e.tags);
}

struct store_settings {
    double time_scale = 1;
    // For so long a new model, configuration or endpoint is unknown to other operations and missing from
    // listings, as happens in AWS for a few seconds.
    duration hidden_for{};
};

class resource_store {
public:
    resource_store(account_id account, region_name region, store_settings settings, resource_host host);

    // "model/", "endpoint-config/" or "endpoint/" and the name.
    std::string arn_of(std::string_view kind, std::string_view name) const;

    using table = resource_index<stored>;
    table models, configs;
    // By name in lower case: two that differ in case alone cannot both be there.
    std::map<std::string, live_endpoint, std::less<>> endpoints;

    live_endpoint* find_endpoint(std::string_view name);
    bool has_endpoint(std::string_view name) const;  // in any case of letters
    live_endpoint& add_endpoint(endpoint e, tag_map tags);

    // Everything that became due until `now`, in order of time.
    void advance(wall_time now);
    std::optional<wall_time> next() const;

    // Runs `act` on the endpoint: what it occupies less afterwards goes back to the quota.
    void change(live_endpoint& e, const std::function<void(const endpoint::change_sink&)>& act);

    // What of this is kept of the resource with that ARN; nothing: there is none.
    std::optional<std::string> document(std::string_view arn) const;
    // False for what does not fit what is there. What an endpoint occupies is the caller's to hold.
    bool take_back(std::string_view arn, json::value v);
    void touched(const std::string& arn) const {
        if (host.touched) host.touched(arn);
    }

    // The tags of the resource with that ARN; null: it is none of these.
    tag_map* tags_of(std::string_view arn);

    const store_settings settings;
    const resource_host host;

private:
    table* table_of(std::string_view arn);
    void note(live_endpoint& e) { due_.set(e, e.run.next()); }
    void tell(const live_endpoint& e, wall_time when, endpoint_status to) const;

    account_id account_;
    region_name region_;
    due_index<live_endpoint> due_;
};

// JSON of an endpoint's state for events.
std::string endpoint_event_detail(const live_endpoint& e, endpoint_status to);

}  // namespace trainyard::aws::local::sagemaker::resources

#include "aws/local/sagemaker/resources/endpoint.hpp"

#include <algorithm>
#include <utility>

#include "aws/local/sagemaker/common/time_scale.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

wall_time whole_millis(wall_time t) {
    return wall_time{std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch())};
}

}  // namespace

std::string_view to_string(endpoint_status s) {
    switch (s) {
        case endpoint_status::creating: return "Creating";
        case endpoint_status::in_service: return "InService";
        case endpoint_status::updating: return "Updating";
        case endpoint_status::rolling_back: return "RollingBack";
        case endpoint_status::failed: return "Failed";
        case endpoint_status::deleting:
        case endpoint_status::gone: return "Deleting";
    }
    return {};
}

std::string_view event_name(endpoint_status s) {
    switch (s) {
        case endpoint_status::creating: return "CREATING";
        case endpoint_status::in_service: return "IN_SERVICE";
        case endpoint_status::updating: return "UPDATING";
        case endpoint_status::rolling_back: return "ROLLING_BACK";
        case endpoint_status::failed: return "FAILED";
        case endpoint_status::deleting: return "DELETING";
        case endpoint_status::gone: return "DELETED";
    }
    return {};
}

instance_counts deployment::instances() const {
    instance_counts out;
    for (const auto* list : {&variants, &shadows})
        for (const variant& v : *list)
            if (!v.instance_type.empty()) out[v.instance_type] += v.instances_wanted;
    return out;
}

endpoint::endpoint(std::string name, std::string arn, deployment first, endpoint_fate fate, double time_scale,
                   wall_time now)
    : name_(std::move(name)),
      arn_(std::move(arn)),
      pending_(std::move(first)),
      failure_(std::move(fate.failure)),
      time_scale_(time_scale) {
    TY_CHECK(time_scale > 0, "time passes");
    created_ = modified_ = whole_millis(now);
    due_ = created_ + scaled(endpoint_creating_time + fate.slower_by, time_scale_);
}

void endpoint::change(endpoint_status to, std::optional<duration> lasts, wall_time t,
                      const change_sink& sink) {
    const endpoint_status from = std::exchange(status_, to);
    modified_ = std::max(modified_, t);
    due_.reset();
    if (lasts) due_ = modified_ + scaled(*lasts, time_scale_);
    sink(modified_, from, to);
}

void endpoint::finish_scaling() {
    for (auto* list : {&current_->variants, &current_->shadows})
        for (variant& v : *list) {
            v.instances = v.instances_wanted;
            v.weight = v.weight_wanted;
        }
}

void endpoint::advance(wall_time now, const change_sink& sink) {
    while (due_ && *due_ <= now) {
        const wall_time t = *due_;
        switch (status_) {
            case endpoint_status::creating:
            case endpoint_status::updating:
                failure_reason_ = failure_;
                if (failure_.empty()) {
                    if (pending_) current_ = std::exchange(pending_, std::nullopt);
                    finish_scaling();
                    change(endpoint_status::in_service, std::nullopt, t, sink);
                } else if (status_ == endpoint_status::creating) {
                    change(endpoint_status::failed, std::nullopt, t, sink);
                } else {
                    pending_.reset();
                    change(endpoint_status::rolling_back, endpoint_rolling_back_time, t, sink);
                }
                break;
            case endpoint_status::rolling_back:
                change(endpoint_status::in_service, std::nullopt, t, sink);
                break;
            case endpoint_status::deleting: change(endpoint_status::gone, std::nullopt, t, sink); break;
            case endpoint_status::in_service:
            case endpoint_status::failed:
            case endpoint_status::gone: due_.reset(); break;
        }
    }
}

bool endpoint::update(deployment to, endpoint_fate fate, std::string deployment_config, wall_time now,
                      const change_sink& sink) {
    if (status_ != endpoint_status::in_service) return false;
    pending_ = std::move(to);
    failure_ = std::move(fate.failure);
    deployment_config_ = std::move(deployment_config);
    change(endpoint_status::updating, endpoint_updating_time + fate.slower_by, whole_millis(now), sink);
    return true;
}

bool endpoint::scale(const std::vector<scaling>& changes, wall_time now, const change_sink& sink) {
    if (status_ != endpoint_status::in_service) return false;
    for (const scaling& c : changes) {
        const auto found = std::find_if(current_->variants.begin(), current_->variants.end(),
                                        [&](const variant& v) { return v.name == c.variant; });
        TY_CHECK(found != current_->variants.end(), "the caller names variants that are there");
        if (c.instances) found->instances_wanted = *c.instances;
        if (c.weight) found->weight_wanted = *c.weight;
    }
    failure_.clear();
    change(endpoint_status::updating, endpoint_scaling_time, whole_millis(now), sink);
    return true;
}

bool endpoint::remove(wall_time now, const change_sink& sink) {
    if (status_ != endpoint_status::in_service && status_ != endpoint_status::failed) return false;
    change(endpoint_status::deleting, endpoint_deleting_time, whole_millis(now), sink);
    return true;
}

instance_counts endpoint::instances() const {
    instance_counts out;
    if (status_ == endpoint_status::failed || status_ == endpoint_status::gone) return out;
    // A deleted one that never came into service has given back already what it had.
    const auto* coming = status_ == endpoint_status::deleting ? &current_ : &pending_;
    for (const auto* d : coming == &current_ ? std::vector{&current_} : std::vector{&current_, coming})
        if (*d)
            for (const auto& [type, count] : (*d)->instances()) out[type] += count;
    return out;
}

const std::string& endpoint::config_name() const {
    return current_ ? current_->config_name : pending_->config_name;
}

}  // namespace trainyard::aws::local::sagemaker::resources

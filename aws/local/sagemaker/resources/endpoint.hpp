// One endpoint over time, as a value: it is made, updated to another configuration or rolled back, scaled,
// and deleted. Nothing runs in the background: advance() does what became due.
// Source: SageMaker API reference, "EndpointStatus" of DescribeEndpoint.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/common/quota_book.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker::resources {

// In SageMaker's own seconds; divided by the time scale.
inline constexpr std::chrono::seconds endpoint_creating_time{5};
inline constexpr std::chrono::seconds endpoint_updating_time{5};
inline constexpr std::chrono::seconds endpoint_scaling_time{2};
inline constexpr std::chrono::seconds endpoint_rolling_back_time{2};
inline constexpr std::chrono::seconds endpoint_deleting_time{2};

enum class endpoint_status : unsigned char {
    creating,
    in_service,
    updating,
    rolling_back,
    failed,
    deleting,
    gone
};
std::string_view to_string(endpoint_status s);   // InService
std::string_view event_name(endpoint_status s);  // IN_SERVICE, as events tell it

struct variant {
    std::string name;
    std::vector<std::string> images;
    std::string instance_type;  // empty: serverless
    std::int64_t instances = 0, instances_wanted = 0;
    double weight = 1, weight_wanted = 1;
    // Members of the configuration's variant that a summary repeats, as JSON; empty: absent.
    std::string serverless, managed_scaling, routing;
};

// A configuration as it was when the endpoint took it over; it may be deleted afterwards.
struct deployment {
    std::string config_name;
    std::vector<variant> variants, shadows;
    std::string data_capture, async_inference, explainer, metrics;  // members of the configuration as JSON
    instance_counts instances() const;                              // as wanted
};

template <class Fields>
void fields(Fields& f, variant& v) {
    f("name", v.name), f("images", v.images), f("instance_type", v.instance_type);
    f("instances", v.instances), f("instances_wanted", v.instances_wanted), f("weight", v.weight);
    f("weight_wanted", v.weight_wanted), f("serverless", v.serverless);
    f("managed_scaling", v.managed_scaling), f("routing", v.routing);
}

template <class Fields>
void fields(Fields& f, deployment& d) {
    f("config_name", d.config_name), f("variants", d.variants), f("shadows", d.shadows);
    f("data_capture", d.data_capture), f("async_inference", d.async_inference);
    f("explainer", d.explainer), f("metrics", d.metrics);
}

struct scaling {
    std::string variant;
    std::optional<std::int64_t> instances;
    std::optional<double> weight;
};

// What befalls a deployment, in SageMaker's own time.
struct endpoint_fate {
    std::string failure;   // why it will not come into service; empty: it will
    duration slower_by{};  // than usual
};

class endpoint {
public:
    // `time_scale` above 0.
    endpoint(std::string name, std::string arn, deployment first, endpoint_fate fate, double time_scale,
             wall_time now);

    using change_sink = std::function<void(wall_time when, endpoint_status from, endpoint_status to)>;
    // Times must not decrease from call to call.
    void advance(wall_time now, const change_sink& sink);
    std::optional<wall_time> next() const { return due_; }

    // All three: false, and nothing changes, in a status that does not allow it.
    bool update(deployment to, endpoint_fate fate, std::string deployment_config, wall_time now,
                const change_sink& sink);
    // `changes` name variants that are there.
    bool scale(const std::vector<scaling>& changes, wall_time now, const change_sink& sink);
    bool remove(wall_time now, const change_sink& sink);

    // What it occupies now: an update holds both fleets until it is over.
    instance_counts instances() const;

    const std::string& name() const { return name_; }
    const std::string& arn() const { return arn_; }
    endpoint_status status() const { return status_; }
    const std::string& failure_reason() const { return failure_reason_; }
    const std::optional<deployment>& current() const {
        return current_;
    }  // nothing before the first InService
    const std::optional<deployment>& pending() const { return pending_; }
    const std::string& deployment_config() const { return deployment_config_; }  // JSON of the last update
    const std::string& config_name() const;  // of the current deployment, else of the pending one
    wall_time created() const { return created_; }
    wall_time modified() const { return modified_; }

    endpoint() = default;  // to be filled by fields()
    template <class Fields>
    friend void fields(Fields& f, endpoint& e) {
        f("name", e.name_), f("arn", e.arn_), f("current", e.current_), f("pending", e.pending_);
        f("failure", e.failure_), f("failure_reason", e.failure_reason_);
        f("deployment_config", e.deployment_config_), f("time_scale", e.time_scale_);
        f("status", e.status_), f("created", e.created_), f("modified", e.modified_), f("due", e.due_);
    }

private:
    void change(endpoint_status to, std::optional<duration> lasts, wall_time t, const change_sink& sink);
    void finish_scaling();

    std::string name_, arn_;
    std::optional<deployment> current_, pending_;
    std::string failure_;  // how what is under way will end
    std::string failure_reason_, deployment_config_;
    double time_scale_ = 1;
    endpoint_status status_ = endpoint_status::creating;
    wall_time created_{}, modified_{};
    std::optional<wall_time> due_;
};

}  // namespace trainyard::aws::local::sagemaker::resources

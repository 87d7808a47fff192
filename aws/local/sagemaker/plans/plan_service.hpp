// The training plans of every account and region, and their operations. A plan is Scheduled until its time
// begins, then Active, then Expired. Pure: the time comes with each call.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"
#include "aws/local/sagemaker/plans/plan_offering.hpp"
#include "aws/local/sagemaker/training/training_plan_source.hpp"

namespace trainyard::aws::local::sagemaker {

inline constexpr std::size_t plans_max = 1'000;  // our own bound, of an account in a region

struct training_plan {
    std::string name;
    std::string arn;
    plan_offering bought;
    double time_scale = 1;
    std::map<std::string, std::string> tags;
    wall_time created{};

    wall_time end() const { return bought.end(time_scale); }
    // What resource_index asks for.
    std::string_view status(wall_time now) const {
        return now < bought.start ? "Scheduled" : now < end() ? "Active" : "Expired";
    }
    wall_time last_modified(wall_time now) const {
        return now < bought.start ? created : now < end() ? bought.start : end();
    }
};

class plan_service final : public training_plan_source, public kept_part {
public:
    // Instances that training jobs use of a plan.
    using usage_function = std::function<std::int64_t(const account_id&, const region_name&,
                                                      std::string_view arn, wall_time now)>;

    plan_service(double time_scale, usage_function in_use)

        : kept_part("sagemaker.plans"), time_scale_(time_scale), in_use_(std::move(in_use)) {}

    // The rows refer to this service.
    void add_operations(operation_table& table);

    std::optional<training_plan_window> find_plan(const account_id& account, const region_name& region,
                                                  std::string_view arn) const override;
    // Nothing: no such plan of that account and region. `arn`: any text.
    std::map<std::string, std::string>* tags(const account_id& account, const region_name& region,
                                             std::string_view arn);

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    using index = resource_index<training_plan>;
    service_reply search(const operation_call& call) const;
    service_reply create(const operation_call& call);
    service_reply describe(const operation_call& call);
    service_reply list(const operation_call& call);
    void write(json::writer& out, const operation_call& call, const training_plan& p, bool whole) const;
    index& plans(const operation_call& call) { return plans_[{call.who.account, call.region}]; }

    double time_scale_;
    usage_function in_use_;
    std::map<std::pair<account_id, region_name>, index> plans_;
};

}  // namespace trainyard::aws::local::sagemaker

// Training jobs that take as long and end as a test says: what a tuning job starts.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/training/training_starter.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

class scripted_training final : public training_starter {
public:
    struct job {
        std::string request, tuning_job_arn;
        std::vector<final_metric> metrics;
        wall_time created{}, end{};
        std::string failure_reason;
        bool stopped = false;
    };
    std::map<std::string, job> jobs;
    std::vector<std::string> order;  // names, in order of start
    std::function<duration(std::size_t)> takes = [](std::size_t) {
        return duration{std::chrono::seconds{10}};
    };
    std::function<std::string(std::size_t)> fails = [](std::size_t) { return std::string{}; };
    std::function<std::optional<service_error>(std::size_t)> refuses = [](std::size_t) {
        return std::optional<service_error>{};
    };

    service_reply start(const training_start& what) override {
        if (auto e = refuses(order.size())) return *std::move(e);
        const auto input = json::document::parse(what.request);
        const std::string name{*input->root().find("TrainingJobName").string()};
        if (jobs.contains(name)) return of_type("ResourceInUse", name);
        const std::size_t n = order.size();
        jobs[name] = {std::string{what.request},
                      what.tuning_job_arn,
                      what.metrics,
                      what.now,
                      what.now + takes(n),
                      fails(n),
                      false};
        order.push_back(name);
        return std::string{"{}"};
    }
    std::optional<training_state> status(const account_id&, const region_name&, std::string_view name,
                                         wall_time now) const override {
        const auto at = jobs.find(std::string{name});
        if (at == jobs.end()) return std::nullopt;
        const job& j = at->second;
        training_state out{"InProgress", "Training", false, "", j.created, j.created, std::nullopt, j.end};
        if (now < j.end) return out;
        out.ended = true;
        out.status = j.stopped ? "Stopped" : j.failure_reason.empty() ? "Completed" : "Failed";
        out.secondary_status = out.status;
        out.failure_reason = j.failure_reason;
        out.training_end = j.end;
        out.next_change.reset();
        return out;
    }
    service_reply stop(const account_id&, const region_name&, std::string_view name, wall_time now) override {
        job& j = jobs.at(std::string{name});
        if (now >= j.end || j.stopped) return of_type("ValidationException", "ended");
        j.stopped = true;
        j.end = now + std::chrono::seconds{1};
        return std::string{};
    }
    std::size_t running(wall_time now) const {
        std::size_t out = 0;
        for (const auto& [name, j] : jobs) out += j.created <= now && now < j.end ? 1 : 0;
        return out;
    }
};

}  // namespace trainyard::aws::local::sagemaker

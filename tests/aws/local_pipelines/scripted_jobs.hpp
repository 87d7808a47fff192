// Jobs that last and end as a test says.
#pragma once

#include <cmath>
#include <deque>
#include <map>
#include <string>

#include "aws/local/sagemaker/pipelines/job_runner.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

inline const wall_time epoch = from_unix_millis(1'764'000'000'000);
inline wall_time at(double seconds) {
    return epoch + std::chrono::milliseconds{std::llround(seconds * 1000)};
}

struct scripted_jobs final : job_runner {
    double lasts = 1, stops_in = 0;
    // By the step that stands in the job's name: how its next tries end.
    std::map<std::string, std::deque<std::string>> fails;
    std::map<std::string, std::deque<service_error>> refuses;
    std::map<std::string, std::string> requests;  // by job

    struct job {
        wall_time started, ends;
        std::string failure;
        bool stopped = false;
    };
    std::map<std::string, job> made;
    std::size_t running_max = 0;

    static std::string step_of(const std::string& name) {
        const auto from = name.find('-', name.find('-') + 1) + 1;
        return name.substr(from, name.rfind('-') - from);
    }

    boost::system::result<std::string, service_error> start(step_type, const std::string& name,
                                                            const std::string& request, const std::string&,
                                                            wall_time now) override {
        const std::string step = step_of(name);
        if (auto& r = refuses[step]; !r.empty()) {
            const service_error e = r.front();
            r.pop_front();
            return e;
        }
        job j{now, now + std::chrono::milliseconds{std::llround(lasts * 1000)}, "", false};
        if (auto& f = fails[step]; !f.empty()) {
            j.failure = f.front();
            f.pop_front();
        }
        made[name] = j;
        requests[name] = request;
        std::size_t running = 0;
        for (const auto& [other, o] : made) running += o.ends > now;
        running_max = std::max(running_max, running);
        return "arn:aws:sagemaker:eu-west-1:111122223333:training-job/" + name;
    }
    job_view look(step_type, const std::string& name, wall_time now) override {
        const job& j = made.at(name);
        if (now < j.ends) return {job_view::state::running, "", j.ends};
        if (j.stopped) return {job_view::state::stopped, "", std::nullopt};
        if (!j.failure.empty()) return {job_view::state::failed, j.failure, std::nullopt};
        return {job_view::state::succeeded, "", std::nullopt};
    }
    void stop(step_type, const std::string& name, wall_time now) override {
        job& j = made.at(name);
        if (now >= j.ends) return;
        j.stopped = true;
        j.ends = now + std::chrono::milliseconds{std::llround(stops_in * 1000)};
    }
    service_reply describe(step_type, const std::string& name, wall_time) override {
        const auto request = json::document::parse(requests.at(name));
        json::writer out;
        out.begin_object().member("Output", "output of " + name);
        if (const json::value e = request->root().find("Environment"); e.exists())
            out.member("Environment", e);
        out.end_object();
        return out.take();
    }
};

}  // namespace trainyard::aws::local::sagemaker::pipelines

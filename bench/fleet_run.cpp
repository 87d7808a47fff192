#include "bench/fleet_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "bench/fleet_process.hpp"
#include "engine/base/check.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::bench {
namespace {

using lifecycle::kind;

constexpr std::array<const char*, 4> region_names{"us-east-1", "us-west-2", "eu-west-1", "eu-central-1"};
constexpr duration longest = std::chrono::hours{24};
constexpr duration intake_every = std::chrono::milliseconds{50};
// Of a hundred jobs.
constexpr std::array<int, lifecycle::kind_count> shares{50, 10, 15, 15, 5, 5};
constexpr int endpoint_lifetime_seconds = 1'800;

config::fleet make_config(const fleet_shape& s) {
    std::string yaml =
        fmt::format("installation: {}\nledger: none.db\nadmin: \"off\"\nreconcile_seconds: {}\naccounts:\n",
                    fleet_installation, s.reconcile_seconds);
    std::string regions;
    for (std::size_t r = 0; r < s.regions; ++r)
        regions += (r > 0 ? ", " : "") + std::string{region_names.at(r)};
    for (std::size_t a = 0; a < s.accounts; ++a)
        yaml += fmt::format(
            "  - {{id: \"{0:012}\", role: \"arn:aws:iam::{0:012}:role/spoke\", execution_role: "
            "\"arn:aws:iam::{0:012}:role/exec\", bucket: \"s3://b\", regions: [{1}], limits: {{ml.m5.xlarge: "
            "400, ml.g5.2xlarge: 200}}}}\n",
            100'000'000'000 + a, regions);
    yaml += "tenants:\n";
    for (std::size_t t = 0; t < s.tenants; ++t) yaml += fmt::format("  - {{name: team-{}}}\n", t);
    yaml += "queues:\n  - name: jobs\n    region: us-east-1\n    tenants: [";
    for (std::size_t t = 0; t < s.tenants; ++t) yaml += fmt::format("{}team-{}", t > 0 ? ", " : "", t);
    yaml += "]\n";
    auto parsed = config::parse_fleet(yaml, "fleet.yaml", "/", {});
    TY_CHECK(parsed.has_value(), "the fleet of the benchmark is right");
    return std::move(*parsed);
}

std::string make_message(const fleet_shape& s, kind k, rng& dice) {
    const char* const type = dice.chance(0.5) ? "ml.m5.xlarge" : "ml.g5.2xlarge";
    std::string more, request;
    const std::string cluster = fmt::format(R"({{"InstanceType":"{}","InstanceCount":1}})", type);
    switch (k) {
        case kind::training:
            request =
                R"("AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}","OutputDataConfig":{},"StoppingCondition":{},"ResourceConfig":)" +
                cluster;
            break;
        case kind::tuning:
            request =
                R"("HyperParameterTuningJobConfig":{"ResourceLimits":{"MaxParallelTrainingJobs":1,"MaxNumberOfTrainingJobs":1}},"TrainingJobDefinition":{"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}","OutputDataConfig":{},"StoppingCondition":{},"ResourceConfig":)" +
                cluster + "}";
            break;
        case kind::processing:
            request =
                R"("AppSpecification":{},"RoleArn":"${pool.execution_role}","ProcessingResources":{"ClusterConfig":)" +
                cluster + "}";
            break;
        case kind::transform:
            request =
                R"("ModelName":"m","TransformInput":{},"TransformOutput":{},"TransformResources":)" + cluster;
            break;
        case kind::pipeline:
            more = fmt::format(R"(,"resources":{{"{}":1}})", type);
            request = R"("PipelineName":"p")";
            break;
        case kind::endpoint:
            more = fmt::format(R"(,"resources":{{"{}":1}},"lifetime_seconds":{})", type,
                               endpoint_lifetime_seconds);
            request = R"("EndpointConfigName":"c")";
            break;
    }
    return fmt::format(R"({{"kind":"{}","name":"job","tenant":"team-{}"{},"request":{{{}}}}})",
                       lifecycle::to_string(k), dice.below(s.tenants), more, request);
}

struct kind_window {
    std::size_t wanted = 0, started = 0;
    std::vector<duration> starts;
};

class fleet_play {
public:
    explicit fleet_play(const fleet_shape& s)
        : shape_(s),
          fleet_(make_config(s)),
          dice_(rng{s.seed}.split("jobs")),
          process_(s, fleet_, time_, epoch_) {}

    fleet_outcome perform();

private:
    void intake();
    void watch_roles();
    void judge(fleet_outcome& o) const;

    fleet_shape shape_;
    config::fleet fleet_;
    sim::agenda time_;
    wall_time epoch_ = from_unix_seconds(1'767'225'600);
    rng dice_;
    fleet_process process_;
    std::size_t sent_ = 0;
    std::optional<duration> warm_;
    std::array<kind_window, lifecycle::kind_count> kinds_;
    std::vector<double> seen_;  // seconds
    std::vector<bool> seen_once_;
};

void fleet_play::intake() {
    const double due =
        std::chrono::duration<double>(time_.now() + intake_every).count() * shape_.messages_per_second;
    for (; sent_ < shape_.jobs && static_cast<double>(sent_) < due; ++sent_) {
        int draw = static_cast<int>(dice_.below(100));
        std::size_t k = 0;
        while (draw >= shares.at(k)) draw -= shares.at(k++);
        ++kinds_.at(k).wanted;
        process_.receive(std::to_string(sent_), make_message(shape_, static_cast<kind>(k), dice_));
    }
    if (sent_ < shape_.jobs) time_.after(intake_every, [this] { intake(); });
}

void fleet_play::watch_roles() {
    if (process_.roles().all_held()) {
        warm_ = time_.now();
        return;
    }
    time_.after(std::chrono::milliseconds{100}, [this] { watch_roles(); });
}

void fleet_play::judge(fleet_outcome& o) const {
    const auto seconds = [](duration d) { return std::chrono::duration<double>(d).count(); };
    const duration warm = warm_.value_or(time_.now());
    o.warm_seconds = seconds(warm);
    for (std::size_t k = 0; k < lifecycle::kind_count; ++k) {
        const kind_window& w = kinds_.at(k);
        if (w.starts.empty()) continue;
        const auto word = std::string{lifecycle::to_string(static_cast<kind>(k))};
        o.started_within[word] = seconds(w.starts.back() - w.starts.front());
        if (w.starts.back() <= warm) continue;
        o.starts +=
            static_cast<double>(std::ranges::count_if(w.starts, [&](duration at) { return at > warm; }));
        o.starts_allowed += seconds(w.starts.back() - warm) * static_cast<double>(fleet_.pools.size()) *
                            fleet_world{1}.rate(static_cast<kind>(k), fleet_call::create);
    }
    std::vector<double> seen = seen_;
    std::ranges::sort(seen);
    if (!seen.empty()) {
        o.seen_p50 = seen[seen.size() / 2];
        o.seen_p99 = seen[seen.size() * 99 / 100];
        o.seen_most = seen.back();
    }
}

fleet_outcome fleet_play::perform() {
    const std::clock_t began = std::clock();
    process_.on_started = [this](const fleet_world::job& j) {
        kinds_.at(static_cast<std::size_t>(j.kind)).starts.push_back(time_.now());
    };
    process_.on_seen = [this](const fleet_world::job& j) {
        const auto number = static_cast<std::size_t>(&j - process_.world().jobs().data());
        if (seen_once_.size() <= number) seen_once_.resize(number + 1);
        if (seen_once_[number]) return;
        seen_once_[number] = true;
        seen_.push_back(std::chrono::duration<double>(time_.now() - j.ends).count());
    };
    intake();
    watch_roles();
    const auto& machine = process_.core().machine();
    for (duration until{}; (sent_ < shape_.jobs || machine.live() > 0) && until < longest;) {
        until += std::chrono::seconds{1};
        while (time_.step(until)) {
        }
    }
    fleet_outcome o;
    judge(o);
    const auto roles = process_.roles().counted();
    o.assumed = roles.calls;
    o.assumed_most_per_second = roles.most_per_second;
    o.assumed_most_per_40_minutes = static_cast<double>(roles.most_per_40_minutes);
    const fleet_world& w = process_.world();
    o.creates = w.asked(fleet_call::create);
    o.describes = w.asked(fleet_call::describe);
    o.lists = w.asked(fleet_call::list);
    o.stops = w.asked(fleet_call::stop);
    for (const fleet_call c : {fleet_call::create, fleet_call::describe, fleet_call::list, fleet_call::stop})
        o.throttled += w.throttled(c);
    for (const auto& [id, j] : machine.jobs()) ++o.by_state[std::string{lifecycle::to_string(j.state)}];
    o.simulated_seconds = std::chrono::duration<double>(time_.now()).count();
    o.turns = process_.turns();
    o.steps = time_.steps();
    if (o.by_state["succeeded"] != shape_.jobs)
        o.problem = fmt::format("{} of {} jobs have succeeded", o.by_state["succeeded"], shape_.jobs);
    if (w.jobs().size() != shape_.jobs)
        o.problem = fmt::format("{} jobs were started, {} were sent", w.jobs().size(), shape_.jobs);
    if (seen_.size() != shape_.jobs && o.problem.empty())
        o.problem = fmt::format("{} of {} ends were recorded", seen_.size(), shape_.jobs);
    if (process_.core().policy().reserved() != 0) o.problem = "reservations are left";
    o.cpu_seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    return o;
}

}  // namespace

fleet_outcome run_fleet(const fleet_shape& shape) {
    return fleet_play{shape}.perform();
}

}  // namespace trainyard::bench

#include "scheduler/cli/demo_workload.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::cli {
namespace {

struct tenant_profile {
    std::string_view name;
    std::uint64_t parts;  // of the jobs
    std::int64_t seconds_low, seconds_high;
};
constexpr std::array<tenant_profile, 4> tenants{
    {{"vision", 4, 20, 120}, {"speech", 3, 10, 60}, {"search", 2, 5, 30}, {"research", 1, 60, 240}}};
constexpr std::array<std::string_view, 3> priorities{"low", "normal", "high"};
constexpr std::array<std::string_view, 2> instance_types{"ml.g5.2xlarge", "ml.m5.xlarge"};

const tenant_profile& draw_tenant(rng& r) {
    std::uint64_t all = 0;
    for (const auto& t : tenants) all += t.parts;
    std::uint64_t at = r.below(all);
    for (const auto& t : tenants) {
        if (at < t.parts) return t;
        at -= t.parts;
    }
    return tenants.back();
}

std::string draw_body(rng& r, const tenant_profile& tenant, std::size_t index) {
    const std::uint64_t fate = r.below(200);
    json::writer w;
    w.begin_object().member("kind", "training").member("name", fmt::format("demo-{}-{}", tenant.name, index));
    w.member("tenant", tenant.name)
        .member("priority", priorities[r.below(priorities.size())])
        .member("max_attempts", 3);
    w.key("request").begin_object();
    w.key("AlgorithmSpecification").begin_object();
    w.member("TrainingImage", "demo/train:1").member("TrainingInputMode", "File").end_object();
    // One message in two hundred names a role that is not its tenant's, and is refused for it.
    w.member("RoleArn",
             fate == 0 ? "arn:aws:iam::999999999999:role/somebody-else" : "${pool.execution_role}");
    w.key("OutputDataConfig").begin_object().member("S3OutputPath", "${pool.bucket}/out").end_object();
    w.key("ResourceConfig")
        .begin_object()
        .member("InstanceType", instance_types[r.below(instance_types.size())]);
    w.member("InstanceCount", r.between(1, 4)).member("VolumeSizeInGB", 50).end_object();
    w.key("StoppingCondition").begin_object().member("MaxRuntimeInSeconds", 86400).end_object();
    w.key("HyperParameters").begin_object();
    w.member("trainyard-local-seconds", std::to_string(r.between(tenant.seconds_low, tenant.seconds_high)));
    if (fate == 1 || fate == 2) w.member("trainyard-local-outcome", "Failed: AlgorithmError: exit code 1");
    if (fate == 3 || fate == 4)
        w.member("trainyard-local-outcome",
                 "Failed: InternalServerError: We encountered an internal error.  Please try again.");
    w.end_object().end_object().end_object();
    return w.take();
}

}  // namespace

std::string demo_fleet_yaml(const std::string& ledger_file) {
    std::string accounts;
    for (const char digit : {'1', '2', '3'}) {
        const std::string id(12, digit);
        accounts += fmt::format(
            "  - id: \"{0}\"\n"
            "    role: arn:aws:iam::{0}:role/trainyard-spoke\n"
            "    execution_role: arn:aws:iam::{0}:role/ty-exec-default\n"
            "    bucket: s3://demo-{0}\n"
            "    regions: [us-east-1, us-west-2]\n"
            "    limits: {{ml.g5.2xlarge: 48, ml.m5.xlarge: 64}}\n"
            "    api_rates: {{create: 1000, stop: 1000, describe: 1000, list: 100}}\n",
            id);
    }
    return fmt::format(
        "installation: demo\nledger: {}\nadmin: 127.0.0.1:0\nreconcile_seconds: 0.25\n"
        "accounts:\n{}"
        "tenants:\n"
        "  - {{name: vision, weight: 2, quota: {{ml.g5.2xlarge: 160}}}}\n"
        "  - {{name: speech, weight: 1}}\n"
        "  - {{name: search, weight: 1, max_jobs: 60}}\n"
        "  - {{name: research, weight: 1, quota: {{ml.g5.2xlarge: 80, ml.m5.xlarge: 80}}}}\n"
        "queues:\n"
        "  - {{name: demo-jobs, region: us-east-1, tenants: [vision, speech, search, research], "
        "reject_queue: demo-rejected}}\n"
        "  - {{name: demo-jobs.fifo, region: us-east-1, tenants: [vision, speech, search, research], "
        "reject_queue: "
        "demo-rejected}}\n"
        "policy: {{order: fair}}\n",
        ledger_file, accounts);
}

std::vector<demo_message> demo_messages(std::size_t jobs, std::uint64_t seed) {
    rng r{seed};
    std::vector<demo_message> out;
    for (std::size_t i = 0; i < jobs; ++i) {
        const tenant_profile& tenant = draw_tenant(r);
        const bool fifo = r.chance(0.25);
        out.push_back({fifo ? "demo-jobs.fifo" : "demo-jobs", draw_body(r, tenant, i),
                       fifo ? std::string{tenant.name} : ""});
    }
    return out;
}

aws::local::world_options demo_world(std::uint64_t seed) {
    aws::local::world_options o;
    o.time_scale = demo_time_scale;
    o.seed = seed;
    // SageMaker grants less here than the fleet file believes: jobs wait and go elsewhere, none fails.
    o.instance_limits["333333333333/us-west-2/ml.g5.2xlarge"] = 32;
    return o;
}

std::string demo_environment::get(const std::string& variable) const {
    if (variable == "AWS_ACCESS_KEY_ID") return demo_hub_account;
    if (variable == "AWS_SECRET_ACCESS_KEY") return "test";
    if (variable == "AWS_REGION") return demo_region;
    if (variable == "AWS_ENDPOINT_URL") return endpoint_;
    return {};
}

}  // namespace trainyard::cli

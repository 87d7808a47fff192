// What the demo runs: a fleet of three accounts in two regions, four tenants, and N jobs drawn from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aws/credentials/provider.hpp"
#include "aws/local/world.hpp"

namespace trainyard::cli {

inline constexpr const char* demo_hub_account = "000000000000";
inline constexpr const char* demo_region = "us-east-1";
inline constexpr double demo_time_scale = 60;  // a minute of training takes a second

struct demo_message {
    std::string queue;  // name
    std::string body;
    std::string group;  // FIFO queue only
};

// The fleet file; every queue is named, so that it works on whatever port the local AWS got.
std::string demo_fleet_yaml(const std::string& ledger_file);
// About 1 in 100 is hopeless (its code fails), 1 in 100 meets a fault of SageMaker's in each of its attempts,
// 1 in 200 is a bad message.
std::vector<demo_message> demo_messages(std::size_t jobs, std::uint64_t seed);
aws::local::world_options demo_world(std::uint64_t seed);

// An environment in which every AWS endpoint is the local one and the keys are the hub account's.
class demo_environment final : public aws::environment {
public:
    explicit demo_environment(std::string endpoint) : endpoint_(std::move(endpoint)) {}
    std::string get(const std::string& variable) const override;

private:
    std::string endpoint_;
};

}  // namespace trainyard::cli

// What befalls jobs that would otherwise run well: lack of capacity, failures, interruptions, by rules. Pure
// and seeded: the same job meets the same fate in every run with the same rules and seed, whatever else
// happens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/common/quota_book.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

inline constexpr std::size_t job_rules_max = 1'000;
inline constexpr std::string_view capacity_error =
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML "
    "instance type.";
inline constexpr std::string_view internal_error =
    "InternalServerError: We encountered an internal error.  Please try again.";

enum class job_effect : unsigned char {
    capacity,      // fails at the end of Starting with capacity_error
    algorithm,     // fails at the end of its run, "AlgorithmError: " and the rule's text
    client,        // fails at the end of Starting, "ClientError: " and the rule's text
    internal,      // fails in the middle of its run with internal_error
    interruption,  // spot only: interrupted after `after` of running
    slow_start,    // Starting takes `after` longer
};

struct job_rule {
    std::string name = "*";  // of the job: '*' any text, '?' any character
    std::string kind = "*";  // training, processing, transform, endpoint
    std::string account = "*", region = "*", instance_type = "*";  // any of the job's types
    double probability = 1;                                        // 0..1, decided once for each job and rule
    job_effect effect = job_effect::capacity;
    std::string text{};  // of algorithm and client failures
    duration after{};    // SageMaker's own seconds
};

struct job_facts {
    std::string_view name, kind;
    const account_id& account;
    const region_name& region;
    const instance_counts& instances;
    bool spot = false;
    int attempt = 0;  // above 0 for a job that is tried again: it may meet another fate
};

struct job_fate {
    std::string failure_reason{};           // empty: none
    bool fails_at_start = false;            // else in its run
    bool fails_half_way = false;            // else at the end of its run
    std::vector<duration> interruptions{};  // running time between them, in order
    duration slow_start{};
};

class job_rules {
public:
    explicit job_rules(std::uint64_t seed) : seed_(seed) {}

    // A JSON array of objects with the members of job_rule ("name", "kind", "account", "region",
    // "instance_type", "probability", "effect", "text", "after_seconds"), all but "effect" optional. An error
    // names the rule and the member; then nothing changes.
    result<void> set(json::value rules);
    void set(std::vector<job_rule> rules) { rules_ = std::move(rules); }
    const std::vector<job_rule>& rules() const { return rules_; }

    // The first failure among the rules that apply, all interruptions, the longest slow start.
    job_fate decide(const job_facts& job) const;

private:
    std::uint64_t seed_;
    std::vector<job_rule> rules_;
};

std::string_view to_string(job_effect e);
// The list of rules: `v` itself, or the member "rules" of an object that has no other one. set() refuses
// what is no list.
json::value rules_in(json::value v);
// As set() reads it.
void write_job_rule(json::writer& out, const job_rule& rule);
// '*' stands for any text, '?' for any character; linear in the text for each '*'.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace trainyard::aws::local::sagemaker

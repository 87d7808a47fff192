// Files that a world reads before it listens.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aws/local/gate/fault_rule.hpp"
#include "aws/local/sagemaker/common/job_rules.hpp"

namespace trainyard::aws::local {

inline constexpr std::size_t rule_file_bytes_max = 1U << 20U;

// The fault rules of a JSON file; the error names the file and the place in it.
result<std::vector<fault_rule>> read_faults_file(const std::string& file);

// The rules of what befalls jobs; the error names the file, the rule and its member.
result<std::vector<sagemaker::job_rule>> read_rules_file(const std::string& file);

}  // namespace trainyard::aws::local

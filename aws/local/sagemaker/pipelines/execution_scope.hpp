// What the expressions of a step see: parameters, the execution, and the steps that have succeeded.
#pragma once

#include "aws/local/sagemaker/pipelines/execution.hpp"
#include "aws/local/sagemaker/pipelines/expression.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// There is no S3 here, so a processing job says in its Environment what its property file holds: this and the
// file's name, '-' written as '_', is the key; the value is the file's JSON.
inline constexpr std::string_view property_file_prefix = "TRAINYARD_LOCAL_FILE_";

class execution_scope final : public scope {
public:
    // For one use; all outlive it.
    execution_scope(const execution& e, job_runner& jobs, wall_time now) : e_(e), jobs_(jobs), now_(now) {}
    result<void> write(const reference& what, json::writer& out) const override;
    result<std::string> file(const std::string& step, const std::string& name) const override;

private:
    result<void> write_execution(const std::string& variable, json::writer& out) const;
    result<void> write_step(const reference& what, json::writer& out) const;

    const execution& e_;
    job_runner& jobs_;
    wall_time now_;
};

}  // namespace trainyard::aws::local::sagemaker::pipelines

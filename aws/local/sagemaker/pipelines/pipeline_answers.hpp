// How pipelines, executions and steps look in SageMaker's answers. Pure.
#pragma once

#include <string>

#include "aws/local/sagemaker/pipelines/pipeline_store.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// `version` is one of the pipeline's.
std::string describe_answer(const pipeline& p, const pipeline_version& version);
std::string describe_answer(const execution_record& e, const std::string& pipeline_arn);
std::string definition_answer(const execution_record& e);

// Elements of listings.
void write_summary(const pipeline& p, json::writer& out);
void write_summary(const execution_record& e, json::writer& out);
void write_step(const execution_record& e, std::size_t step, json::writer& out);

// As Search tells them.
std::string search_record(const pipeline& p);
std::string search_record(const execution_record& e, const std::string& pipeline_arn);

// The details of an event. Source: SageMaker Developer Guide, "EventBridge for Pipelines".
std::string event_detail(const execution_record& e, const execution_event& event);

}  // namespace trainyard::aws::local::sagemaker::pipelines

// How tuning jobs look in SageMaker's answers and events. Pure.
#pragma once

#include <string>

#include "aws/local/sagemaker/tuning/tuning_store.hpp"

namespace trainyard::aws::local::sagemaker {

// DescribeHyperParameterTuningJob's answer. The job was looked at just now.
std::string describe_tuning_job(tuning_store& store, const tuning_job& job, double time_scale, wall_time now);
std::string list_tuning_jobs(const tuning_store::index::page& page);

// ListTrainingJobsForHyperParameterTuningJob's answer: an error for a token of another listing.
service_reply list_trials(const tuning_job& job, json::value input);

// The detail of an event: times in milliseconds, tags as a map.
std::string tuning_event_detail(const tuning_job& job);

}  // namespace trainyard::aws::local::sagemaker

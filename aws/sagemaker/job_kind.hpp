// The six kinds of work that SageMaker runs, and what each calls its operations and members: one table, so
// that codec and client are written once. Pure. Source: model 2017-07-24.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace trainyard::aws::sagemaker {

enum class job_kind : unsigned char { training, tuning, processing, transform, pipeline, endpoint };
inline constexpr std::size_t job_kinds = 6;

struct job_words {
    std::string_view create, describe, list, stop;  // operations
    std::string_view name;            // member of a description and a summary that people know it by
    std::string_view key;             // member by which describe and stop find it
    std::string_view arn;             // member of every answer
    std::string_view status;          // member of a description and a summary
    std::string_view list_of;         // member of a page
    std::string_view started, ended;  // members of a description; empty: there is none
};

// A pipeline execution has no name but a display name that nobody guards, and is found by its ARN. "Stop" of
// an endpoint is its deletion.
const job_words& words_of(job_kind k);

}  // namespace trainyard::aws::sagemaker

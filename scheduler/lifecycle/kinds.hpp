// The kinds of job: what distinguishes one from another in a message, a name and a request. One table, pure.
// What their statuses mean is in classify.hpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {

enum class kind : unsigned char { training, tuning, processing, transform, pipeline, endpoint };
inline constexpr std::size_t kind_count = 6;

struct kind_row {
    std::string_view word;         // in messages and in the ledger
    std::string_view name_member;  // of the request; Trainyard fills it
    std::size_t name_max;          // characters
    std::string_view mark;         // a member that every request of this kind has, and of no other kind
    bool tagged;                   // its request takes Tags
    // SageMaker finds it by its name, which cannot be taken twice. A pipeline execution is started under a
    // client token and found by its ARN.
    bool named;
    bool stated_demand;  // nothing in the request tells the demand: the message states `resources`
};
const kind_row& row_of(kind k);
std::string_view to_string(kind k);
std::optional<kind> parse_kind(std::string_view word);
// Of an admitted job; training for a rejected one whose kind is no kind.
kind kind_of(const job_facts& facts);

// Where jobs are listed: all of one kind in a pool, and of the pipeline executions those of one pipeline.
struct stream {
    std::string pool;
    lifecycle::kind kind = lifecycle::kind::training;
    std::string target = {};  // the pipeline's name; empty for every other kind
    friend auto operator<=>(const stream&, const stream&) = default;
};

}  // namespace trainyard::lifecycle

// How `trainyard local` carries much: starting, a long backlog, a million messages, a thousand idle polls.
#pragma once

#include <cstddef>
#include <string>

#include "bench/report.hpp"
#include "engine/base/result.hpp"

namespace trainyard::bench {

struct scale_options {
    std::string program;  // the path of `trainyard`
    std::size_t rounds = 5;
    double seconds = 1;             // of one measurement
    std::size_t starts = 21;        // 0 leaves a part out, here and below
    std::size_t backlog = 200'000;  // messages of a FIFO queue, over 1,000 groups
    std::size_t messages = 1'000'000;
    std::size_t polls = 1'000;
};

result<void> measure_scale(const scale_options& o, report& into);

}  // namespace trainyard::bench

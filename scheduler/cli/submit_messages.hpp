// From texts to the messages that `submit` sends: JSON lines, and templates with a sweep. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::cli {

inline constexpr std::size_t sweep_messages_max = 10'000;

// One message for each JSON object: a text is one object over any number of lines, or one object in each
// line. Errors name the file and the line.
result<std::vector<std::string>> split_messages(const std::string& text, const std::string& file);

struct sweep_axis {
    std::string name;
    std::vector<std::string> values;
};
// "lr=0.1,0.01": letters, digits and '_' as the name, at least one value.
result<sweep_axis> parse_sweep(std::string_view text);
// Every combination of the values in every message, the last axis fastest. In strings "${sweep.NAME}" is
// replaced; a string that is "${sweep.NAME:json}" alone becomes the value as JSON. "${sweep.index}" counts
// from
// 1. A message whose name has no placeholder gets "-INDEX" at its end, so that names differ.
result<std::vector<std::string>> expand_sweep(const std::vector<std::string>& messages,
                                              const std::vector<sweep_axis>& axes);

}  // namespace trainyard::cli

// What every fuzz target is made of. A target is a function over bytes; it throws when a property does not
// hold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::fuzz {

#define FUZZ_TARGET(name, length_max) void run_##name(std::string_view input);
#include "targets.def"
#undef FUZZ_TARGET

// Throws std::logic_error: libFuzzer takes it for a crash, the corpus tests for a failure.
void require(bool holds, const char* property);

// For messages that people read: one line, no control characters.
bool is_one_line(std::string_view text);

// Takes the bytes before `mark` (all, when there is none) and the mark off the front.
std::string_view take_part(std::string_view& rest, char mark = '\0');

// Inputs that are too large or too regular to keep in files: bombs.
std::vector<std::string> generated_inputs(std::string_view target);

}  // namespace trainyard::fuzz

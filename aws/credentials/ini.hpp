// The INI dialect of ~/.aws/credentials and ~/.aws/config. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::aws {

inline constexpr std::size_t ini_bytes_max = 1U << 20U;  // a thousand profiles stay below

using ini_section = std::map<std::string, std::string>;  // keys in lower case
using ini_file = std::map<std::string, ini_section>;     // by section name as written, inner spaces collapsed

// "key = value" or "key: value". Whole-line comments (# ;) and comments after a value (" #", " ;") are
// dropped. Lines indented deeper than the key above them (its nested values, which Trainyard has no use for)
// are ignored. A section that appears twice is merged, the later value wins. errc::corrupt names the line,
// never its text: a malformed line may hold a secret.
result<ini_file> parse_ini(std::string_view text);

}  // namespace trainyard::aws

// The command of credential_process as arguments. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::aws {

inline constexpr std::size_t command_bytes_max = 8U << 10U;
inline constexpr std::size_t command_arguments_max = 64;

// Splits at blanks; '...' and "..." keep what stands between them as it is. There is no shell: no variables,
// no tilde, no escapes, no pipes. The program must be an absolute path, so that PATH does not decide who sees
// secrets. errc::invalid_argument or errc::limit; the message never quotes the text.
result<std::vector<std::string>> split_command(std::string_view text);

}  // namespace trainyard::aws

// Files that may be gzipped.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::cli {

inline constexpr std::size_t unpacked_bytes_max = std::size_t{4} << 30U;  // ten million lines of a log

// True for the first bytes of a gzip file.
bool is_gzip(std::string_view bytes);
// All members of a gzip file, with their checksums verified. `name` is for messages.
result<std::string> gunzip(std::string_view bytes, const std::string& name);
// read_text(), unpacked when it is gzipped, whatever its name.
result<std::string> read_maybe_gzipped(const std::string& file);

}  // namespace trainyard::cli

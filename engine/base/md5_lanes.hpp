// MD5 (RFC 1321) of several texts side by side: one text alone waits at each of its steps for the one before,
// so the digests of a batch of ten cost little more than two.
#pragma once

#include <span>
#include <string_view>

#include "engine/base/digest.hpp"

namespace trainyard {

// As many digests as texts. For texts of about the same size: it takes the time of the longest.
void md5_of_each(std::span<const std::string_view> texts, std::span<md5_digest> out);

}  // namespace trainyard

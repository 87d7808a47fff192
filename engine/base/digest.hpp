// Message digests, from libcrypto. MD5 is here because SQS checksums message bodies with it; it guards
// nothing.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace trainyard {

using sha256_digest = std::array<unsigned char, 32>;
using md5_digest = std::array<unsigned char, 16>;

sha256_digest sha256(std::string_view bytes);
md5_digest md5(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);  // 64 lower-case digits
std::string md5_hex(std::string_view bytes);     // 32 lower-case digits

}  // namespace trainyard

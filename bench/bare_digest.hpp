// Digests without what EVP adds to them: what a floor may charge.
#pragma once

#include <string_view>

#include "engine/base/digest.hpp"

namespace trainyard::bench {

sha256_digest bare_sha256(std::string_view bytes);
md5_digest bare_md5(std::string_view bytes);

}  // namespace trainyard::bench

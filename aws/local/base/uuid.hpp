// Version 4 UUIDs (RFC 9562), of which most services make their ids.
#pragma once

#include <string>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local {

std::string make_uuid(rng& random);

}  // namespace trainyard::aws::local

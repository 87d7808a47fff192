// What a describe call tells of the request that made a resource. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

// Copies the members of `request` that the answer of `operation` has too and that are not null; the writer is
// inside the answer's object.
void echo(json::writer& out, std::string_view operation, json::value request);

// A request that was kept as text, read again.
json::document read_kept(const std::string& text);

}  // namespace trainyard::aws::local::sagemaker

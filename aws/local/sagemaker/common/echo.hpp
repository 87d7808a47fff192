// What a describe call tells of the request that made a resource. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

// Copies the members of `request` that the answer of `operation` has too and that are not null; the writer is
// inside the answer's object.
void echo(json::writer& out, std::string_view operation, json::value request);

// A describe call's answer with a list of tags at its end, as Search finds it.
std::string with_tags(const std::string& answer, const std::map<std::string, std::string>& tags);

// A request that was kept as text, read again.
json::document read_kept(const std::string& text);

}  // namespace trainyard::aws::local::sagemaker

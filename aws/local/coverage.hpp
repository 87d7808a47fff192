// What the local AWS does with each parameter of each operation of each service.
#pragma once

#include <string>

namespace trainyard::aws::local {

// Markdown: a table for each service. `trainyard local --coverage` prints it, coverage.md keeps it.
std::string coverage();

}  // namespace trainyard::aws::local

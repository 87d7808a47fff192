// What SQS here does with each parameter of each operation. Nobody writes it down: the operations of the
// model are called with each parameter wrong, and what is not told of that is ignored.
#pragma once

#include <string>

namespace trainyard::aws::local {

// A Markdown table: operation, parameters that are read, parameters that are ignored. Members of the entries
// of batches stand behind "Entries.".
std::string sqs_coverage();

}  // namespace trainyard::aws::local

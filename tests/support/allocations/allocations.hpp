// How often this thread has asked operator new for memory. A program that calls this has it replaced.
#pragma once

#include <cstddef>

namespace trainyard::test {

std::size_t allocations_of_thread();

}  // namespace trainyard::test

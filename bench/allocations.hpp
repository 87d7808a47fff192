// How often this thread has asked for memory: malloc and its kin, which operator new and libraries end in.
// For programs that link allocations.cpp, which replaces them.
#pragma once

#include <cstdint>

namespace trainyard::bench {

std::uint64_t allocations_of_thread();

}  // namespace trainyard::bench

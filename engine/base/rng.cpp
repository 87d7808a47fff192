#include "engine/base/rng.hpp"

#include <sys/random.h>

#include "engine/base/check.hpp"

namespace trainyard {

std::uint64_t entropy_seed() {
    std::uint64_t seed = 0;
    TY_CHECK(getrandom(&seed, sizeof seed, 0) == static_cast<ssize_t>(sizeof seed),
             "the kernel gives no randomness");
    return seed;
}

}  // namespace trainyard

// Each model in a file of its own. Private to the folder.
#pragma once

#include "engine/base/rng.hpp"
#include "scheduler/sim/generate.hpp"

namespace trainyard::sim {

// Poisson arrivals, log-normal run times, sizes in powers of two; eight equal tenants on 128 units, load
// 0.85.
generated generate_poisson(rng r, std::size_t jobs);
// Sizes and run times of Lublin and Feitelson's model on 256 units, arrivals with its daily cycle, load 0.9.
generated generate_lublin(rng r, std::size_t jobs);
// Virtual clusters of very different activity on 656 GPUs, bursts of small jobs and few long large ones.
generated generate_philly(rng r, std::size_t jobs);
// As large as the log of CEA Curie: 93,312 units, hundreds of users, estimates far above run times, load 0.8.
generated generate_curie(rng r, std::size_t jobs);
// The scenarios of Kueue's own performance tests; nothing in them is random.
generated generate_kueue_baseline();
generated generate_kueue_large_scale();

// A fleet of one pool, "pool", with so many units of the resource "unit".
policy::settings one_pool(std::int64_t units);
// Scales the times of submission so that the work offered is `load` of what `units` can do until the last
// one.
void scale_load(workload& w, std::int64_t units, double load);

}  // namespace trainyard::sim

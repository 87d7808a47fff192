// The control API of the world itself: its clock, its counts, and beginning anew.
#pragma once

#include <functional>

#include "aws/local/control/control_router.hpp"
#include "aws/local/world.hpp"
#include "aws/local/world_clock.hpp"

namespace trainyard::aws::local {

struct world_controls {
    world_clock& time;  // outlives the router
    std::function<world_stats()> stats;
    std::function<void()> reset;
};

void add_world_control(control_router& router, world_controls controls);

// What is answered under /_trainyard/ while the control API is off.
http::response no_control();

}  // namespace trainyard::aws::local

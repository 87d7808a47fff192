#include "engine/io/real_clock.hpp"

#include <time.h>

#include "engine/base/check.hpp"

namespace trainyard::io {
namespace {

duration read(clockid_t which) {
    timespec t{};
    TY_CHECK(::clock_gettime(which, &t) == 0, "this kernel lacks a clock that Linux has had since 2.6.39");
    return std::chrono::seconds{t.tv_sec} + duration{t.tv_nsec};
}

class machine_clock final : public clock {
public:
    mono_time mono() const override { return mono_time{read(CLOCK_BOOTTIME)}; }
    wall_time wall() const override { return wall_time{read(CLOCK_REALTIME)}; }
};

}  // namespace

const clock& real_clock() {
    static const machine_clock instance;
    return instance;
}

}  // namespace trainyard::io

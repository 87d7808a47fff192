#include "aws/transport/breaker.hpp"

#include <algorithm>

namespace trainyard::aws {

breaker::verdict breaker::ask(mono_time now, rng& random) {
    if (!open()) return verdict::pass;
    if (now < next_probe_) return verdict::refuse;
    schedule(now, random);
    return verdict::probe;
}

void breaker::answered() {
    failures_ = 0;
    pause_ = {};
}

bool breaker::failed(bool probe, mono_time now, rng& random) {
    if (open()) {
        if (!probe) return false;
        pause_ = std::min(pause_ * 2, rules_.probe_longest);
        schedule(now, random);
        return false;
    }
    if (++failures_ < rules_.failures_to_open) return false;
    pause_ = rules_.probe_first;
    schedule(now, random);
    return true;
}

// 0.8 to 1 of the pause, so that many clients do not probe together.
void breaker::schedule(mono_time now, rng& random) {
    const std::chrono::duration<double> whole{pause_};
    next_probe_ = now + std::chrono::duration_cast<duration>(whole * (0.8 + 0.2 * random.unit()));
}

}  // namespace trainyard::aws

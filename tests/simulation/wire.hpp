// The network between Trainyard and AWS. A call is told exactly once what came of it, unless its caller is
// gone; what the server did is another matter.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/sim/agenda.hpp"
#include "tests/simulation/cloud.hpp"
#include "tests/simulation/plan.hpp"

namespace trainyard::simulation {

class wire {
public:
    using answered = std::function<void(answer)>;
    // Begins to execute the request on the server; the answer may come later.
    using execution = std::function<void(answered)>;

    wire(const plan& p, agenda& time);

    struct address {
        std::size_t link = 0;  // which connection: one for each pool, and the last for SQS
        bool creates = false;
        duration timeout = std::chrono::seconds{30};
    };
    void call(const address& where, execution execute, answered done);

    // Until then nothing passes on the link, in either direction.
    void clog(std::size_t link, duration until);
    void storm(duration until) { storm_until_ = until; }  // every call is throttled
    void heal();                                          // from now on the network does what it should
    std::size_t links() const { return clogged_.size(); }
    std::uint64_t lost_creates() const { return lost_creates_; }

private:
    duration latency();

    agenda& time_;
    rng dice_;
    fault_plan faults_;
    std::vector<duration> clogged_;
    duration storm_until_{};
    std::uint64_t lost_creates_ = 0;
};

}  // namespace trainyard::simulation

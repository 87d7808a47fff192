// What the sources of consumer_machine share.
#pragma once

#include "aws/sqs/consumer_machine.hpp"

namespace trainyard::aws::sqs {

struct consumer_machine::queue {
    queue(queue_rules r, const coalescer_limits& limits, const rng& random)
        : rules(std::move(r)),
          erase(limits, random.split("deletes")),
          visibility(limits, random.split("changes")),
          outbox(limits, random.split("sends")) {}

    bool waits() const { return erase.waiting() + visibility.waiting() + outbox.waiting() > 0; }
    bool idle() const { return erase.idle() && visibility.idle() && outbox.idle(); }
    queue_figures::of_batches& batches(request_kind k) {
        return figures.batches[static_cast<std::size_t>(k)];
    }

    queue_rules rules;
    queue_number number = 0;
    std::size_t polled_as = 0;  // its number in the receiver, where rules.receive
    deletes erase;
    changes visibility;
    sends outbox;
    group_order<custody::slot> order;  // where rules.one_at_a_time
    queue_figures figures;
    bool active = false;  // stands in active_
};

}  // namespace trainyard::aws::sqs

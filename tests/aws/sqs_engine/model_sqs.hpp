// An SQS queue as a model that misbehaves as the real one may, and as networks do: copies of messages,
// entries that fail though they took effect, answers that are lost, handles that are too old.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::test {

struct sqs_faults {
    double entry_fails = 0;         // of a batch, without effect
    double entry_lies = 0;          // takes effect and is told as failed
    double entry_missing = 0;       // takes effect and is not mentioned
    double copy = 0;                // a receive also brings a message that is in flight or deleted
    double stale_delete_fails = 0;  // else it succeeds without effect
};

class model_sqs {
public:
    model_sqs(bool fifo, duration visibility, sqs_faults faults, rng random)
        : fifo_(fifo), visibility_(visibility), faults_(faults), random_(random) {}

    void send(std::string group = {});
    // Bodies of answers, as the service writes them.
    std::string receive(std::size_t most, mono_time now);
    std::string delete_batch(std::string_view request, mono_time now);
    std::string change_batch(std::string_view request, mono_time now);

    std::size_t sent() const { return messages_.size(); }
    std::size_t deleted() const { return deleted_; }
    std::size_t in_flight(mono_time now) const;
    std::optional<std::size_t> number_of(std::string_view body) const;

private:
    struct stored {
        std::string id, body, group;
        mono_time hidden_until{};
        int receives = 0;
        bool deleted = false;
    };
    struct entry {
        std::string id, handle;
        int timeout = 0;
    };
    static std::vector<entry> read(std::string_view request);
    template <class Effect>
    std::string answer(std::string_view request, const Effect& effect);
    void put(std::string& out, std::size_t number, mono_time now);
    bool group_is_blocked(const std::string& group, mono_time now) const;
    std::string handle_of(std::size_t number) const;
    stored* by_handle(const std::string& handle, bool& newest);

    bool fifo_;
    duration visibility_;
    sqs_faults faults_;
    rng random_;
    std::vector<stored> messages_;
    std::size_t deleted_ = 0;
};

}  // namespace trainyard::test

// Latencies as counts in log-linear buckets, after HdrHistogram (Tene 2012): fixed memory, a bounded relative
// error over the whole range, cheap to record, exact to merge.
//
// Coordinated omission: a load that waits for its server sends nothing during a stall, so the stall is seen
// once and not by all the requests that it would have met. Where the intended start of a request is known
// (open loop), the time since then is what to record. Where it is not (closed loop), corrected() adds the
// requests that would have started meanwhile.
#pragma once

#include <cstdint>
#include <vector>

namespace trainyard::bench {

class latency_histogram {
public:
    // Nanoseconds. What is longer counts as the longest, and as clipped.
    static constexpr std::int64_t longest = (std::int64_t{1} << 42U) - 1;  // 73 minutes
    // Buckets per power of two; below 2 * steps every value has a bucket of its own.
    static constexpr std::int64_t steps = 128;
    // |value_at(q) - the exact quantile| is at most this part of the exact one.
    static constexpr double relative_error = 1.0 / (2 * steps);

    latency_histogram();

    // Below 0 counts as 0.
    void record(std::int64_t ns, std::uint64_t times = 1);
    void merge(const latency_histogram& other);
    // What a load with one request every `interval_ns` would have met: for each value v also v - interval,
    // v - 2 * interval, ... down to interval. Not above 0: a copy.
    latency_histogram corrected(std::int64_t interval_ns) const;

    std::uint64_t count() const { return count_; }
    std::uint64_t clipped() const { return clipped_; }
    // Exact; 0 when empty.
    std::int64_t smallest() const { return count_ == 0 ? 0 : smallest_; }
    std::int64_t largest() const { return largest_; }
    double mean() const;  // from the buckets' middles
    // The smallest value that at least the part `q` (0..1) of all values does not exceed, as the middle of
    // its bucket within smallest() and largest(). 0 when empty.
    std::int64_t value_at(double q) const;

    // Filled buckets in order: their middle and count.
    template <class Visit>
    void visit(Visit each) const {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            if (counts_[i] != 0) each(middle(i), counts_[i]);
    }

private:
    static std::size_t bucket_of(std::int64_t ns);
    static std::int64_t middle(std::size_t bucket);

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0, clipped_ = 0;
    std::int64_t smallest_ = longest, largest_ = 0;
};

}  // namespace trainyard::bench

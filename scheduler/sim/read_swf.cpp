#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/base/encoding.hpp"
#include "scheduler/sim/lines.hpp"
#include "scheduler/sim/read.hpp"

namespace trainyard::sim {
namespace {

// Of the format's fields, from 0.
enum field : std::size_t {
    number,
    submit,
    wait,
    run,
    allocated,
    cpu_time,
    memory,
    requested,
    estimate,
    requested_memory,
    status,
    user,
    group,
    executable,
    queue,
    partition,
    preceding,
    think_time,
    fields
};
constexpr double unknown = -1;

using row = std::array<double, fields>;

// The number of fields read; `bad` is the text of the first that is no number.
std::size_t parse(std::string_view line, row& out, std::string_view& bad) {
    std::size_t count = 0;
    while (!(line = trimmed(line)).empty()) {
        const std::string_view word = line.substr(0, line.find_first_of(" \t"));
        line.remove_prefix(word.size());
        const auto v = number_of(word);
        if (!v && bad.empty()) bad = word;
        if (count < fields) out[count] = v.value_or(unknown);
        ++count;
    }
    return count;
}

std::string_view tenant_word(swf_tenant t) {
    switch (t) {
        case swf_tenant::user: return "user";
        case swf_tenant::group: return "group";
        case swf_tenant::queue: return "queue";
        case swf_tenant::partition: return "partition";
        case swf_tenant::none: break;
    }
    return "";
}

double tenant_number(const row& r, swf_tenant t) {
    switch (t) {
        case swf_tenant::user: return r[user];
        case swf_tenant::group: return r[group];
        case swf_tenant::queue: return r[queue];
        case swf_tenant::partition: return r[partition];
        case swf_tenant::none: break;
    }
    return unknown;
}

std::string label(std::string_view word, double n) {
    return word.empty() ? std::string{"all"}
           : n < 0      ? std::string{"none"}
                        : fmt::format("{}-{:.0f}", word, n);
}

class reader {
public:
    explicit reader(const read_options& o) : o_(o) { resource_ = w_.resources.intern(o.resource); }

    result<void> take(std::string_view line, std::size_t at) {
        row r;
        std::string_view bad;
        const std::size_t count = parse(line, r, bad);
        if (!bad.empty()) return bad_line(o_, at, fmt::format("'{}' is no number", printable(bad, 40)));
        if (count != fields)
            return bad_line(o_, at,
                            fmt::format("{} numbers where the format has {}", count, std::size_t{fields}));
        for (const field f : {submit, run, estimate})
            if (r[f] > seconds_max)
                return bad_line(o_, at, fmt::format("field {} is beyond {:.0f} s", f + 1, seconds_max));
        const double units = r[requested] > 0 ? r[requested] : r[allocated];
        if (units > static_cast<double>(units_max))
            return bad_line(o_, at, fmt::format("more than {} processors", units_max));
        if (w_.jobs.size() == jobs_max)
            return error{errc::limit, fmt::format("{}: more than {} jobs", o_.file, jobs_max)};
        if (r[submit] < 0)
            leave_out(w_, o_, at, "no submit time");
        else if (r[run] < 0)
            leave_out(w_, o_, at, "no run time");
        else if (units < 1)
            leave_out(w_, o_, at, "no number of processors");
        else
            add(r, units);
        return {};
    }
    // Simulators write lines in the order of ends: among jobs of one instant the job number decides.
    workload done() {
        std::vector<index> order(w_.jobs.size());
        std::iota(order.begin(), order.end(), index{0});
        std::ranges::sort(order, [&](index a, index b) {
            return numbers_[a] != numbers_[b] ? numbers_[a] < numbers_[b] : a < b;
        });
        if (!std::ranges::is_sorted(order)) {
            std::vector<job> sorted;
            for (const index i : order) sorted.push_back(std::move(w_.jobs[i]));
            w_.jobs = std::move(sorted);
        }
        return std::move(w_);
    }

private:
    void add(const row& r, double units) {
        job j;
        j.name = fmt::format("{:.0f}", r[number]);
        j.submit = from_seconds(r[submit]);
        j.run = from_seconds(r[run]);
        if (r[estimate] > 0) j.requested = from_seconds(r[estimate]);
        j.tenant = w_.tenants.intern(label(tenant_word(o_.tenant), tenant_number(r, o_.tenant)));
        j.job_class = w_.classes.intern(label("queue", r[queue]));
        j.needs = {{resource_, static_cast<std::int64_t>(units)}};
        w_.jobs.push_back(std::move(j));
        numbers_.push_back(r[number]);
    }
    const read_options& o_;
    workload w_;
    std::vector<double> numbers_;  // by job
    index resource_;
};

}  // namespace

result<workload> read_swf(std::string_view text, const read_options& o) {
    reader r{o};
    line_reader lines{text};
    std::string_view line;
    while (lines.next(line)) {
        if (line.size() > line_bytes_max)
            return bad_line(o, lines.number(), fmt::format("longer than {} bytes", line_bytes_max));
        line = trimmed(line.substr(0, line.find(';')));
        if (line.empty()) continue;
        if (auto taken = r.take(line, lines.number()); !taken) return taken.error();
    }
    workload w = r.done();
    w.source = o.file;
    return finish(std::move(w), o);
}

}  // namespace trainyard::sim

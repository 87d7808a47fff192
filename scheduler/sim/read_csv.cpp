#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "engine/base/encoding.hpp"
#include "scheduler/sim/csv.hpp"
#include "scheduler/sim/lines.hpp"
#include "scheduler/sim/read.hpp"

namespace trainyard::sim {
namespace {

enum what : std::size_t {
    job_name,
    submit,
    run,
    start,
    end,
    units,
    tenant,
    job_class,
    priority,
    estimate,
    attempts,
    pool,
    preemptible,
    whats
};

struct known_field {
    std::string_view name;
    std::array<std::string_view, 8> usual;  // what its column is often called, in lower case
};
constexpr std::array<known_field, whats> known{{
    {"job", {"job", "job_id", "jobid", "id", "name"}},
    {"submit", {"submit", "submit_s", "submit_time", "submitted", "creation_time", "arrival_time", "time"}},
    {"run", {"run", "run_s", "run_time", "runtime", "duration", "duration_s"}},
    {"start", {"start", "start_time", "scheduled_time", "started"}},
    {"end", {"end", "end_time", "deletion_time", "ended", "finish"}},
    {"units", {"units", "gpus", "num_gpu", "num_gpus", "gpu_num", "procs", "processors", "instances"}},
    {"tenant", {"tenant", "vc", "user", "account", "group", "project", "team"}},
    {"class", {"class", "qos", "kind", "type", "model_name"}},
    {"priority", {"priority", "prio"}},
    {"estimate", {"estimate", "requested", "time_limit", "timelimit", "max_runtime"}},
    {"attempts", {"attempts", "max_attempts"}},
    {"pool", {"pool", "partition", "site", "region"}},
    {"preemptible", {"preemptible"}},
}};
constexpr std::size_t absent = columns_max;

std::string lower(std::string_view s) {
    std::string out{trimmed(s)};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string header_names(const std::vector<std::string>& header) {
    std::vector<std::string> shown;
    for (const std::string& h : header) shown.push_back(printable(h, 40));
    return fmt::format("{}", fmt::join(shown, ", "));
}

class reader {
public:
    explicit reader(const read_options& o) : o_(o) {
        at_.fill(absent);
        resource_ = w_.resources.intern(o.resource);
    }

    result<void> take_header(const std::vector<std::string>& header) {
        for (const auto& [field, column] : o_.columns) {
            const auto k = std::ranges::find(known, field, &known_field::name);
            if (k == known.end())
                return error{errc::invalid_argument, fmt::format("there is no field '{}'; the fields are {}",
                                                                 printable(field, 40), csv_fields())};
            const auto c =
                std::ranges::find_if(header, [&](const std::string& h) { return trimmed(h) == column; });
            if (c == header.end())
                return bad_line(o_, 1,
                                fmt::format("there is no column '{}' for {}; the columns are {}",
                                            printable(column, 40), field, header_names(header)));
            at_[static_cast<std::size_t>(k - known.begin())] = static_cast<std::size_t>(c - header.begin());
        }
        for (std::size_t f = 0; f < whats; ++f)
            for (const std::string_view usual : known[f].usual) {
                if (usual.empty() || at_[f] != absent) break;
                for (std::size_t c = 0; c < header.size() && at_[f] == absent; ++c)
                    if (lower(header[c]) == usual && !std::ranges::count(at_, c)) at_[f] = c;
            }
        for (const auto& [missing, fields] :
             {std::pair{at_[submit] == absent, "submit"},
              std::pair{at_[run] == absent && (at_[start] == absent || at_[end] == absent),
                        "run (or start and end)"}})
            if (missing)
                return bad_line(o_, 1,
                                fmt::format("no column for {}; name it with --columns, as in "
                                            "--columns submit=NAME,run=NAME; the columns are {}",
                                            fields, header_names(header)));
        width_ = header.size();
        return {};
    }

    result<void> take(const std::vector<std::string>& fields, std::size_t line) {
        if (fields.size() != width_)
            return bad_line(o_, line,
                            fmt::format("{} fields where the header has {}", fields.size(), width_));
        if (w_.jobs.size() == jobs_max)
            return error{errc::limit, fmt::format("{}: more than {} jobs", o_.file, jobs_max)};
        row_ = fields;
        line_ = line;
        return add();
    }
    workload done() { return std::move(w_); }

private:
    std::string_view text(what f) const {
        return at_[f] == absent ? std::string_view{} : trimmed(row_[at_[f]]);
    }
    error bad(what f, std::string_view wanted) const {
        return bad_line(o_, line_,
                        fmt::format("column {}: '{}' is no {}", at_[f] + 1, printable(text(f), 40), wanted));
    }
    // Nothing where the field is empty.
    result<std::optional<double>> time(what f) const {
        if (text(f).empty()) return std::optional<double>{};
        const auto t = time_of(text(f));
        if (!t) return bad(f, "time (seconds or ISO 8601)");
        return t;
    }
    result<std::optional<std::int64_t>> whole(what f, std::int64_t low, std::int64_t high) const {
        if (text(f).empty()) return std::optional<std::int64_t>{};
        const auto n = whole_of(text(f));
        if (!n || *n < low || *n > high) return bad(f, fmt::format("whole number from {} to {}", low, high));
        return n;
    }
    result<int> priority_of() const {
        if (text(priority).empty()) return 0;
        if (const auto named = o_.priorities.find(std::string{text(priority)}); named != o_.priorities.end())
            return named->second;
        const auto n = whole(priority, -1'000'000, 1'000'000);
        if (!n) return n.error();
        return static_cast<int>(n->value_or(0));
    }

    result<void> add() {
        const auto submitted = time(submit), ran = time(run), started = time(start), ended = time(end),
                   guessed = time(estimate);
        for (const auto* t : {&submitted, &ran, &started, &ended, &guessed})
            if (!*t) return t->error();
        const auto size = whole(units, 0, units_max), tries = whole(attempts, 1, 1000);
        if (!size) return size.error();
        if (!tries) return tries.error();
        const auto rank = priority_of();
        if (!rank) return rank.error();
        std::optional<double> length = *ran;
        if (!length && *started && *ended) length = **ended - **started;
        if (!*submitted)
            leave_out(w_, o_, line_, "no submit time");
        else if (!length || *length < 0)
            leave_out(w_, o_, line_, "no run time");
        else if (size->value_or(1) == 0)
            leave_out(w_, o_, line_, "no units");
        else {
            job j;
            j.name =
                text(job_name).empty() ? fmt::format("{}", w_.jobs.size() + 1) : std::string{text(job_name)};
            j.submit = from_seconds(**submitted);
            j.run = from_seconds(*length);
            j.requested = from_seconds(std::max(0.0, guessed->value_or(0)));
            j.tenant = w_.tenants.intern(text(tenant).empty() ? "all" : text(tenant));
            j.job_class = w_.classes.intern(text(job_class).empty() ? "all" : text(job_class));
            j.priority = *rank;
            j.max_attempts = static_cast<int>(tries->value_or(1));
            j.needs = {{resource_, size->value_or(1)}};
            if (!text(pool).empty()) j.pools = {w_.pools.intern(text(pool))};
            j.preemptible = text(preemptible) == "1" || lower(text(preemptible)) == "true";
            w_.jobs.push_back(std::move(j));
        }
        return {};
    }

    const read_options& o_;
    workload w_;
    index resource_;
    std::array<std::size_t, whats> at_{};
    std::span<const std::string> row_;
    std::size_t width_ = 0, line_ = 0;
};

}  // namespace

std::string csv_fields() {
    std::string out;
    for (const known_field& k : known) out += (out.empty() ? "" : ", ") + std::string{k.name};
    return out;
}

result<workload> read_csv(std::string_view text, const read_options& o) {
    reader r{o};
    csv_reader records{text};
    std::vector<std::string> fields;
    bool header = true;
    for (;;) {
        const auto more = records.next(fields);
        if (!more) return bad_line(o, records.line(), more.error().message);
        if (!*more) break;
        if (auto taken = header ? r.take_header(fields) : r.take(fields, records.line()); !taken)
            return taken.error();
        header = false;
    }
    if (header) return bad_line(o, 1, "is empty; a header with the names of the columns is required");
    workload w = r.done();
    w.source = o.file;
    return finish(std::move(w), o);
}

}  // namespace trainyard::sim

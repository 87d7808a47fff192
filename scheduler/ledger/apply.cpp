// A commit appends steps and leaves the rows of their jobs alone: rewriting them one by one would write a
// page for nearly every step. The rows follow later, many at once in the order of their pages. Until then the
// steps behind `applied` are the truth, and opening finds them again.
#include <algorithm>

#include "scheduler/ledger/impl.hpp"

namespace trainyard::ledger {
namespace {

// So many steps that no row waits for are worth remembering at the next open.
constexpr std::int64_t tail_max = 20'000;

}  // namespace

result<void> ledger::impl::find_ahead() {
    const auto known = db.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key='applied'");
    if (!known) return known.error();
    applied = *known;
    // The first step of a job stands in its row from the start.
    auto tail = db.prepare("SELECT seq, job FROM transitions WHERE seq > ? AND prev <> 0 ORDER BY seq");
    if (!tail) return tail.error();
    tail->start().integer(applied);
    for (;;) {
        auto row = tail->step();
        if (!row) return row.error();
        if (!*row) return {};
        const std::int64_t seq = tail->next_integer();
        ahead[static_cast<lifecycle::job_id>(tail->next_integer())] = seq;
    }
}

result<void> ledger::impl::apply(std::size_t jobs_max) {
    if (pass.empty()) {
        if (ahead.empty() && next_seq - 1 - applied < tail_max) return {};
        for (const auto& [id, seq] : ahead) pass.push_back(id);
        std::sort(pass.begin(), pass.end(), std::greater<>{});
        pass_until = next_seq - 1;
    }
    // Nobody waits for it, and every later commit syncs it too: a sync of its own would only cost time.
    if (auto relaxed = db.run("PRAGMA synchronous=NORMAL"); !relaxed) return relaxed;
    if (auto done = begin.start().execute(); !done) return done.error();
    for (std::size_t n = 0; n < jobs_max && !pass.empty(); ++n) {
        const auto found = ahead.find(pass.back());
        pass.pop_back();
        if (found == ahead.end()) continue;
        const auto changed = apply_job.start()
                                 .integer(found->second)
                                 .integer(static_cast<std::int64_t>(found->first))
                                 .execute();
        if (!changed) return changed.error();
        if (*changed != 1)
            return error{errc::corrupt, "ledger " + db.path() + ": step " + std::to_string(found->second) +
                                            " belongs to job " + lifecycle::to_text(found->first) +
                                            ", which is missing; restore a backup"};
        ahead.erase(found);
    }
    if (pass.empty()) {
        auto done = set_meta.start().text(std::to_string(pass_until)).text("applied").execute();
        if (!done) return done.error();
        applied = pass_until;
    }
    if (auto done = end.start().execute(); !done) return done.error();
    return db.run("PRAGMA synchronous=FULL");
}

std::size_t ledger::unapplied() const {
    return impl_->ahead.size();
}

bool ledger::applying() const {
    return !impl_->pass.empty();
}

result<void> ledger::apply(std::size_t jobs_max) {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    if (auto done = i.apply(jobs_max); !done) return i.stop(done.error());
    return {};
}

}  // namespace trainyard::ledger

#include "tests/simulation/disk.hpp"

#include "tests/simulation/work.hpp"

namespace trainyard::simulation {

using lifecycle::state;

disk::disk(const plan& p, agenda& time, trace& told, verdict& judge, const cloud& world)
    : plan_(p), time_(time), trace_(told), verdict_(judge), cloud_(world), dice_(rng{p.seed}.split("disk")) {}

void disk::submit(std::vector<lifecycle::record> records, answered done) {
    waiting_.push_back({std::move(records), std::move(done)});
    if (writing_ == 0 && !broken_) write();
}

// Everything that waits goes in one transaction.
void disk::write() {
    writing_ = waiting_.size();
    duration takes = std::chrono::microseconds{dice_.between(200, 20'000)};
    if (dice_.chance(plan_.faults.slow_commits) && !healed_)
        takes = std::chrono::seconds{dice_.between(1, 60)};
    time_.after(takes, [this, life = life_, n = writing_] { written(n, life); });
}

void disk::written(std::size_t batches, std::uint64_t life) {
    if (life != life_) return;
    if (fails_ && !healed_) {
        // What a failed sync leaves nobody knows; here it is some of the batches.
        broken_ = true;
        const std::size_t kept = dice_.below(batches + 1);
        trace_.add(time_.now(), "the disk fails; {} of {} batches are there", kept, batches);
        std::vector<answered> told;
        for (std::size_t i = 0; i < batches; ++i) {
            if (i < kept)
                for (const lifecycle::record& r : waiting_.front().records) apply(r);
            told.push_back(std::move(waiting_.front().done));
            waiting_.pop_front();
        }
        for (const answered& a : told) a(false);
        return;
    }
    for (std::size_t i = 0; i < batches; ++i) {
        const batch b = std::move(waiting_.front());
        waiting_.pop_front();
        for (const lifecycle::record& r : b.records) apply(r);
        b.done(true);
        if (life != life_) return;  // the answer made the process end
    }
    writing_ = 0;
    if (!waiting_.empty()) write();
}

void disk::crash() {
    const std::size_t kept = broken_ ? 0 : dice_.below(writing_ + 1);
    for (std::size_t i = 0; i < kept; ++i)
        for (const lifecycle::record& r : waiting_[i].records) apply(r);
    waiting_.clear();
    writing_ = 0;
    broken_ = fails_ = false;
    ++life_;
}

void disk::count_crash() {
    if (reading_.empty()) return;
    lifecycle::record r;
    r.mark = lifecycle::record::reading{reading_, marks_[reading_] + 1};
    apply(r);
    end_reading();
}

void disk::apply(const lifecycle::record& r) {
    const duration now = time_.now();
    if (r.mark) {
        trace_.add(now, "durable mark {} of {}", r.mark->times, r.mark->key);
        if (r.mark->times > 0) marks_[r.mark->key] = r.mark->times;
        if (r.mark->times == 0) marks_.erase(r.mark->key);
        if (r.id == 0) return;
    }
    trace_.add(now, "durable {} {} attempt {} {} {}", lifecycle::to_text(r.id), lifecycle::to_string(r.to),
               r.attempt, r.sagemaker_name, r.reason);
    lifecycle::job& j = jobs_[r.id];
    if (r.accepted) {
        if (!j.facts.dedup_key.empty())
            verdict_.accuse(now, "S2", "{} is accepted twice", lifecycle::to_text(r.id));
        j.facts = *r.accepted;
        bodies_[r.id] = r.body;
        if (r.reason.find("while it read this message") != std::string::npos &&
            r.body.find(poison_mark) == std::string::npos)
            verdict_.accuse(now, "S12", "message {} is set aside and never ended the program",
                            j.facts.message_id);
        if (!keys_.insert(j.facts.dedup_key).second)
            verdict_.accuse(now, "S10", "two jobs of message {}", j.facts.message_id);
    } else if (j.facts.dedup_key.empty()) {
        verdict_.accuse(now, "S3", "{} moves and was never accepted", lifecycle::to_text(r.id));
    } else if (lifecycle::is_terminal(j.state) && !(r.to == j.state && j.progress.result_due)) {
        verdict_.accuse(now, "S2", "{} goes from {} to {}", lifecycle::to_text(r.id),
                        lifecycle::to_string(j.state), lifecycle::to_string(r.to));
    }
    if (j.progress.cause == lifecycle::stop_cause::cancelled && r.to == state::pending)
        verdict_.accuse(now, "S2", "{} was cancelled and is to be started again", lifecycle::to_text(r.id));
    if (r.attempt - r.progress.uncharged > j.facts.max_attempts)
        verdict_.accuse(now, "S11", "{} has attempt {} of {}, {} of them free", lifecycle::to_text(r.id),
                        r.attempt, j.facts.max_attempts, r.progress.uncharged);
    const cloud::started* started = cloud_.find(r.pool, r.sagemaker_name);
    const bool ours =
        started != nullptr && started->job == lifecycle::to_text(r.id) && started->attempt == r.attempt;
    if ((r.to == state::running || r.to == state::succeeded || r.to == state::stopping) && !ours)
        verdict_.accuse(now, "S5", "{} is {} as {} in {}, which is not its own", lifecycle::to_text(r.id),
                        lifecycle::to_string(r.to), r.sagemaker_name, r.pool);
    if (r.to == state::succeeded && ours) {
        const auto truth = cloud_.status(*started);
        if (truth && started->kind != lifecycle::kind::endpoint && *truth != "Completed" &&
            *truth != "Succeeded")
            verdict_.accuse(now, "S9", "{} has succeeded while {} is {}", lifecycle::to_text(r.id),
                            r.sagemaker_name, *truth);
    }
    lifecycle::apply(r, j);
}

std::vector<lifecycle::job> disk::load() const {
    std::vector<lifecycle::job> out;
    for (const auto& [id, j] : jobs_) out.push_back(j);
    return out;
}

const lifecycle::job* disk::find(lifecycle::job_id id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

}  // namespace trainyard::simulation

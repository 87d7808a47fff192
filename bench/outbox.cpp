// The price of collecting a message into a batch, call and network aside: FIFO groups beside messages of no
// group.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "aws/sqs/coalescer.hpp"
#include "bench/commands.hpp"
#include "bench/report.hpp"

namespace trainyard::bench {
namespace {

struct options {
    std::vector<std::size_t> groups{10, 100, 10'000};
    std::size_t backlog = 20'000;
    std::size_t rounds = 7;
    std::uint64_t seed = 1;
    bool json = false;
};

// So many messages wait all the time; batches end in the order in which they went out.
class outbox {
public:
    outbox(std::size_t groups, const options& o) : waiting_({}, rng{o.seed}) {
        for (std::size_t g = 0; g < groups; ++g) names_.push_back("group-" + std::to_string(g));
        for (std::size_t i = 0; i < o.backlog; ++i) add();
    }
    // So many messages go out, as many come.
    void step(std::size_t messages) {
        while (messages > 0) {
            now_ += std::chrono::microseconds{100};
            auto b = waiting_.take(now_, true);
            const bool went = !b.empty();
            if (went) out_.push_back(std::move(b));
            if (went && out_.size() < batches_out) continue;
            for (const auto& i : out_.front()) {
                waiting_.succeeded(i);
                add();
            }
            waiting_.batch_ended();
            messages -= std::min(messages, out_.front().size());
            out_.pop_front();
        }
    }

private:
    using collected = aws::sqs::coalescer<std::uint64_t>;
    static constexpr std::size_t batches_out = 16;

    void add() {
        const std::uint64_t n = next_++;
        waiting_.add(n, 300, now_, names_.empty() ? std::string{} : names_[n % names_.size()]);
    }

    collected waiting_;
    std::deque<collected::batch> out_;
    std::vector<std::string> names_;
    std::uint64_t next_ = 0;
    mono_time now_{};
};

int run(const options& o) {
    report r;
    r.bench = "outbox";
    r.seed = o.seed;
    r.parameters = {{"waiting messages", std::to_string(o.backlog)}, {"step", "add, take, succeed"}};
    std::vector<std::unique_ptr<outbox>> all;
    rounds turns;
    const auto add = [&](std::size_t groups) {
        all.push_back(std::make_unique<outbox>(groups, o));
        return turns.add([box = all.back().get()](std::size_t n) { box->step(n); });
    };
    const std::size_t plain = add(0);
    std::vector<std::size_t> grouped;
    for (const std::size_t g : o.groups) grouped.push_back(add(g));
    turns.run(o.rounds);
    r.figures.push_back(time_figure("a message of no group", turns.of(plain)));
    for (std::size_t i = 0; i < grouped.size(); ++i)
        r.figures.push_back(time_figure("a message of " + std::to_string(o.groups[i]) + " groups",
                                        turns.of(grouped[i]), turns.of(plain)));
    print(r, o.json);
    return 0;
}

}  // namespace

void add_outbox(CLI::App& app, action& then) {
    auto* sub = app.add_subcommand("outbox", "Collecting messages into batches: FIFO groups beside none");
    auto o = std::make_shared<options>();
    sub->add_option("--groups", o->groups, "Message groups; several: one after the other")
        ->capture_default_str();
    sub->add_option("--backlog", o->backlog, "Messages that wait all the time")->capture_default_str();
    sub->add_option("--rounds", o->rounds, "Measurements of each")->capture_default_str();
    sub->add_option("--seed", o->seed, "Of what is random")->capture_default_str();
    sub->add_flag("--json", o->json, "One JSON object instead of a table");
    sub->callback([o, &then] { then = [o] { return run(*o); }; });
}

}  // namespace trainyard::bench

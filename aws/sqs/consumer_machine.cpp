// Messages in and handed over.
#include "aws/sqs/consumer_machine.hpp"

#include <algorithm>

#include "aws/sqs/consumer_machine_impl.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::sqs {

namespace {

// Memory of texts that is kept for answers to come: so many, none larger than this.
constexpr std::size_t spare_texts_max = 64;
constexpr std::size_t spare_bytes_max = 256U << 10U;
// Of a sent message beside its body and attributes; SQS counts nothing else.
std::size_t size_of(const send_entry& e) {
    std::size_t bytes = e.body.size();
    for (const auto& [name, a] : e.attributes) bytes += name.size() + a.data_type.size() + a.value.size();
    return bytes;
}

// Whatever is held has its place in these beyond the rest, so no delete and no give-back is refused.
coalescer_limits limits_of(const consumer_options& o) {
    coalescer_limits out = o.batches;
    out.waiting += o.receive.credit;
    return out;
}

}  // namespace

consumer_machine::consumer_machine(const consumer_options& options, rng random)
    : options_(options),
      random_(random),
      polls_(options.receive),
      kept_(options.remembered),
      beats_(options.keep_alive) {}
consumer_machine::~consumer_machine() = default;

queue_number consumer_machine::add_queue(queue_rules rules) {
    const queue_number number = queues_.size();
    const rng random = random_.split(std::to_string(number));
    auto made = std::make_unique<queue>(std::move(rules), limits_of(options_), random);
    made->number = number;
    if (made->rules.receive) {
        made->polled_as = polls_.add_queue(made->rules.weight, made->rules.fifo);
        polled_.push_back(number);
    }
    queues_.push_back(std::move(made));
    return number;
}

std::optional<receiver::poll> consumer_machine::next_poll(mono_time now) {
    if (next_poll_ == commands_.polls.size()) {
        commands_.polls.clear();
        next_poll_ = 0;
        if (answer_bytes_ < options_.answer_bytes_max) polls_.take_into(commands_, now);
    }
    if (next_poll_ == commands_.polls.size()) return std::nullopt;
    ++counts_.polls;
    return commands_.polls[next_poll_++];
}

std::optional<std::size_t> consumer_machine::next_look() {
    if (commands_.looks.empty()) return std::nullopt;
    const std::size_t out = commands_.looks.back();
    commands_.looks.pop_back();
    return out;
}

void consumer_machine::poll_failed(const receiver::poll& what, bool over_limit, mono_time now) {
    queue_figures& f = queues_[polled_[what.queue]]->figures;
    ++(over_limit ? f.polls_over_limit : f.polls_failed);
    if (over_limit)
        polls_.over_limit(what.id, now);
    else
        polls_.failed(what.id, now);
}

std::uint32_t consumer_machine::take_answer_place() {
    if (free_answers_.empty()) {
        free_answers_.push_back(static_cast<std::uint32_t>(answers_.size()));
        answers_.emplace_back();
    }
    const std::uint32_t out = free_answers_.back();
    free_answers_.pop_back();
    return out;
}

void consumer_machine::drop_answer(std::uint32_t which) {
    answer_bytes_ -= answers_[which].text.bytes();
    std::string text = answers_[which].text.clear();
    if (spare_texts_.size() < spare_texts_max && text.capacity() <= spare_bytes_max)
        spare_texts_.push_back(std::move(text));
    free_answers_.push_back(which);
}

std::string consumer_machine::spare_text() {
    if (spare_texts_.empty()) return {};
    std::string out = std::move(spare_texts_.back());
    spare_texts_.pop_back();
    out.clear();
    return out;
}

result<void> consumer_machine::poll_answered(const receiver::poll& what, std::string text, mono_time asked,
                                             mono_time now) {
    queue& q = *queues_[polled_[what.queue]];
    const std::uint32_t at = take_answer_place();
    kept_answer& a = answers_[at];
    auto read = a.text.read(std::move(text));
    answer_bytes_ += a.text.bytes();
    const std::size_t came = a.text.messages().size();
    const auto asked_for = static_cast<std::size_t>(what.max_messages);
    if (read && came > asked_for) read = error{errc::corrupt, "more messages than were asked for"};
    if (!read) {
        // What it brought comes back after its visibility timeout.
        drop_answer(at);
        poll_failed(what, false, now);
        return read;
    }
    polls_.ended(what.id, came, now);
    counts_.received += came;
    q.figures.received += came;
    ++(came == 0 ? q.figures.polls_empty : came == asked_for ? q.figures.polls_full : q.figures.polls_some);
    a.live = 1;  // until all are looked at
    for (std::uint32_t i = 0; i < came; ++i) take_message(q, {at, i}, asked, now);
    if (--a.live == 0) drop_answer(at);
    return {};
}

void consumer_machine::take_message(queue& q, message_place at, mono_time asked, mono_time now) {
    kept_answer& a = answers_[at.answer];
    const message_view& m = a.text.messages()[at.index];
    const auto came = kept_.arrived(static_cast<std::uint32_t>(q.number), m.id, m.receipt_handle, at);
    using verdict = custody::arrival::verdict;
    if (came.what != verdict::fresh) {
        ++counts_.duplicates;
        ++q.figures.copies;
    }
    if (came.what == verdict::copy) return polls_.release(1);
    ++a.live;
    if (came.what == verdict::finished) return erase(came.slot, now);
    const message_ref ref = ref_to(came.slot);
    if (q.rules.heartbeat) beats_.hold(key_of(ref), std::string{m.receipt_handle}, asked);
    if (stopping_ && !options_.deliver_while_stopping) return give_back_slot(came.slot, 0, now);
    if (!q.rules.one_at_a_time || q.order.arrived(std::string{m.group_id}, came.slot)) ready_.push_back(ref);
}

std::optional<delivery> consumer_machine::take_delivery(mono_time now) {
    handing_over_.clear();
    std::optional<queue_number> of;
    while (ready_at_ < ready_.size() && handing_over_.size() < batch_entries_max) {
        const message_ref next = ready_[ready_at_];
        if (is_held(next)) {
            const queue_number number = queue_of(next.slot).number;
            if (of && *of != number) break;
            if (stopping_ && !options_.deliver_while_stopping) {
                give_back_slot(next.slot, 0, now);
            } else {
                of = number;
                handing_over_.push_back({next, view(next.slot)});
            }
        }
        ++ready_at_;
    }
    if (ready_at_ == ready_.size()) {
        ready_.clear();
        ready_at_ = 0;
    }
    if (!of) return std::nullopt;
    return delivery{*of, handing_over_};
}

void consumer_machine::acknowledge(message_ref which, mono_time now) {
    if (!names(which) || !kept_.acknowledge(which.slot)) return;
    queue& q = queue_of(which.slot);
    if (q.rules.heartbeat) beats_.forget(key_of(which));
    if (q.rules.one_at_a_time)
        if (const auto next = q.order.finished(std::string{view(which.slot).group_id}))
            ready_.push_back(ref_to(*next));
    erase(which.slot, now);
}

void consumer_machine::give_back(message_ref which, int after_seconds, mono_time now) {
    if (!is_held(which)) return;
    give_back_behind(queue_of(which.slot), which.slot, now);
    give_back_slot(which.slot, after_seconds, now);
}

// What waits behind the first one goes back, newest first, so that SQS has the group in its old order.
void consumer_machine::give_back_behind(queue& q, custody::slot first, mono_time now) {
    if (!q.rules.one_at_a_time) return;
    for (const custody::slot behind : q.order.abandoned(std::string{view(first).group_id}))
        give_back_slot(behind, 0, now);
}

void consumer_machine::give_back_slot(custody::slot s, int after_seconds, mono_time now) {
    if (!kept_.give_back(s)) return;
    queue& q = queue_of(s);
    if (q.rules.heartbeat) beats_.forget(key_of(ref_to(s)));
    change(q, {visibility_change::purpose::give_back, ref_to(s), after_seconds}, now);
}

void consumer_machine::give_back_all(mono_time now) {
    for (std::size_t s = kept_.slot_bound(); s > 0; --s)
        give_back_slot(static_cast<custody::slot>(s - 1), 0, now);
}

void consumer_machine::extend(message_ref which, int seconds, mono_time now) {
    if (is_held(which))
        change(queue_of(which.slot), {visibility_change::purpose::extend, which, seconds}, now);
}

bool consumer_machine::send(queue_number to, outgoing what, mono_time now) {
    queue& q = *queues_.at(to);
    if (q.outbox.waiting() >= options_.batches.waiting) return false;
    const std::size_t bytes = size_of(what.entry);
    std::string group = what.entry.group_id;
    if (!q.outbox.add(std::move(what), bytes, now, std::move(group))) return false;
    activate(q);
    return true;
}

const message_view* consumer_machine::find(message_ref which) const {
    return names(which) ? &view(which.slot) : nullptr;
}

std::optional<queue_number> consumer_machine::queue_of(message_ref which) const {
    if (!names(which)) return std::nullopt;
    return queue_of(which.slot).number;
}

// The message's end: its answer may go, and its credit is there again.
void consumer_machine::free_slot(custody::slot s) {
    const std::uint32_t answer = kept_.place(s).answer;
    if (--answers_[answer].live == 0) drop_answer(answer);
    polls_.release(1);
}

void consumer_machine::erase(custody::slot s, mono_time now) {
    queue& q = queue_of(s);
    TY_CHECK(q.erase.add(s, 1, now), "a held message has its place among the deletes");
    activate(q);
}

void consumer_machine::change(queue& q, visibility_change what, mono_time now) {
    const bool may_wait = what.why == visibility_change::purpose::give_back ||
                          q.visibility.waiting() < options_.batches.waiting;
    if (!may_wait) return changed(what, false, false, now);
    TY_CHECK(q.visibility.add(what, 1, now), "a held message has its place among the changes");
    activate(q);
}

void consumer_machine::activate(queue& q) {
    if (q.active) return;
    q.active = true;
    active_.push_back(q.number);
}

void consumer_machine::forget_inactive() {
    std::erase_if(active_, [this](queue_number n) {
        queue& q = *queues_[n];
        q.active = q.waits();
        return !q.active;
    });
}

void consumer_machine::beat(mono_time now) {
    if (beats_.held() == 0 && !beats_.next_due()) return;
    constexpr std::size_t at_once = 1'000;
    const auto commands = beats_.take(now, at_once);
    for (const auto& b : commands.extend) {
        const message_ref which = ref_of(b.message);
        change(queue_of(which.slot), {visibility_change::purpose::beat, which, b.timeout_seconds}, now);
    }
    for (const heartbeat::key k : commands.hand_off) {
        if (!is_held(ref_of(k))) continue;
        notice& n = notices_.emplace_back();
        n.what = notice::kind::hand_off;
        n.which = ref_of(k);
        n.queue = queue_of(n.which.slot).number;
    }
    for (const heartbeat::key k : commands.lost) {
        const message_ref which = ref_of(k);
        if (!is_held(which)) continue;
        queue& q = queue_of(which.slot);
        give_back_behind(q, which.slot, now);
        kept_.lost(which.slot);
        free_slot(which.slot);
        notice& n = notices_.emplace_back();
        n.what = notice::kind::lost;
        n.which = which;
        n.queue = q.number;
    }
}

mono_time consumer_machine::next_due(queue_number of) const {
    const queue& q = *queues_[of];
    mono_time at = mono_time::max();
    for (const auto& due : {q.erase.next_due(), q.visibility.next_due(), q.outbox.next_due()})
        if (due) at = std::min(at, *due);
    return at;
}

mono_time consumer_machine::next_due() const {
    if (has_delivery()) return mono_time::min();
    mono_time at = mono_time::max();
    for (const auto& due : {polls_.next_due(), beats_.next_due()})
        if (due) at = std::min(at, *due);
    for (const queue_number n : active_) at = std::min(at, next_due(n));
    return at;
}

bool consumer_machine::may_fill(queue_number of) const {
    const queue& q = *queues_[of];
    return q.erase.may_fill() || q.visibility.may_fill() || q.outbox.may_fill();
}

bool consumer_machine::batches_idle() const {
    return std::all_of(queues_.begin(), queues_.end(), [](const auto& q) { return q->idle(); });
}

void consumer_machine::set_receiving(queue_number of, bool on) {
    const queue& q = *queues_.at(of);
    if (q.rules.receive) polls_.set_receiving(q.polled_as, on);
}

receiver::report consumer_machine::report(queue_number of) const {
    const queue& q = *queues_.at(of);
    return q.rules.receive ? polls_.queue(q.polled_as) : receiver::report{};
}

const queue_figures& consumer_machine::figures(queue_number of) const {
    return queues_[of]->figures;
}

}  // namespace trainyard::aws::sqs

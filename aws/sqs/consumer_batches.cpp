// Out in batches: deletes, visibility changes, sends.
#include "aws/sqs/codec.hpp"
#include "aws/sqs/consumer_impl.hpp"
#include "aws/sqs/request_text.hpp"
#include "engine/base/check.hpp"
#include "engine/base/digest.hpp"

namespace trainyard::aws::sqs {

namespace {

// When the call failed as a whole every entry did.
bool is_sender_fault(failure kind) {
    return kind == failure::invalid_request || kind == failure::access_denied || kind == failure::not_found;
}

// What became of each entry of a batch that was answered by `answer`, or not.
class outcomes {
public:
    outcomes(api_result<http::response>& answer, std::size_t entries) {
        if (!answer) {
            failed_.sender_fault = is_sender_fault(answer.error().kind);
            failed_.code = answer.error().code;
            failed_.message = answer.error().message;
            if (failed_.code.empty()) failed_.code = to_string(answer.error().kind);
            return;
        }
        const auto read = each_.read(answer->body, entries);
        answered_ = read.has_value();
        if (answered_) return;
        why_ = read.error().message;
        failed_.code = "Malformed";
        failed_.message = why_;
    }
    const entry_outcome& operator[](std::size_t entry) const { return answered_ ? each_[entry] : failed_; }

private:
    batch_answer each_;
    entry_outcome failed_;
    std::string why_;
    bool answered_ = false;
};

}  // namespace

void consumer::impl::acknowledge(message_ref which) {
    if (!names(which) || !kept.acknowledge(which.slot)) return;
    consumed_queue& q = queue_of(which.slot);
    if (q.settings.heartbeat) beats.forget(key_of(which));
    if (q.settings.one_at_a_time) {
        const auto next = q.order.finished(std::string{view(which.slot).group_id});
        if (next) {
            ready.push_back(ref_to(*next));
            wake_by(mono_time::min());
        }
    }
    erase(which.slot);
    if (stopping && kept.held() == 0) drained.set();
}

void consumer::impl::give_back(message_ref which, int after_seconds) {
    if (!names(which) || kept.stage_of(which.slot) != custody::stage::held) return;
    consumed_queue& q = queue_of(which.slot);
    give_back_group(q, which.slot);
    give_back_slot(which.slot, after_seconds);
    if (stopping && kept.held() == 0) drained.set();
}

// What waits behind the first one goes back, newest first, so that SQS has the group in its old order.
void consumer::impl::give_back_group(consumed_queue& q, custody::slot first) {
    if (!q.settings.one_at_a_time) return;
    for (const custody::slot behind : q.order.abandoned(std::string{view(first).group_id}))
        give_back_slot(behind, 0);
}

void consumer::impl::give_back_slot(custody::slot s, int after_seconds) {
    if (!kept.give_back(s)) return;
    consumed_queue& q = queue_of(s);
    const message_ref which = ref_to(s);
    if (q.settings.heartbeat) beats.forget(key_of(which));
    change(q, {visibility_change::purpose::give_back, which, after_seconds});
}

void consumer::impl::erase(custody::slot s) {
    consumed_queue& q = queue_of(s);
    TY_CHECK(q.erase.add(s, 1, now()), "a held message has its place among the deletes");
    after_add(q);
}

void consumer::impl::change(consumed_queue& q, visibility_change what) {
    const bool may_wait =
        what.why == visibility_change::purpose::give_back || q.visibility.waiting() < options.batches.waiting;
    if (!may_wait) return changed(what, false, false);
    TY_CHECK(q.visibility.add(what, 1, now()), "a held message has its place among the changes");
    after_add(q);
}

void consumer::impl::after_add(consumed_queue& q) {
    if (!q.active) {
        q.active = true;
        active.push_back(&q);
    }
    start_batches(q);
    wake_for(q);
}

void consumer::impl::wake_for(const consumed_queue& q) {
    if (const auto due = q.erase.next_due()) wake_by(*due);
    if (const auto due = q.visibility.next_due()) wake_by(*due);
    if (const auto due = q.outbox.next_due()) wake_by(*due);
}

void consumer::impl::start_batches(consumed_queue& q) {
    for (auto b = q.erase.take(now(), flushing); !b.empty(); b = q.erase.take(now(), flushing))
        workers.spawn([this, &q, b] { return erase_lane(q, b); });
    for (auto b = q.visibility.take(now(), flushing); !b.empty(); b = q.visibility.take(now(), flushing))
        workers.spawn([this, &q, b] { return change_lane(q, b); });
    for (auto b = q.outbox.take(now(), flushing); !b.empty(); b = q.outbox.take(now(), flushing))
        workers.spawn([this, &q, b] { return send_lane(q, b); });
}

// The message's end: its answer may go, and its credit is there again.
void consumer::impl::free_slot(custody::slot s) {
    const std::uint32_t answer = kept.place(s).answer;
    if (--answers[answer].live == 0) drop_answer(answer);
    polls.release(1);
}

void consumer::impl::abandon(consumed_queue& q, request_kind kind, const entry_outcome& why) {
    ++counts.abandoned;
    q.figures.batches[static_cast<std::size_t>(kind)].abandoned.add();
    abandoned_entry what;
    what.queue = q.number;
    what.kind = kind;
    what.code = why.code;
    what.message = why.message;
    what.sender_fault = why.sender_fault;
    q.handler->abandoned(what);
}

task<void> consumer::impl::erase_lane(consumed_queue& q, deletes::batch b) {
    while (!b.empty()) {
        co_await erase_once(q, b);
        b = q.erase.take(now(), flushing);
    }
    wake_for(q);
    drained.set();
}

task<void> consumer::impl::erase_once(consumed_queue& q, deletes::batch& b) {
    std::string body;
    begin_batch(body, q.settings.url);
    for (std::size_t i = 0; i < b.size(); ++i) {
        kept.asked(b[i].entry);
        add_delete(body, i, handle(b[i].entry));
    }
    end_batch(body);
    ++counts.delete_calls;
    auto& figures = q.figures.batches[static_cast<std::size_t>(request_kind::erase)];
    figures.calls.add();
    call request = make_call(q, "DeleteMessageBatch", std::move(body), http::lane::ack);
    auto answer = co_await calls.send(std::move(request), q.settings.who);
    const outcomes all{answer, b.size()};
    std::size_t done = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const custody::slot s = b[i].entry;
        if (!all[i].done) {
            const auto fate = q.erase.failed(b[i], {all[i].sender_fault}, now());
            if (fate == deletes::fate::waits_for_retry) {
                kept.failed(s);
                figures.retried.add();
                continue;
            }
            abandon(q, request_kind::erase, all[i]);
        } else {
            q.erase.succeeded(b[i]);
            ++done;
        }
        if (kept.ended(s))
            free_slot(s);
        else
            erase(s);
    }
    q.erase.batch_ended();
    counts.deleted += done;
    figures.done.add(static_cast<double>(done));
    start_all_polls();  // with the credit that is there again
}

task<void> consumer::impl::change_lane(consumed_queue& q, changes::batch b) {
    while (!b.empty()) {
        co_await change_once(q, b);
        b = q.visibility.take(now(), flushing);
    }
    wake_for(q);
    drained.set();
}

task<void> consumer::impl::change_once(consumed_queue& q, changes::batch& b) {
    std::string body;
    begin_batch(body, q.settings.url);
    std::vector<std::size_t> places;  // in `b`, of what goes out
    for (std::size_t i = 0; i < b.size(); ++i) {
        const visibility_change& c = b[i].entry;
        const bool returns = c.why == visibility_change::purpose::give_back;
        // An extension of what has ended meanwhile is nobody's wish any more.
        if (!names(c.which) || (!returns && kept.stage_of(c.which.slot) != custody::stage::held)) {
            q.visibility.succeeded(b[i]);
            continue;
        }
        if (returns) kept.asked(c.which.slot);
        add_visibility(body, places.size(), handle(c.which.slot), c.seconds);
        places.push_back(i);
    }
    end_batch(body);
    if (!places.empty()) {
        auto& figures = q.figures.batches[static_cast<std::size_t>(request_kind::visibility)];
        figures.calls.add();
        call request = make_call(q, "ChangeMessageVisibilityBatch", std::move(body), http::lane::ack);
        auto answer = co_await calls.send(std::move(request), q.settings.who);
        const outcomes all{answer, places.size()};
        for (std::size_t n = 0; n < places.size(); ++n) {
            changes::item& item = b[places[n]];
            const visibility_change what = item.entry;
            if (all[n].done) {
                q.visibility.succeeded(item);
                figures.done.add();
            } else if (q.visibility.failed(item, {all[n].sender_fault}, now()) ==
                       changes::fate::waits_for_retry) {
                if (what.why == visibility_change::purpose::give_back) kept.failed(what.which.slot);
                figures.retried.add();
                continue;
            } else {
                abandon(q, request_kind::visibility, all[n]);
            }
            changed(what, all[n].done, all[n].sender_fault);
        }
    }
    q.visibility.batch_ended();
}

void consumer::impl::changed(const visibility_change& what, bool done, bool sender_fault) {
    const heartbeat::key k = key_of(what.which);
    switch (what.why) {
        case visibility_change::purpose::give_back:
            if (done) ++counts.given_back;
            if (kept.ended(what.which.slot)) free_slot(what.which.slot);
            break;
        case visibility_change::purpose::beat:
            if (done)
                beats.extended(k, now());
            else
                beats.failed(k, sender_fault, now());
            if (const auto due = beats.next_due()) wake_by(*due);
            break;
        case visibility_change::purpose::extend: break;
    }
}

task<void> consumer::impl::send_lane(consumed_queue& q, sends::batch b) {
    while (!b.empty()) {
        co_await send_once(q, b);
        b = q.outbox.take(now(), flushing);
    }
    wake_for(q);
    drained.set();
}

task<void> consumer::impl::send_once(consumed_queue& q, sends::batch& b) {
    std::vector<send_entry> entries;
    for (std::size_t i = 0; i < b.size(); ++i) {
        entries.push_back(b[i].entry.entry);
        entries.back().id = entry_id(i);
    }
    auto& figures = q.figures.batches[static_cast<std::size_t>(request_kind::send)];
    figures.calls.add();
    std::string body = encode_send_batch(q.settings.url, entries);
    call request = make_call(q, "SendMessageBatch", std::move(body), http::lane::control);
    auto answer = co_await calls.send(std::move(request), q.settings.who);
    const outcomes all{answer, b.size()};
    for (std::size_t i = 0; i < b.size(); ++i) {
        entry_outcome o = all[i];
        if (o.done && (o.body_md5 != md5_hex(entries[i].body) ||
                       o.attributes_md5 != attributes_md5(entries[i].attributes))) {
            o.done = false;
            o.code = "Corrupt";
            o.message = "the digests are not those of the sent message";
        }
        const send_outcome then = b[i].entry.then;
        if (o.done) {
            q.outbox.succeeded(b[i]);
            figures.done.add();
            const sent s{b[i].entry.entry.id, std::string{o.message_id}, std::string{o.sequence_number}};
            if (then) then(&s, nullptr);
        } else if (q.outbox.failed(b[i], {o.sender_fault}, now()) == sends::fate::waits_for_retry) {
            figures.retried.add();
        } else {
            abandon(q, request_kind::send, o);
            const failed_entry f{entries[i].id, std::string{o.code}, std::string{o.message}, o.sender_fault};
            if (then) then(nullptr, &f);
        }
    }
    q.outbox.batch_ended();
}

}  // namespace trainyard::aws::sqs

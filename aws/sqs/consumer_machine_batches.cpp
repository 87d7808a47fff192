// Out in batches: deletes, visibility changes, sends.
#include "aws/sqs/codec.hpp"
#include "aws/sqs/consumer_machine_impl.hpp"
#include "aws/sqs/request_text.hpp"
#include "engine/base/digest.hpp"

namespace trainyard::aws::sqs {

batch_outcomes::batch_outcomes(std::string& text, std::size_t entries) {
    const auto read = each_.read(text, entries);
    answered_ = read.has_value();
    if (answered_) return;
    why_ = read.error().message;
    failed_.code = "Malformed";
    failed_.message = why_;
}

batch_outcomes::batch_outcomes(std::string_view code, std::string_view message, bool sender_fault)
    : code_(code), why_(message) {
    failed_.code = code_;
    failed_.message = why_;
    failed_.sender_fault = sender_fault;
}

consumer_machine::notice& consumer_machine::abandon(queue& q, request_kind kind, const entry_outcome& why) {
    ++counts_.abandoned;
    ++q.batches(kind).abandoned;
    notice& n = notices_.emplace_back();
    n.what = notice::kind::abandoned;
    n.queue = q.number;
    n.entry.queue = q.number;
    n.entry.kind = kind;
    n.entry.code = why.code;
    n.entry.message = why.message;
    n.entry.sender_fault = why.sender_fault;
    return n;
}

bool consumer_machine::take_deletes(queue_number of, deletes::batch& out, std::string& body, mono_time now) {
    queue& q = *queues_[of];
    if (!q.erase.take_into(out, now, flushing_)) return false;
    begin_batch(body, q.rules.url);
    for (std::size_t i = 0; i < out.size(); ++i) {
        kept_.asked(out[i].entry);
        add_delete(body, i, handle(out[i].entry));
    }
    end_batch(body);
    ++counts_.delete_calls;
    ++q.batches(request_kind::erase).calls;
    return true;
}

void consumer_machine::deletes_ended(queue_number of, deletes::batch& batch, const batch_outcomes& outcomes,
                                     mono_time now) {
    queue& q = *queues_[of];
    auto& figures = q.batches(request_kind::erase);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const custody::slot s = batch[i].entry;
        if (outcomes[i].done) {
            q.erase.succeeded(batch[i]);
            ++counts_.deleted;
            ++figures.done;
        } else if (q.erase.failed(batch[i], {outcomes[i].sender_fault}, now) ==
                   deletes::fate::waits_for_retry) {
            kept_.failed(s);
            ++figures.retried;
            activate(q);
            continue;
        } else {
            abandon(q, request_kind::erase, outcomes[i]);
        }
        if (kept_.ended(s))
            free_slot(s);
        else
            erase(s, now);
    }
    q.erase.batch_ended();
}

bool consumer_machine::take_changes(queue_number of, changes::batch& out, std::string& body, mono_time now) {
    queue& q = *queues_[of];
    if (!q.visibility.take_into(out, now, flushing_)) return false;
    begin_batch(body, q.rules.url);
    // An extension of what has ended meanwhile is nobody's wish any more.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const visibility_change c = out[i].entry;
        const bool returns = c.why == visibility_change::purpose::give_back;
        if (!returns && !is_held(c.which)) {
            q.visibility.succeeded(out[i]);
            continue;
        }
        if (returns) kept_.asked(c.which.slot);
        add_visibility(body, kept, handle(c.which.slot), c.seconds);
        if (kept != i) out[kept] = std::move(out[i]);
        ++kept;
    }
    out.resize(kept);
    end_batch(body);
    if (kept == 0)
        body.clear();
    else
        ++q.batches(request_kind::visibility).calls;
    return true;
}

void consumer_machine::changes_ended(queue_number of, changes::batch& batch, const batch_outcomes& outcomes,
                                     mono_time now) {
    queue& q = *queues_[of];
    auto& figures = q.batches(request_kind::visibility);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const visibility_change what = batch[i].entry;
        if (outcomes[i].done) {
            q.visibility.succeeded(batch[i]);
            ++figures.done;
        } else if (q.visibility.failed(batch[i], {outcomes[i].sender_fault}, now) ==
                   changes::fate::waits_for_retry) {
            if (what.why == visibility_change::purpose::give_back) kept_.failed(what.which.slot);
            ++figures.retried;
            activate(q);
            continue;
        } else {
            abandon(q, request_kind::visibility, outcomes[i]);
        }
        changed(what, outcomes[i].done, outcomes[i].sender_fault, now);
    }
    q.visibility.batch_ended();
}

void consumer_machine::changed(const visibility_change& what, bool done, bool sender_fault, mono_time now) {
    switch (what.why) {
        case visibility_change::purpose::give_back:
            if (done) ++counts_.given_back;
            if (kept_.ended(what.which.slot)) free_slot(what.which.slot);
            break;
        case visibility_change::purpose::beat:
            if (done)
                beats_.extended(key_of(what.which), now);
            else
                beats_.failed(key_of(what.which), sender_fault, now);
            break;
        case visibility_change::purpose::extend: break;
    }
}

bool consumer_machine::take_sends(queue_number of, sends::batch& out, std::string& body, mono_time now) {
    queue& q = *queues_[of];
    if (!q.outbox.take_into(out, now, flushing_)) return false;
    std::vector<send_entry> entries;
    entries.reserve(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].entry.entry.id = entry_id(i);
        entries.push_back(out[i].entry.entry);
    }
    body = encode_send_batch(q.rules.url, entries);
    ++q.batches(request_kind::send).calls;
    return true;
}

void consumer_machine::abandon_sends() {
    entry_outcome why;
    why.code = "Stopped";
    why.message = "the consumer has stopped";
    for (const auto& q : queues_) {
        for (auto& item : q->outbox.give_up_waiting()) {
            notice& n = abandon(*q, request_kind::send, why);
            n.then = std::move(item.entry.then);
            n.why = failed_entry{item.entry.entry.id, std::string{why.code}, std::string{why.message}, false};
        }
    }
}

void consumer_machine::sends_ended(queue_number of, sends::batch& batch, const batch_outcomes& outcomes,
                                   mono_time now) {
    queue& q = *queues_[of];
    auto& figures = q.batches(request_kind::send);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const send_entry& e = batch[i].entry.entry;
        entry_outcome o = outcomes[i];
        if (o.done && (o.body_md5 != md5_hex(e.body) || o.attributes_md5 != attributes_md5(e.attributes))) {
            o = {};
            o.code = "Corrupt";
            o.message = "the digests are not those of the sent message";
        }
        consumer::send_outcome then = batch[i].entry.then;
        const std::string id = e.id;
        if (o.done) {
            q.outbox.succeeded(batch[i]);
            ++figures.done;
            notice& n = notices_.emplace_back();
            n.what = notice::kind::sent;
            n.queue = of;
            n.then = std::move(then);
            n.done = sent{id, std::string{o.message_id}, std::string{o.sequence_number}};
        } else if (q.outbox.failed(std::move(batch[i]), {o.sender_fault}, now) ==
                   sends::fate::waits_for_retry) {
            ++figures.retried;
            activate(q);
        } else {
            notice& n = abandon(q, request_kind::send, o);
            n.then = std::move(then);
            n.why = failed_entry{id, std::string{o.code}, std::string{o.message}, o.sender_fault};
        }
    }
    q.outbox.batch_ended();
}

}  // namespace trainyard::aws::sqs

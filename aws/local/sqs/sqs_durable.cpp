#include "aws/local/sqs/sqs_durable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/local/sqs/sqs_documents.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::uint64_t numbers_reserved = 1000;

std::string of_queue(std::string_view kind, std::uint64_t id) {
    return fmt::format("{}/{:016x}", kind, id);
}

std::string of_message(std::string_view kind, std::uint64_t id, std::uint64_t number) {
    return fmt::format("{}/{:016x}/{:016x}", kind, id, number);
}

void put(std::vector<durable_change>& into, std::string key, std::string value) {
    into.push_back({std::move(key), std::move(value), false});
}

void erase(std::vector<durable_change>& into, std::string key) {
    into.push_back({std::move(key), std::nullopt, false});
}

void erase_messages(std::vector<durable_change>& into, std::uint64_t id) {
    for (const char* kind : {"3message", "4state", "5deduplication"})
        into.push_back({of_queue(kind, id) + "/", std::nullopt, true});
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
    std::uint64_t n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n, 16);
    if (code != std::errc{} || end != text.data() + text.size() || text.size() != 16) return std::nullopt;
    return n;
}

error wrong(std::string_view key) {
    return {errc::corrupt, fmt::format("the document '{}' cannot be read", printable(key))};
}

}  // namespace

void sqs_durable::keep_changes() {
    registry_.keep_changes();
    moves_.keep_changes();
}

void sqs_durable::take_last(const queue& q, std::vector<durable_change>& into) {
    std::uint64_t& reserved = reserved_[q.id];
    if (q.store.last_number() <= reserved) return;
    reserved = q.store.last_number() + numbers_reserved;
    put(into, of_queue("2last", q.id), std::to_string(reserved));
}

void sqs_durable::take_store(queue& q, std::vector<durable_change>& into) {
    const store_changes c = q.store.take_changes();
    if (c.purged) erase_messages(into, q.id);
    for (const auto& [number, is_new] : c.messages) {
        const auto found = q.store.look(number);
        std::string state = of_message("4state", q.id, number);
        if (!found) {
            erase(into, of_message("3message", q.id, number));
            erase(into, std::move(state));
            continue;
        }
        const auto& [kept, message] = *found;
        if (is_new) put(into, of_message("3message", q.id, number), sqs_documents::write_message(*message));
        put(into, std::move(state), sqs_documents::write_state(kept, *message));
    }
    for (const auto& [key, when] : c.deduplication) {
        std::string document = of_queue("5deduplication", q.id) + "/" + key;
        const auto found = when ? q.store.look_deduplication(key, *when) : std::nullopt;
        if (found)
            put(into, std::move(document), sqs_documents::write_deduplication(*found));
        else
            erase(into, std::move(document));
    }
    take_last(q, into);
}

void sqs_durable::take_changes(std::vector<durable_change>& into) {
    const registry_changes c = registry_.take_changes();
    for (const auto& [id, q] : c.queues) {
        if (!q->deleted) {
            put(into, of_queue("1queue", id), sqs_documents::write_queue(*q));
            continue;
        }
        erase(into, of_queue("1queue", id));
        erase(into, of_queue("2last", id));
        erase_messages(into, id);
        reserved_.erase(id);
    }
    for (const auto& [id, q] : c.stores) take_store(*q, into);
    for (const std::uint64_t id : moves_.take_changes()) {
        const auto* const tasks = moves_.history(id);
        if (tasks && !tasks->empty())
            put(into, of_queue("6moves", id), sqs_documents::write_moves(*tasks));
        else
            erase(into, of_queue("6moves", id));
    }
    for (const queue_key& key : c.names) {
        const auto when = registry_.deleted_at(key);
        if (when)
            put(into, "7deleted/" + key.arn(), std::to_string(when->time_since_epoch().count()));
        else
            erase(into, "7deleted/" + key.arn());
    }
}

result<void> sqs_durable::restore(std::string_view key, std::string_view value) {
    const auto slash = key.find('/');
    if (slash == std::string_view::npos) return wrong(key);
    const std::string_view kind = key.substr(0, slash);
    std::string_view rest = key.substr(slash + 1);
    if (kind == "7deleted" || kind == "2last") {
        std::int64_t n = 0;
        const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), n);
        if (code != std::errc{} || end != value.data() + value.size()) return wrong(key);
        if (kind == "7deleted") {
            const auto name = parse_queue_arn(rest);
            if (!name) return wrong(key);
            registry_.restore_deleted(*name, wall_time{duration{n}});
            return {};
        }
        const auto id = read_hex(rest);
        const auto q = id ? queues_.find(*id) : queues_.end();
        if (q == queues_.end()) return wrong(key);
        q->second->store.restore_last(static_cast<std::uint64_t>(n));
        reserved_[*id] = static_cast<std::uint64_t>(n);
        return {};
    }
    const auto document = json::document::parse(value, sqs_documents::read_limits());
    const auto id = read_hex(rest.substr(0, 16));
    if (!document || !id) return wrong(key);
    rest.remove_prefix(std::min<std::size_t>(17, rest.size()));
    if (kind == "1queue") {
        auto q = sqs_documents::read_queue(*id, document->root());
        if (!q) return wrong(key);
        queues_.emplace(*id, q);
        registry_.restore(std::move(q));
        return {};
    }
    const auto q = queues_.find(*id);
    if (q == queues_.end() || !restore_one(kind, q->second, rest, document->root())) return wrong(key);
    return {};
}

bool sqs_durable::restore_one(std::string_view kind, const std::shared_ptr<queue>& q, std::string_view rest,
                              json::value v) {
    if (kind == "5deduplication") {
        auto read = sqs_documents::read_deduplication(rest, v);
        if (!read) return false;
        deduplication_.emplace_back(q->id, *std::move(read));
        return true;
    }
    if (kind == "6moves") {
        auto read = sqs_documents::read_moves(q, v);
        if (!read) return false;
        moves_.restore(*std::move(read));
        return true;
    }
    const auto number = read_hex(rest);
    if (!number) return false;
    auto& waiting = messages_[q->id];
    if (kind == "3message") {
        auto read = sqs_documents::read_message(v);
        if (!read) return false;
        waiting.emplace(*number, *std::move(read));
        return true;
    }
    const auto message = waiting.find(*number);
    if (kind != "4state" || message == waiting.end()) return false;
    const auto kept = sqs_documents::read_state(*number, v, message->second);
    if (!kept) return false;
    q->store.restore(*kept, std::move(message->second));
    waiting.erase(message);
    return true;
}

result<void> sqs_durable::restored() {
    for (const auto& [id, waiting] : messages_)
        if (!waiting.empty()) return error{errc::corrupt, "a message has no state"};
    std::sort(deduplication_.begin(), deduplication_.end(),
              [](const auto& a, const auto& b) { return a.second.when < b.second.when; });
    for (auto& [id, k] : deduplication_) queues_.find(id)->second->store.restore(std::move(k));
    queues_.clear();
    messages_.clear();
    deduplication_.clear();
    return {};
}

}  // namespace trainyard::aws::local

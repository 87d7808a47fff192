#include "tests/aws/sqs_engine/model_sqs.hpp"

#include <fmt/format.h>

#include <charconv>

#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"

namespace trainyard::test {

namespace {

std::size_t read_number(std::string_view digits) {
    std::size_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

}  // namespace

void model_sqs::send(std::string group) {
    stored s;
    const auto high = static_cast<std::uint32_t>(random_.next_u32());
    s.id = fmt::format("{:08x}-0000-4000-8000-{:012x}", high, messages_.size());
    s.body = fmt::format("\"body\\of\n{}", messages_.size());
    s.group = std::move(group);
    messages_.push_back(std::move(s));
}

std::optional<std::size_t> model_sqs::number_of(std::string_view body) const {
    const std::size_t number = read_number(body.substr(body.find('\n') + 1));
    if (number < messages_.size() && messages_[number].body == body) return number;
    return std::nullopt;
}

std::string model_sqs::handle_of(std::size_t number) const {
    return fmt::format("h-{}-{}", number, messages_[number].receives);
}

model_sqs::stored* model_sqs::by_handle(const std::string& handle, bool& newest) {
    const auto second = handle.rfind('-');
    stored& s = messages_.at(read_number(std::string_view{handle}.substr(2, second - 2)));
    newest = handle == handle_of(static_cast<std::size_t>(&s - messages_.data()));
    return &s;
}

bool model_sqs::group_is_blocked(const std::string& group, mono_time now) const {
    for (const stored& s : messages_)
        if (s.group == group && !s.deleted && s.hidden_until > now) return true;
    return false;
}

void model_sqs::put(std::string& out, std::size_t number, mono_time now) {
    stored& s = messages_[number];
    ++s.receives;
    if (!s.deleted) s.hidden_until = now + visibility_;
    json::writer w;
    w.begin_object()
        .member("MessageId", s.id)
        .member("ReceiptHandle", handle_of(number))
        .member("Body", s.body)
        .member("MD5OfBody", md5_hex(s.body));
    w.key("Attributes").begin_object().member("ApproximateReceiveCount", std::to_string(s.receives));
    if (fifo_) w.member("MessageGroupId", s.group);
    w.end_object().end_object();
    if (out.back() == '}') out += ',';
    out += w.text();
}

std::string model_sqs::receive(std::size_t most, mono_time now) {
    std::string out = R"({"Messages":[)";
    std::size_t given = 0;
    std::map<std::string, bool> blocked;
    for (std::size_t i = 0; i < messages_.size() && given < most; ++i) {
        const stored& s = messages_[i];
        const bool in_flight = s.receives > 0 && (s.deleted || s.hidden_until > now);
        if (in_flight) {
            if (!fifo_ && random_.chance(faults_.copy)) put(out, i, now), ++given;
            continue;
        }
        if (s.deleted || s.hidden_until > now) continue;
        if (fifo_) {
            const auto [at, fresh] = blocked.try_emplace(s.group, false);
            if (fresh) at->second = group_is_blocked(s.group, now);
            if (at->second) continue;
        }
        put(out, i, now);
        ++given;
    }
    return out + "]}";
}

std::vector<model_sqs::entry> model_sqs::read(std::string_view request) {
    const auto parsed = json::document::parse(request);
    std::vector<entry> out;
    for (const auto v : parsed.value().root().find("Entries").elements()) {
        const auto timeout = v.find("VisibilityTimeout").integer().value_or(0);
        out.push_back({std::string{*v.find("Id").string()}, std::string{*v.find("ReceiptHandle").string()},
                       static_cast<int>(timeout)});
    }
    return out;
}

template <class Effect>
std::string model_sqs::answer(std::string_view request, const Effect& effect) {
    std::string good, bad;
    const auto list = [](std::string& to, std::string_view what) {
        if (!to.empty()) to += ',';
        to += what;
    };
    for (const entry& e : read(request)) {
        const double luck = random_.unit();
        const bool fails = luck < faults_.entry_fails;
        const bool lies = !fails && luck < faults_.entry_fails + faults_.entry_lies;
        const bool missing =
            !fails && !lies && luck < faults_.entry_fails + faults_.entry_lies + faults_.entry_missing;
        const bool done = !fails && effect(e);
        if (missing) continue;
        if (done && !lies)
            list(good, fmt::format(R"({{"Id":"{}"}})", e.id));
        else
            list(bad, fmt::format(R"({{"Id":"{}","Code":"InternalError","SenderFault":false}})", e.id));
    }
    return fmt::format(R"({{"Successful":[{}],"Failed":[{}]}})", good, bad);
}

std::string model_sqs::delete_batch(std::string_view request, mono_time) {
    return answer(request, [this](const entry& e) {
        bool newest = false;
        stored& s = *by_handle(e.handle, newest);
        if (!newest) return !random_.chance(faults_.stale_delete_fails);
        if (!s.deleted) ++deleted_;
        s.deleted = true;
        return true;
    });
}

std::string model_sqs::change_batch(std::string_view request, mono_time now) {
    return answer(request, [this, now](const entry& e) {
        bool newest = false;
        stored& s = *by_handle(e.handle, newest);
        if (!newest || s.deleted) return false;
        s.hidden_until = now + std::chrono::seconds{e.timeout};
        return true;
    });
}

std::size_t model_sqs::in_flight(mono_time now) const {
    std::size_t out = 0;
    for (const stored& s : messages_) out += !s.deleted && s.hidden_until > now;
    return out;
}

}  // namespace trainyard::test

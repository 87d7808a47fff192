#include "aws/local/sagemaker/common/job_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/encoding.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::array effects{job_effect::capacity, job_effect::algorithm,    job_effect::client,
                             job_effect::internal, job_effect::interruption, job_effect::slow_start};
constexpr double after_max = 2'419'200;  // 28 days, the longest run that SageMaker knows
constexpr std::size_t text_max = 1'000;  // a FailureReason has at most 1,024 characters

class rule_reader {
public:
    rule_reader(std::size_t number, json::value in) : number_(number), in_(in) {}

    result<job_rule> read() {
        job_rule out;
        const auto members = in_.members();
        for (auto at = members.begin(); at != members.end(); ++at)
            if (!read_member(at.key(), *at, out)) return wrong(at.key());
        if (in_.find("effect").is_null()) return wrong("effect");
        if (out.effect == job_effect::interruption && out.after <= duration{}) return wrong("after_seconds");
        return out;
    }

private:
    error wrong(std::string_view member) const {
        return {errc::invalid_argument,
                fmt::format("rule {}: {} is missing, unknown or has a value it cannot have", number_,
                            printable(member, 64))};
    }

    static bool text(json::value v, std::string& out, std::size_t most) {
        const auto s = v.string();
        if (!s || s->size() > most) return false;
        out = *s;
        return true;
    }

    static bool read_member(std::string_view key, json::value v, job_rule& out) {
        if (key == "name") return text(v, out.name, 256) && !out.name.empty();
        if (key == "kind") return text(v, out.kind, 32) && !out.kind.empty();
        if (key == "account") return text(v, out.account, 12) && !out.account.empty();
        if (key == "region") return text(v, out.region, 32) && !out.region.empty();
        if (key == "instance_type") return text(v, out.instance_type, 64) && !out.instance_type.empty();
        if (key == "text") return text(v, out.text, text_max);
        if (key == "probability") {
            const auto p = v.number();
            if (!p || !(*p >= 0 && *p <= 1)) return false;
            out.probability = *p;
            return true;
        }
        if (key == "after_seconds") {
            const auto s = v.number();
            if (!s || !(*s >= 0 && *s <= after_max)) return false;
            out.after = std::chrono::round<duration>(std::chrono::duration<double>{*s});
            return true;
        }
        if (key != "effect") return false;
        const auto name = v.string();
        const auto found = std::find_if(effects.begin(), effects.end(),
                                        [&](job_effect e) { return name && to_string(e) == *name; });
        if (found == effects.end()) return false;
        out.effect = *found;
        return true;
    }

    std::size_t number_;
    json::value in_;
};

bool applies(const job_rule& r, const job_facts& job) {
    const auto has_type = [&] {
        return std::any_of(job.instances.begin(), job.instances.end(),
                           [&](const auto& i) { return glob_matches(r.instance_type, i.first); });
    };
    return (r.effect != job_effect::interruption || job.spot) && glob_matches(r.kind, job.kind) &&
           glob_matches(r.name, job.name) && glob_matches(r.account, job.account.str()) &&
           glob_matches(r.region, job.region.str()) && (r.instance_type == "*" || has_type());
}

void fail(job_fate& fate, std::string reason, bool at_start, bool half_way) {
    if (!fate.failure_reason.empty()) return;
    fate.failure_reason = std::move(reason);
    fate.fails_at_start = at_start;
    fate.fails_half_way = half_way;
}

}  // namespace

std::string_view to_string(job_effect e) {
    switch (e) {
        case job_effect::capacity: return "capacity";
        case job_effect::algorithm: return "algorithm";
        case job_effect::client: return "client";
        case job_effect::internal: return "internal";
        case job_effect::interruption: return "interruption";
        case job_effect::slow_start: return "slow_start";
    }
    return {};
}

json::value rules_in(json::value v) {
    return v.is_object() && v.size() == 1 ? v.find("rules") : v;
}

void write_job_rule(json::writer& out, const job_rule& rule) {
    out.begin_object().member("effect", to_string(rule.effect));
    for (const auto& [member, value] :
         {std::pair{"name", &rule.name}, std::pair{"kind", &rule.kind}, std::pair{"account", &rule.account},
          std::pair{"region", &rule.region}, std::pair{"instance_type", &rule.instance_type}})
        if (*value != "*") out.member(member, *value);
    out.member("probability", rule.probability);
    if (!rule.text.empty()) out.member("text", rule.text);
    if (rule.after > duration{})
        out.member("after_seconds", std::chrono::duration<double>{rule.after}.count());
    out.end_object();
}

bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
            ++p, ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            from = t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

result<void> job_rules::set(json::value rules) {
    if (!rules.is_array())
        return error{errc::invalid_argument,
                     "the rules must be a JSON array, alone or as the member \"rules\" of an object"};
    if (rules.size() > job_rules_max)
        return error{errc::limit, fmt::format("there may be at most {} rules", job_rules_max)};
    std::vector<job_rule> read;
    for (const json::value v : rules.elements()) {
        if (!v.is_object())
            return error{errc::invalid_argument, fmt::format("rule {} must be an object", read.size() + 1)};
        auto one = rule_reader{read.size() + 1, v}.read();
        if (!one) return one.error();
        read.push_back(std::move(*one));
    }
    rules_ = std::move(read);
    return {};
}

job_fate job_rules::decide(const job_facts& job) const {
    job_fate fate;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        const job_rule& r = rules_[i];
        if (!applies(r, job)) continue;
        // Of the job alone, so that the order of requests does not matter.
        std::string who = fmt::format("{}/{}/{}/{}", job.account.str(), job.region.str(), job.kind, job.name);
        if (job.attempt > 0) who.append(fmt::format("/{}", job.attempt));
        rng chance = rng{seed_, i}.split(who);
        if (!chance.chance(r.probability)) continue;
        switch (r.effect) {
            case job_effect::capacity: fail(fate, std::string{capacity_error}, true, false); break;
            case job_effect::algorithm: fail(fate, "AlgorithmError: " + r.text, false, false); break;
            case job_effect::client: fail(fate, "ClientError: " + r.text, true, false); break;
            case job_effect::internal: fail(fate, std::string{internal_error}, false, true); break;
            case job_effect::interruption: fate.interruptions.push_back(r.after); break;
            case job_effect::slow_start: fate.slow_start = std::max(fate.slow_start, r.after); break;
        }
    }
    return fate;
}

}  // namespace trainyard::aws::local::sagemaker

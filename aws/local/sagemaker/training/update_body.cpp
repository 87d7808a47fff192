#include "aws/local/sagemaker/training/update_body.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

// The members of both; those of `update` go before.
void write_merged(json::writer& out, json::value stored, json::value update) {
    out.begin_object();
    const auto write = [&](json::value from, json::value unless) {
        const auto members = from.members();
        for (auto at = members.begin(); at != members.end(); ++at)
            if (unless.find(at.key()).is_null() && !(*at).is_null()) out.member(at.key(), *at);
    };
    write(stored, update);
    write(update, {});
    out.end_object();
}

}  // namespace

std::string updated_body(json::value stored, json::value update) {
    constexpr std::string_view merged[] = {"ProfilerConfig", "ResourceConfig"};
    constexpr std::string_view replaced[] = {"ProfilerRuleConfigurations", "RemoteDebugConfig"};
    json::writer out;
    out.begin_object();
    const auto members = stored.members();
    for (auto at = members.begin(); at != members.end(); ++at)
        if (update.find(at.key()).is_null() || at.key() == "TrainingJobName") out.member(at.key(), *at);
    for (const std::string_view member : merged)
        if (const json::value next = update.find(member); !next.is_null()) {
            out.key(member);
            write_merged(out, stored.find(member), next);
        }
    for (const std::string_view member : replaced)
        if (const json::value next = update.find(member); !next.is_null()) out.member(member, next);
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker

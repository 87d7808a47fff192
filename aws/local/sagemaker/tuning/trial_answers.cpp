#include "aws/local/sagemaker/tuning/trial_answers.hpp"

#include <fmt/format.h>

#include <bit>

#include "aws/local/sagemaker/tuning/tuning_answers.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

std::string training_job_arn(const tuning_job& job, std::string_view name) {
    // The two differ in their last part alone.
    return job.arn.substr(0, job.arn.rfind(':') + 1) + "training-job/" + std::string{name};
}

// Texts that sort as numbers from 0 do.
std::string sortable(double v) {
    return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(v));
}

enum class trial_sort : unsigned char { name, creation_time, status, metric };

trial_sort read_sort(std::string_view text) {
    if (text == "CreationTime") return trial_sort::creation_time;
    if (text == "Status") return trial_sort::status;
    return text == "FinalObjectiveMetricValue" ? trial_sort::metric : trial_sort::name;
}

std::string sort_key(const trial& t, trial_sort by) {
    const std::string started = sortable(to_unix_seconds(t.state.created));
    switch (by) {
        case trial_sort::name: return t.name;
        case trial_sort::creation_time: return started + t.name;
        case trial_sort::status: return fmt::format("{}/{}{}", t.state.status, started, t.name);
        case trial_sort::metric: return sortable(t.metric.value) + t.name;
    }
    return {};
}

}  // namespace

void write_trial(json::writer& out, const tuning_job& job, const trial& t, bool tell_whose) {
    const tuned_definition& d = job.definition_of(t);
    out.begin_object();
    if (!d.name.empty()) out.member("TrainingJobDefinitionName", d.name);
    out.member("TrainingJobName", t.name).member("TrainingJobArn", training_job_arn(job, t.name));
    if (tell_whose) out.member("TuningJobName", job.name);
    out.member("CreationTime", to_unix_seconds(t.state.created));
    if (t.state.training_start) out.member("TrainingStartTime", to_unix_seconds(*t.state.training_start));
    if (t.state.training_end) out.member("TrainingEndTime", to_unix_seconds(*t.state.training_end));
    out.member("TrainingJobStatus", t.state.status).key("TunedHyperParameters").begin_object();
    for (const auto& [name, value] : t.values) out.member(name, value);
    out.end_object();
    if (!t.state.failure_reason.empty()) out.member("FailureReason", t.state.failure_reason);
    if (t.succeeded()) {
        out.key("FinalHyperParameterTuningJobObjectiveMetric").begin_object();
        out.member("Type", d.objective.maximize ? "Maximize" : "Minimize")
            .member("MetricName", t.metric.name);
        out.member("Value", t.metric.value).end_object();
    }
    out.member("ObjectiveStatus", t.succeeded() ? "Succeeded" : t.state.ended ? "Failed" : "Pending");
    out.end_object();
}

service_reply list_trials(const tuning_job& job, json::value input) {
    const trial_sort by = read_sort(input.find("SortBy").string().value_or("Name"));
    const bool ascending = input.find("SortOrder").string().value_or("Ascending") == "Ascending";
    const auto status = input.find("StatusEquals").string();
    const auto most = static_cast<std::size_t>(
        input.find("MaxResults").integer().value_or(static_cast<std::int64_t>(default_page)));
    const std::string prefix = fmt::format("t{}{}", static_cast<int>(by), ascending ? '+' : '-');
    std::optional<std::string> after;
    if (const auto token = input.find("NextToken").string(); token && !token->empty()) {
        const auto text = from_base64(*token);
        if (!text || !text->starts_with(prefix)) return wrong_list_token();
        after = text->substr(prefix.size());
    }

    std::map<std::string, const trial*> sorted;
    for (const trial& t : job.trials)
        if ((by != trial_sort::metric || t.succeeded()) && (!status || t.state.status == *status))
            sorted.emplace(sort_key(t, by), &t);

    json::writer out;
    out.begin_object().key("TrainingJobSummaries").begin_array();
    std::size_t told = 0;
    std::string last, next;
    const auto offer = [&](const auto& entry) {
        if (told == most) {
            next = to_base64(prefix + last);
            return false;
        }
        write_trial(out, job, *entry.second, false);
        last = entry.first;
        ++told;
        return true;
    };
    if (ascending) {
        for (auto at = after ? sorted.upper_bound(*after) : sorted.begin(); at != sorted.end() && offer(*at);)
            ++at;
    } else {
        for (auto at = after ? sorted.lower_bound(*after) : sorted.end(); at != sorted.begin();)
            if (!offer(*--at)) break;
    }
    out.end_array();
    if (!next.empty()) out.member("NextToken", next);
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker

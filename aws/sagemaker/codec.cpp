#include "aws/sagemaker/codec.hpp"

#include <cmath>
#include <limits>

#include "engine/base/json.hpp"

namespace trainyard::aws::sagemaker {

namespace {

constexpr json::limits answer_limits{16U << 20U, 64, 100'000, 1U << 20U};
constexpr double unix_seconds_max = 9e9;  // the year 2255, inside wall_time's range

error corrupt(std::string what) {
    return {errc::corrupt, std::move(what)};
}

result<json::document> parse_object(std::string_view body) {
    auto parsed = json::document::parse(body.empty() ? std::string_view{"{}"} : body, answer_limits);
    if (!parsed) return parsed.error();
    if (!parsed->root().is_object()) return corrupt("not a JSON object");
    return parsed;
}

std::string text(json::value v, std::string_view key) {
    const auto s = v.find(key).string();
    return s ? std::string{*s} : std::string{};
}

result<std::optional<wall_time>> time_of(json::value v, std::string_view key) {
    const auto member = v.find(key);
    if (member.is_null()) return std::optional<wall_time>{};
    const auto seconds = member.number();
    if (!seconds || !(std::abs(*seconds) <= unix_seconds_max))
        return corrupt(std::string{key} + " is not a timestamp");
    return std::optional<wall_time>{from_unix_seconds(*seconds)};
}

// Reads several timestamps, keeps the first problem.
class times {
public:
    explicit times(json::value v) : v_(v) {}
    std::optional<wall_time> get(std::string_view key) {
        auto t = time_of(v_, key);
        if (t) return *t;
        if (!problem) problem = t.error();
        return {};
    }
    std::optional<error> problem;

private:
    json::value v_;
};

// Where the result of a job lies, as its description says.
std::string output_of(json::value v, job_kind k) {
    switch (k) {
        case job_kind::training: return text(v.find("ModelArtifacts"), "S3ModelArtifacts");
        case job_kind::tuning: return text(v.find("BestTrainingJob"), "TrainingJobArn");
        case job_kind::processing:
            return text(v.find("ProcessingOutputConfig").find("Outputs").at(0).find("S3Output"), "S3Uri");
        case job_kind::transform: return text(v.find("TransformOutput"), "S3OutputPath");
        case job_kind::pipeline: return text(v, "PipelineExecutionArn");
        case job_kind::endpoint: return text(v, "EndpointArn");
    }
    return {};
}

}  // namespace

std::string encode_key(job_kind k, std::string_view key) {
    json::writer w;
    return w.begin_object().member(words_of(k).key, key).end_object().take();
}

std::string encode_stop_execution(std::string_view arn, std::string_view token) {
    json::writer w;
    w.begin_object().member("PipelineExecutionArn", arn).member("ClientRequestToken", token);
    return w.end_object().take();
}

std::string encode_list(const list_filter& f) {
    const bool executions = f.kind == job_kind::pipeline;
    json::writer w;
    w.begin_object();
    if (executions) w.member("PipelineName", f.pipeline);
    w.member("MaxResults", f.max_results);
    w.member("SortBy", f.sort_by).member("SortOrder", f.ascending ? "Ascending" : "Descending");
    if (f.created_after)
        w.member(executions ? "CreatedAfter" : "CreationTimeAfter", to_unix_seconds(*f.created_after));
    if (f.last_modified_after && !executions)
        w.member("LastModifiedTimeAfter", to_unix_seconds(*f.last_modified_after));
    if (!f.name_contains.empty() && !executions) w.member("NameContains", f.name_contains);
    if (!f.status_equals.empty() && !executions) w.member("StatusEquals", f.status_equals);
    if (!f.next_token.empty()) w.member("NextToken", f.next_token);
    return w.end_object().take();
}

std::string encode_add_tags(std::string_view arn, const tags& what) {
    json::writer w;
    w.begin_object().member("ResourceArn", arn).key("Tags").begin_array();
    for (const auto& [k, v] : what) w.begin_object().member("Key", k).member("Value", v).end_object();
    return w.end_array().end_object().take();
}

std::string encode_list_tags(std::string_view arn, std::string_view next_token) {
    json::writer w;
    w.begin_object().member("ResourceArn", arn);
    if (!next_token.empty()) w.member("NextToken", next_token);
    return w.end_object().take();
}

result<std::string> decode_create(std::string_view body, job_kind k) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    auto arn = text(parsed->root(), words_of(k).arn);
    if (arn.empty()) return corrupt("no " + std::string{words_of(k).arn});
    return arn;
}

result<job_description> decode_describe(std::string_view body, job_kind k) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    const auto v = parsed->root();
    const job_words& words = words_of(k);
    job_description out;
    out.name = text(v, words.name);
    out.arn = text(v, words.arn);
    out.status = text(v, words.status);
    if (text(v, words.key).empty() || out.status.empty())
        return corrupt("no " + std::string{words.key} + " or " + std::string{words.status});
    out.secondary_status = text(v, "SecondaryStatus");
    out.failure_reason = text(v, "FailureReason");
    // What a container of a processing job says goes before the service's summary of it.
    if (out.failure_reason.empty()) out.failure_reason = text(v, "ExitMessage");
    out.description = text(v, "PipelineExecutionDescription");
    out.model_artifacts = output_of(v, k);
    times t{v};
    const auto created = t.get("CreationTime");
    out.last_modified = t.get("LastModifiedTime");
    if (!words.started.empty()) out.started = t.get(words.started);
    if (!words.ended.empty()) out.ended = t.get(words.ended);
    if (t.problem) return *t.problem;
    if (!created) return corrupt("no CreationTime");
    out.created = *created;
    const auto billable = v.find("BillableTimeInSeconds").integer();
    if (billable && *billable >= 0 && *billable <= std::numeric_limits<int>::max())
        out.billable_seconds = static_cast<int>(*billable);
    return out;
}

result<job_page> decode_list(std::string_view body, job_kind k) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    const job_words& words = words_of(k);
    job_page out;
    for (const auto v : parsed->root().find(words.list_of).elements()) {
        job_summary s;
        s.name = text(v, words.name);
        s.arn = text(v, words.arn);
        s.status = text(v, words.status);
        if (text(v, words.key).empty() || s.status.empty())
            return corrupt("a summary without " + std::string{words.key} + " or " +
                           std::string{words.status});
        s.secondary_status = text(v, "SecondaryStatus");
        s.description = text(v, "PipelineExecutionDescription");
        s.failure_reason =
            text(v, k == job_kind::pipeline ? "PipelineExecutionFailureReason" : "FailureReason");
        times t{v};
        const auto created = t.get(k == job_kind::pipeline ? "StartTime" : "CreationTime");
        const auto modified = t.get("LastModifiedTime");
        if (!words.ended.empty()) s.ended = t.get(words.ended);
        if (t.problem) return *t.problem;
        if (!created) return corrupt("a summary without CreationTime");
        s.created = *created;
        s.last_modified = modified.value_or(*created);
        out.jobs.push_back(std::move(s));
    }
    out.next_token = text(parsed->root(), "NextToken");
    return out;
}

result<tag_page> decode_list_tags(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    tag_page out;
    for (const auto v : parsed->root().find("Tags").elements()) {
        auto key = text(v, "Key");
        if (key.empty()) return corrupt("a tag without Key");
        out.items[std::move(key)] = text(v, "Value");
    }
    out.next_token = text(parsed->root(), "NextToken");
    return out;
}

bool is_already_stopped(std::string_view code, std::string_view message) {
    constexpr std::string_view refusal = "The request was rejected because the ";
    if (code == "ValidationException")
        return message.starts_with(refusal) && message.find(" job is in status ") != std::string_view::npos;
    return code == "ConflictException" && message.ends_with(" and cannot be stopped.");
}

}  // namespace trainyard::aws::sagemaker

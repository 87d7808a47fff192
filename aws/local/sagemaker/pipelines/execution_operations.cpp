#include "aws/local/base/paging.hpp"
#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_answers.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_operations.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

std::string text(json::value input, std::string_view member) {
    return std::string{input.find(member).string().value_or("")};
}

std::optional<wall_time> time(json::value input, std::string_view member) {
    const auto n = input.find(member).number();
    return n ? std::optional{from_unix_seconds(*n)} : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> pairs(json::value list) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const json::value v : list.elements()) out.emplace_back(text(v, "Name"), text(v, "Value"));
    return out;
}

using found = pipeline_store::outcome<const execution_record*>;

service_reply arn_answer(const found& e) {
    if (!e) return e.error();
    json::writer out;
    out.begin_object().member("PipelineExecutionArn", (*e)->run.setup().arn).end_object();
    return out.take();
}

// The operation unless its token was seen before; its answer is remembered when it succeeds.
template <class Act>
service_reply once(desk d, const operation_call& call, Act act) {
    if (auto known = d.store.tokens().find(call.operation, call.input)) return *std::move(known);
    service_reply answer = arn_answer(act());
    if (answer) d.store.tokens().record(call.operation, call.input, *answer);
    return answer;
}

found execution_of(desk d, const operation_call& call) {
    return std::as_const(d.store).find_execution(text(call.input, "PipelineExecutionArn"));
}

service_reply start(desk d, const operation_call& call) {
    const json::value in = call.input;
    return once(d, call, [&] {
        start_input input{text(in, "PipelineExecutionDisplayName"), text(in, "PipelineExecutionDescription"),
                          pairs(in.find("PipelineParameters")), read_parallel_max(in),
                          in.find("PipelineVersionId").integer()};
        return d.store.start(text(in, "PipelineName"), std::move(input), call.who.arn, call.now);
    });
}

service_reply stop(desk d, const operation_call& call) {
    return once(d, call, [&] {
        return d.store.stop(text(call.input, "PipelineExecutionArn"), call.who.arn, call.now, d.jobs);
    });
}

service_reply retry(desk d, const operation_call& call) {
    return once(d, call, [&] {
        return d.store.retry(text(call.input, "PipelineExecutionArn"), read_parallel_max(call.input),
                             call.who.arn, call.now);
    });
}

service_reply update(desk d, const operation_call& call) {
    const json::value in = call.input;
    pipeline_input input;
    if (const json::value v = in.find("PipelineExecutionDisplayName"); !v.is_null())
        input.display_name = std::string{*v.string()};
    if (const json::value v = in.find("PipelineExecutionDescription"); !v.is_null())
        input.description = std::string{*v.string()};
    input.parallel_max = read_parallel_max(in);
    return arn_answer(
        d.store.update_execution(text(in, "PipelineExecutionArn"), input, call.who.arn, call.now));
}

service_reply describe(desk d, const operation_call& call) {
    const auto e = execution_of(d, call);
    if (!e) return e.error();
    return describe_answer(**e, d.store.arn_of((*e)->pipeline));
}

service_reply describe_definition(desk d, const operation_call& call) {
    const auto e = execution_of(d, call);
    if (!e) return e.error();
    return definition_answer(**e);
}

service_reply list(desk d, const operation_call& call) {
    const json::value in = call.input;
    const auto p = d.store.find(text(in, "PipelineName"));
    if (!p) return p.error();
    const auto after = time(in, "CreatedAfter"), before = time(in, "CreatedBefore");
    const bool by_arn = in.find("SortBy").string() == "PipelineExecutionArn";
    std::vector<std::pair<std::string, const execution_record*>> all;
    for (const auto& [arn, e] : d.store.executions()) {
        const wall_time created = e.run.created();
        if (e.pipeline != (*p)->name || (after && created <= *after) || (before && created >= *before))
            continue;
        all.emplace_back(by_arn ? arn : time_key(created, arn), &e);
    }
    const bool ascending = in.find("SortOrder").string() == "Ascending";
    const auto page =
        cut_page(std::move(all), ascending, in, (*p)->name + (by_arn ? "/executions/n" : "/executions/t"));
    if (!page) return wrong_token();
    json::writer out;
    out.begin_object().key("PipelineExecutionSummaries").begin_array();
    for (const execution_record* e : page->items) write_summary(*e, out);
    out.end_array();
    if (!page->next_token.empty()) out.member("NextToken", page->next_token);
    out.end_object();
    return out.take();
}

// Only steps that have begun are listed, in the order in which they did.
service_reply list_steps(desk d, const operation_call& call) {
    const auto e = execution_of(d, call);
    if (!e) return e.error();
    std::vector<std::pair<std::string, std::size_t>> all;
    for (std::size_t i = 0; i < (*e)->run.steps().size(); ++i)
        if (const step_run& s = (*e)->run.steps()[i]; !to_string(s.status).empty())
            all.emplace_back(time_key(s.start, std::to_string(100 + i)), i);
    const bool ascending = call.input.find("SortOrder").string() == "Ascending";
    const auto page = cut_page(std::move(all), ascending, call.input, (*e)->run.setup().arn + "/steps");
    if (!page) return wrong_token();
    json::writer out;
    out.begin_object().key("PipelineExecutionSteps").begin_array();
    for (const std::size_t i : page->items) write_step(**e, i, out);
    out.end_array();
    if (!page->next_token.empty()) out.member("NextToken", page->next_token);
    out.end_object();
    return out.take();
}

service_reply list_parameters(desk d, const operation_call& call) {
    const auto e = execution_of(d, call);
    if (!e) return e.error();
    std::vector<std::pair<std::string, std::pair<std::string, std::string>>> all;
    for (const auto& [name, value] : (*e)->run.setup().parameters)
        all.emplace_back(name, std::pair{name, value});
    const auto page = cut_page(std::move(all), true, call.input, (*e)->run.setup().arn + "/parameters");
    if (!page) return wrong_token();
    json::writer out;
    out.begin_object().key("PipelineParameters").begin_array();
    for (const auto& [name, value] : page->items)
        out.begin_object().member("Name", name).member("Value", value).end_object();
    out.end_array();
    if (!page->next_token.empty()) out.member("NextToken", page->next_token);
    out.end_object();
    return out.take();
}

service_reply step_success(desk d, const operation_call& call) {
    return once(d, call, [&] {
        return d.store.answer_callback(text(call.input, "CallbackToken"),
                                       pairs(call.input.find("OutputParameters")), "", call.now);
    });
}

service_reply step_failure(desk d, const operation_call& call) {
    return once(d, call, [&] {
        return d.store.answer_callback(text(call.input, "CallbackToken"), std::nullopt,
                                       text(call.input, "FailureReason"), call.now);
    });
}

constexpr pipeline_operation table[] = {
    {"StartPipelineExecution", start, "MlflowExperimentName", "SelectiveExecutionConfig"},
    {"StopPipelineExecution", stop},
    {"RetryPipelineExecution", retry},
    {"UpdatePipelineExecution", update},
    {"DescribePipelineExecution", describe},
    {"DescribePipelineDefinitionForExecution", describe_definition},
    {"ListPipelineExecutions", list},
    {"ListPipelineExecutionSteps", list_steps},
    {"ListPipelineParametersForExecution", list_parameters},
    {"SendPipelineExecutionStepSuccess", step_success},
    {"SendPipelineExecutionStepFailure", step_failure},
};

}  // namespace

std::span<const pipeline_operation> execution_operations() {
    return table;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines

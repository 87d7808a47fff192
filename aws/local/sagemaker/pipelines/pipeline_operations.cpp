#include "aws/local/sagemaker/pipelines/pipeline_operations.hpp"

#include "aws/local/base/paging.hpp"
#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_answers.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

std::optional<std::string> text(json::value input, std::string_view member) {
    const auto s = input.find(member).string();
    return s ? std::optional{std::string{*s}} : std::nullopt;
}

std::optional<wall_time> time(json::value input, std::string_view member) {
    const auto n = input.find(member).number();
    return n ? std::optional{from_unix_seconds(*n)} : std::nullopt;
}

pipeline_input read_input(json::value in) {
    pipeline_input out{text(in, "PipelineDisplayName"), text(in, "PipelineDescription"), text(in, "RoleArn"),
                       text(in, "PipelineDefinition"),  read_parallel_max(in),           {}};
    for (const json::value tag : in.find("Tags").elements())
        out.tags.insert_or_assign(std::string{tag.find("Key").string().value_or("")},
                                  std::string{tag.find("Value").string().value_or("")});
    return out;
}

std::string arn_answer(const std::string& arn) {
    json::writer out;
    out.begin_object().member("PipelineArn", arn).end_object();
    return out.take();
}

service_reply create(desk d, const operation_call& call) {
    const json::value in = call.input;
    if (auto known = d.store.tokens().find(call.operation, in)) return *std::move(known);
    if (in.find("PipelineDefinition").is_null())
        return validation_exception(
            "PipelineDefinition is required: the local AWS has no S3 to read one from.");
    const auto made = d.store.create(*text(in, "PipelineName"), read_input(in), call.who.arn, call.now);
    if (!made) return made.error();
    std::string answer = arn_answer((*made)->arn);
    d.store.tokens().record(call.operation, in, answer);
    return answer;
}

service_reply update(desk d, const operation_call& call) {
    const json::value in = call.input;
    const auto changed = d.store.update(*text(in, "PipelineName"), read_input(in), call.who.arn, call.now);
    if (!changed) return changed.error();
    json::writer out;
    out.begin_object().member("PipelineArn", (*changed)->arn);
    out.member("PipelineVersionId", (*changed)->versions.back().id).end_object();
    return out.take();
}

service_reply remove(desk d, const operation_call& call) {
    if (auto known = d.store.tokens().find(call.operation, call.input)) return *std::move(known);
    const auto arn = d.store.remove(*text(call.input, "PipelineName"));
    if (!arn) return arn.error();
    std::string answer = arn_answer(*arn);
    d.store.tokens().record(call.operation, call.input, answer);
    return answer;
}

service_reply describe(desk d, const operation_call& call) {
    const auto found = d.store.find(*text(call.input, "PipelineName"));
    if (!found) return found.error();
    const auto id = call.input.find("PipelineVersionId").integer();
    const pipeline_version* version = (*found)->version(id);
    if (!version)
        return service_error{400, "ResourceNotFound", "",
                             "Pipeline '" + (*found)->arn + "' has no version " + std::to_string(*id) + ".",
                             true};
    return describe_answer(**found, *version);
}

service_reply list(desk d, const operation_call& call) {
    const json::value in = call.input;
    const auto prefix = text(in, "PipelineNamePrefix");
    const auto after = time(in, "CreatedAfter"), before = time(in, "CreatedBefore");
    const bool by_name = in.find("SortBy").string() == "Name";
    std::vector<std::pair<std::string, const pipeline*>> all;
    for (const auto& [name, p] : d.store.pipelines()) {
        if ((prefix && !name.starts_with(*prefix)) || (after && p.created <= *after) ||
            (before && p.created >= *before))
            continue;
        all.emplace_back(by_name ? name : time_key(p.created, name), &p);
    }
    const bool ascending = in.find("SortOrder").string() == "Ascending";
    const auto page = cut_page(std::move(all), ascending, in, by_name ? "pipelines/n" : "pipelines/t");
    if (!page) return wrong_token();
    json::writer out;
    out.begin_object().key("PipelineSummaries").begin_array();
    for (const pipeline* p : page->items) write_summary(*p, out);
    out.end_array();
    if (!page->next_token.empty()) out.member("NextToken", page->next_token);
    out.end_object();
    return out.take();
}

constexpr pipeline_operation table[] = {
    {"CreatePipeline", create, {}, "PipelineDefinitionS3Location"},
    {"UpdatePipeline", update, {}, "PipelineDefinitionS3Location"},
    {"DeletePipeline", remove},
    {"DescribePipeline", describe},
    {"ListPipelines", list},
};

}  // namespace

std::optional<std::size_t> read_parallel_max(json::value input) {
    const auto n = input.find("ParallelismConfiguration").find("MaxParallelExecutionSteps").integer();
    return n ? std::optional{static_cast<std::size_t>(*n)} : std::nullopt;
}

std::span<const pipeline_operation> pipeline_operations() {
    return table;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines

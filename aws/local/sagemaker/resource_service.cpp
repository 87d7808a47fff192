#include "aws/local/sagemaker/resource_service.hpp"

#include <algorithm>

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_answers.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_operations.hpp"
#include "aws/local/sagemaker/resources/endpoint_answers.hpp"
#include "aws/local/sagemaker/resources/resource_operations.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

// Kinds of documents: of models, configurations and endpoints by ARN, and of pipelines by their own keys.
constexpr std::string_view kept_asset = "asset", kept_flow = "flow";

resources::resource_host host_of(const account_id& account, const region_name& region,
                                 const resource_hooks& hooks,
                                 std::function<void(const std::string& key)> touched) {
    resources::resource_host out;
    out.touched = [&, hear = std::move(touched)](const std::string& arn) {
        hear(kept_key(kept_asset, account, region, arn));
    };
    if (hooks.quotas != nullptr) {
        out.take = [&](const instance_counts& more) -> std::optional<service_error> {
            const auto over = hooks.quotas->take(account, region, instance_use::endpoint, more);
            if (!over) return std::nullopt;
            return of_type("ResourceLimitExceeded", over->text());
        };
        out.give_back = [&](const instance_counts& less) {
            hooks.quotas->give_back(account, region, instance_use::endpoint, less);
        };
    }
    if (hooks.rules != nullptr)
        out.fate_of = [&](std::string_view name, const resources::deployment& to) {
            const instance_counts instances = to.instances();
            job_fate fate = hooks.rules->decide({name, "endpoint", account, region, instances, false});
            return resources::endpoint_fate{std::move(fate.failure_reason), fate.slow_start};
        };
    if (hooks.tell)
        out.tell = [&](const resources::state_change_note& n) {
            hooks.tell({account, region, n.when, std::string{n.detail_type}, n.arn, n.detail});
        };
    return out;
}

void tell_of_pipeline(const account_id& account, const region_name& region, const resource_hooks& hooks,
                      const pipelines::execution_record& e, const pipelines::execution_event& event) {
    if (const auto* c = std::get_if<pipelines::execution_event::callback>(&event.what)) {
        if (hooks.send)
            hooks.send(
                {account, region, e.run.of().steps[c->step].queue_url, c->body, e.run.setup().role_arn});
        return;
    }
    if (!hooks.tell) return;
    const bool step = std::holds_alternative<pipelines::execution_event::step_changed>(event.what);
    hooks.tell({account, region, event.when,
                step ? "SageMaker Model Building Pipeline Execution Step Status Change"
                     : "SageMaker Model Building Pipeline Execution Status Change",
                e.run.setup().arn, pipelines::event_detail(e, event)});
}

}  // namespace

struct resource_service::home {
    home(account_id a, region_name r, const resource_settings& s, const resource_hooks& hooks,
         resource_service& service)
        : account(std::move(a)),
          region(std::move(r)),
          jobs(account, region, s.time_scale, hooks.jobs),
          assets(account, region, {s.time_scale, s.hidden_for},
                 host_of(account, region, hooks,
                         [&service](const std::string& key) { service.touch_by([&] { return key; }); })),
          flows(
              account, region, s.time_scale, rng{s.seed}.split(account.str() + "/" + region.str()),
              [this, &hooks](const pipelines::execution_record& e, const pipelines::execution_event& event) {
                  tell_of_pipeline(account, region, hooks, e, event);
              }) {
        flows.on_change(
            [this, &service](const std::string& key) { service.touch(kept_flow, account, region, key); });
    }

    void advance(wall_time now) {
        assets.advance(now);
        flows.advance(now, jobs);
    }
    resources::tag_map* tags_of(std::string_view arn, const resource_hooks& hooks) {
        if (resources::tag_map* found = assets.tags_of(arn)) return found;
        if (pipelines::pipeline* found = flows.by_arn(arn)) return &found->tags;
        return hooks.job_tags ? hooks.job_tags(account, region, arn) : nullptr;
    }

    account_id account;
    region_name region;
    pipeline_jobs jobs;
    resources::resource_store assets;
    pipelines::pipeline_store flows;
};

resource_service::resource_service(resource_settings settings, resource_hooks hooks)
    : kept_part("sagemaker.resources"), settings_(settings), hooks_(std::move(hooks)) {}
resource_service::~resource_service() = default;

resource_service::home& resource_service::at(const account_id& account, const region_name& region) {
    auto& found = homes_[{account, region}];
    if (!found) found = std::make_unique<home>(account, region, settings_, hooks_, *this);
    return *found;
}

service_reply resource_service::run(const operation_call& call,
                                    const std::function<service_reply(home&)>& act) {
    home& h = at(call.who.account, call.region);
    // A step of a pipeline has called: whoever began this does the rest.
    if (at_work_) return act(h);
    at_work_ = true;
    h.advance(call.now);
    service_reply reply = act(h);
    h.advance(call.now);
    note(h);
    at_work_ = false;
    return reply;
}

void resource_service::advance(wall_time now) {
    if (at_work_) return;
    at_work_ = true;
    for (home* h : due_.due(now)) {
        h->advance(now);
        note(*h);
    }
    at_work_ = false;
}

void resource_service::note(home& h) {
    const auto assets = h.assets.next(), flows = h.flows.next();
    due_.set(h, assets && flows ? std::min(*assets, *flows) : assets ? assets : flows);
}

std::optional<wall_time> resource_service::next() const {
    return due_.first();
}

std::optional<std::string> resource_service::document(std::string_view key) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const home& h = at(account, region);
    return kind == kept_asset ? h.assets.document(parts.rest()) : h.flows.document(parts.rest());
}

bool resource_service::take_back(std::string_view key, json::value v) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    home& h = at(account, region);
    return kind == kept_asset  ? h.assets.take_back(parts.rest(), v)
           : kind == kept_flow ? h.flows.take_back(parts.rest(), v)
                               : false;
}

result<void> resource_service::restored() {
    for (const auto& [where, h] : homes_) {
        if (!h->flows.restored()) return error{errc::corrupt, "a pipeline or an execution is not whole"};
        note(*h);
        if (hooks_.quotas == nullptr) continue;
        for (const auto& [name, e] : h->assets.endpoints)
            hooks_.quotas->hold(where.first, where.second, instance_use::endpoint, e.run.instances());
    }
    return {};
}

void resource_service::jobs_touched(const account_id& account, const region_name& region, wall_time now) {
    if (at_work_) return;
    home& h = at(account, region);
    h.flows.look_again(now);
    note(h);
}

void resource_service::add_operations(operation_table& table) {
    add_resources(table);
    add_pipelines(table);
    add_tags_and_search(table);
}

void resource_service::add_resources(operation_table& table) {
    for (const auto& rows :
         {resources::model_operations(), resources::config_operations(), resources::endpoint_operations()})
        for (const resources::resource_operation& row : rows)
            table.add({row.name,
                       [this, answer = row.answer](const operation_call& call) {
                           return run(call, [&](home& h) { return answer(h.assets, call); });
                       },
                       row.without_effect});
}

void resource_service::add_pipelines(operation_table& table) {
    for (const auto& rows : {pipelines::pipeline_operations(), pipelines::execution_operations()})
        for (const pipelines::pipeline_operation& row : rows)
            table.add({row.name,
                       [this, answer = row.answer](const operation_call& call) {
                           return run(call, [&](home& h) { return answer({h.flows, h.jobs}, call); });
                       },
                       row.without_effect, row.refused});
}

void resource_service::add_tags_and_search(operation_table& table) {
    using tag_operation = service_reply (*)(const resources::tag_finder&, json::value);
    for (const auto& [name, act] :
         {std::pair<std::string_view, tag_operation>{"AddTags", resources::add_tags},
          {"ListTags", resources::list_tags},
          {"DeleteTags", resources::delete_tags}})
        table.add({name, [this, answer = act](const operation_call& call) {
                       return run(call, [&](home& h) {
                           return answer([&](std::string_view arn) { return h.tags_of(arn, hooks_); },
                                         call.input);
                       });
                   }});
    table.add({"Search",
               [this](const operation_call& call) {
                   return run(call, [&](home& h) { return search(h, call, false); });
               },
               "CrossAccountFilterOption VisibilityConditions"});
    table.add({"GetSearchSuggestions", [this](const operation_call& call) {
                   return run(call, [&](home& h) { return search(h, call, true); });
               }});
}

service_reply resource_service::search(home& h, const operation_call& call, bool suggestions) {
    const std::string type{call.input.find("Resource").string().value_or("")};
    const auto resource = search::find_resource(type);
    if (!resource)
        return validation_exception("The local AWS has no resources of type " + type + " to search.");
    std::vector<search::record> records;
    if (type == "Pipeline") {
        for (const auto& [name, p] : h.flows.pipelines())
            records.push_back({p.arn, pipelines::search_record(p)});
    } else if (type == "PipelineExecution") {
        for (const auto& [arn, e] : h.flows.executions())
            records.push_back({arn, pipelines::search_record(e, h.flows.arn_of(e.pipeline))});
    } else if (type == "Endpoint") {
        for (const auto& [name, e] : h.assets.endpoints)
            records.push_back({e.run.arn(), resources::endpoint_record(e)});
    } else if (type == "Model") {
        h.assets.models.for_each(
            [&](const resources::stored& m) { records.push_back({m.arn, resources::model_record(m)}); });
    } else if (hooks_.job_records) {
        records = hooks_.job_records(h.account, h.region, type, call.now);
    }
    const auto& m = model::sagemaker_model();
    return suggestions ? search::answer_suggestions(call.input, *resource, records, m)
                       : search::answer_search(call.input, *resource, records, m);
}

}  // namespace trainyard::aws::local::sagemaker

// The documents of pipeline_store.hpp: a pipeline, each of its versions, an execution as it was started, and
// how it goes.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/local/base/kept_value.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_store.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

std::string version_key(std::string_view pipeline, std::int64_t id) {
    return fmt::format("{}{}/{:020}", kept_version, pipeline, id);
}

std::shared_ptr<const definition> read_definition(const std::string& text) {
    auto read = parse_definition(text);
    return read ? std::make_shared<const definition>(*std::move(read)) : nullptr;
}

}  // namespace

template <class Fields>
void fields(Fields& f, pipeline& p) {
    f("name", p.name), f("arn", p.arn), f("display_name", p.display_name), f("description", p.description);
    f("role_arn", p.role_arn), f("created_by", p.created_by), f("modified_by", p.modified_by);
    f("created", p.created), f("modified", p.modified), f("last_run", p.last_run);
    f("parallel_max", p.parallel_max), f("tags", p.tags);
}

template <class Fields>
void fields(Fields& f, pipeline_version& v) {
    f("id", v.id), f("text", v.text), f("created", v.created);
}

namespace {

// An execution_record but for what goes on.
struct started_execution {
    std::string pipeline;
    std::int64_t version = 1;
    std::string definition_text, created_by;
    std::map<std::string, std::string> given;
    execution_setup setup;
};

template <class Fields>
void fields(Fields& f, started_execution& e) {
    f("pipeline", e.pipeline), f("version", e.version), f("definition_text", e.definition_text);
    f("created_by", e.created_by), f("given", e.given), f("setup", e.setup);
}

// What goes on.
struct going_execution {
    execution_record& of;
};

template <class Fields>
void fields(Fields& f, going_execution& e) {
    f("display_name", e.of.display_name), f("description", e.of.description);
    f("modified_by", e.of.modified_by), f("run", e.of.run);
}

}  // namespace

void pipeline_store::on_change(std::function<void(const std::string& key)> hear) {
    tokens_.on_change([hear](const std::string& key) { hear(std::string{kept_token} + key); });
    hear_ = std::move(hear);
}

void pipeline_store::heard_of(const pipeline& p, std::int64_t version) const {
    if (!hear_) return;
    hear_(std::string{kept_pipeline} + p.name);
    hear_(version_key(p.name, version));
}

std::optional<std::string> pipeline_store::document(std::string_view key) const {
    if (key == kept_random) return kept::text_of(random_);
    if (key.starts_with(kept_token)) return tokens_.document(std::string{key.substr(kept_token.size())});
    if (key.starts_with(kept_pipeline)) {
        const auto p = pipelines_.find(key.substr(kept_pipeline.size()));
        return p == pipelines_.end() ? std::nullopt : std::optional{kept::text_of(p->second)};
    }
    if (key.starts_with(kept_version)) {
        const std::string_view rest = key.substr(kept_version.size());
        const auto p = pipelines_.find(rest.substr(0, rest.find('/')));
        if (p == pipelines_.end()) return std::nullopt;
        for (const pipeline_version& v : p->second.versions)
            if (version_key(p->first, v.id) == key) return kept::text_of(v);
        return std::nullopt;
    }
    const bool run = key.starts_with(kept_run);
    const auto found = executions_.find(key.substr(run ? kept_run.size() : kept_execution.size()));
    if (found == executions_.end()) return std::nullopt;
    const execution_record& e = found->second;
    if (run) {
        json::writer out;
        out.begin_object();
        kept::writing_fields f{out};
        going_execution all{const_cast<execution_record&>(e)};  // fields() only looks
        fields(f, all);
        out.end_object();
        return out.take();
    }
    return kept::text_of(
        started_execution{e.pipeline, e.version, e.definition_text, e.created_by, e.given, e.run.setup()});
}

bool pipeline_store::take_execution(json::value v, const std::string& arn) {
    started_execution s;
    if (!kept::read(v, s) || s.setup.arn != arn || s.setup.time_scale <= 0) return false;
    std::shared_ptr<const definition> read;
    if (const auto p = pipelines_.find(s.pipeline); p != pipelines_.end() && !p->second.versions.empty())
        if (const pipeline_version* same = p->second.version(s.version);
            same && same->text == s.definition_text)
            read = same->read;
    if (!read) read = read_definition(s.definition_text);
    if (!read) return false;
    execution run{std::move(read), std::move(s.setup), rng{0}, {}};
    return executions_
        .emplace(arn, execution_record{std::move(s.pipeline), s.version, std::move(s.definition_text), "", "",
                                       std::move(s.created_by), "", std::move(s.given), std::move(run)})
        .second;
}

bool pipeline_store::take_run(json::value v, const std::string& arn) {
    const auto found = executions_.find(arn);
    if (found == executions_.end()) return false;
    execution_record& e = found->second;
    going_execution into{e};
    kept::reading_fields f{v};
    fields(f, into);
    if (!f.good() || e.run.steps().size() != e.run.of().steps.size()) return false;
    order_.push_back(arn);
    wake(e);
    return true;
}

bool pipeline_store::restored() {
    // As they were started; the keys say nothing of that.
    std::sort(order_.begin(), order_.end(), [this](const std::string& a, const std::string& b) {
        return executions_.find(a)->second.run.created() < executions_.find(b)->second.run.created();
    });
    return order_.size() == executions_.size() &&
           std::none_of(pipelines_.begin(), pipelines_.end(),
                        [](const auto& p) { return p.second.versions.empty(); });
}

bool pipeline_store::take_back(std::string_view key, json::value v) {
    if (key == kept_random) return kept::read(v, random_);
    if (key.starts_with(kept_token)) return tokens_.take_back(std::string{key.substr(kept_token.size())}, v);
    if (key.starts_with(kept_pipeline)) {
        pipeline p;
        return kept::read(v, p) && key.substr(kept_pipeline.size()) == p.name &&
               pipelines_.emplace(p.name, std::move(p)).second;
    }
    if (key.starts_with(kept_version)) {
        const std::string_view rest = key.substr(kept_version.size());
        const auto p = pipelines_.find(rest.substr(0, rest.find('/')));
        pipeline_version version;
        if (p == pipelines_.end() || !kept::read(v, version)) return false;
        version.read = read_definition(version.text);
        p->second.versions.push_back(std::move(version));
        return p->second.versions.back().read != nullptr;
    }
    if (key.starts_with(kept_run)) return take_run(v, std::string{key.substr(kept_run.size())});
    return key.starts_with(kept_execution) &&
           take_execution(v, std::string{key.substr(kept_execution.size())});
}

}  // namespace trainyard::aws::local::sagemaker::pipelines

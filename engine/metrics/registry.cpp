#include "engine/metrics/registry.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <set>

#include "engine/base/check.hpp"

namespace trainyard::metrics {
namespace {

constexpr std::string_view prefix = "trainyard_";

}  // namespace

void counter::add(double n) const {
    static_cast<prometheus::Counter*>(impl_)->Increment(n);
}
void gauge::set(double v) const {
    static_cast<prometheus::Gauge*>(impl_)->Set(v);
}
void gauge::add(double n) const {
    static_cast<prometheus::Gauge*>(impl_)->Increment(n);
}
void histogram::observe(double v) const {
    static_cast<prometheus::Histogram*>(impl_)->Observe(v);
}

struct registry::impl {
    // `l`, or every value replaced by "other" once the family is full.
    labels bounded(const std::string& name, const labels& l);

    prometheus::Registry metrics;
    std::mutex guard;  // of what follows
    std::map<std::string, std::set<labels>> known;
    std::vector<std::function<void()>> refreshers;
};

labels registry::impl::bounded(const std::string& name, const labels& l) {
    const std::lock_guard lock(guard);
    std::set<labels>& sets = known[name];
    // The last place of a family belongs to "other", so that the bound holds with it.
    if (l.empty() || sets.count(l) > 0) return l;
    if (sets.size() + 1 < label_sets_max) {
        sets.insert(l);
        return l;
    }
    labels other = l;
    for (auto& [key, value] : other) value = "other";
    return other;
}

registry::registry() : impl_(std::make_unique<impl>()) {}
registry::~registry() = default;

counter registry::get_counter(const std::string& name, const std::string& help, const labels& l) {
    TY_CHECK(name.ends_with("_total") && !help.empty(),
             "a counter's name ends in _total, and it has a help text");
    auto& family =
        prometheus::BuildCounter().Name(std::string(prefix) + name).Help(help).Register(impl_->metrics);
    counter out;
    out.impl_ = &family.Add(impl_->bounded(name, l));
    return out;
}

gauge registry::get_gauge(const std::string& name, const std::string& help, const labels& l) {
    TY_CHECK(!name.ends_with("_total") && !help.empty(),
             "_total is for counters, and every metric has a help text");
    auto& family =
        prometheus::BuildGauge().Name(std::string(prefix) + name).Help(help).Register(impl_->metrics);
    gauge out;
    out.impl_ = &family.Add(impl_->bounded(name, l));
    return out;
}

histogram registry::get_histogram(const std::string& name, const std::string& help,
                                  const std::vector<double>& buckets, const labels& l) {
    TY_CHECK(!name.ends_with("_total") && !help.empty(),
             "_total is for counters, and every metric has a help text");
    auto& family =
        prometheus::BuildHistogram().Name(std::string(prefix) + name).Help(help).Register(impl_->metrics);
    histogram out;
    out.impl_ = &family.Add(impl_->bounded(name, l), buckets);
    return out;
}

void registry::on_render(std::function<void()> refresh) {
    const std::lock_guard lock(impl_->guard);
    impl_->refreshers.push_back(std::move(refresh));
}

std::string registry::text() {
    std::vector<std::function<void()>> refreshers;
    {
        const std::lock_guard lock(impl_->guard);
        refreshers = impl_->refreshers;
    }
    for (const auto& refresh : refreshers)
        refresh();  // without the lock: they set metrics, and may ask for new ones
    return prometheus::TextSerializer{}.Serialize(impl_->metrics.Collect());
}

}  // namespace trainyard::metrics

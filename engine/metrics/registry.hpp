// Prometheus metrics, over prometheus-cpp. Labels carry configuration names only, and each family has a bound
// on the number of label sets: beyond it every further set is counted under the label value "other".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::metrics {

using labels = std::map<std::string, std::string>;

// Handles are cheap to copy and valid as long as the registry; use them from any thread.
class counter {
public:
    void add(double n = 1) const;

private:
    friend class registry;
    void* impl_ = nullptr;
};

class gauge {
public:
    void set(double v) const;
    void add(double n) const;

private:
    friend class registry;
    void* impl_ = nullptr;
};

class histogram {
public:
    void observe(double v) const;

private:
    friend class registry;
    void* impl_ = nullptr;
};

inline constexpr std::size_t label_sets_max = 512;  // per family

class registry {
public:
    registry();
    ~registry();
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    // `name` without the prefix "trainyard_", in base units; a counter's name ends in "_total". Asking twice
    // for the same name and labels gives the same metric.
    counter get_counter(const std::string& name, const std::string& help, const labels& l = {});
    gauge get_gauge(const std::string& name, const std::string& help, const labels& l = {});
    histogram get_histogram(const std::string& name, const std::string& help,
                            const std::vector<double>& buckets, const labels& l = {});

    // Called before each rendering, on the rendering thread; for values that are cheaper to read than to
    // maintain.
    void on_render(std::function<void()> refresh);

    // The text exposition format 0.0.4; promtool check metrics finds nothing to say about it.
    std::string text();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::metrics

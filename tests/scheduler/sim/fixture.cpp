#include "tests/scheduler/sim/fixture.hpp"

#include <zlib.h>

#include <cstdlib>

namespace trainyard::sim {
namespace {

std::string path_of(const std::string& name) {
    const char* folder = std::getenv("TRAINYARD_DATA");
    return std::string{folder != nullptr ? folder : TRAINYARD_DATA} + "/traces/" + name;
}

}  // namespace

workload jobs_of(const std::string& lines) {
    std::string csv = "job,submit,run,units,tenant\n";
    std::istringstream in{lines};
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream words{line};
        std::string word, record;
        int n = 0;
        for (; words >> word; ++n) record += (n == 0 ? "" : ",") + word;
        if (n > 0) csv += record + (n == 4 ? ",all\n" : "\n");
    }
    auto w = read_csv(csv, {});
    EXPECT_TRUE(w.has_value()) << csv;
    return w ? std::move(*w) : workload{};
}

std::string schedule(const workload& w, const simulator& s) {
    std::ostringstream out;
    for (std::size_t i = 0; i < w.jobs.size(); ++i) {
        const outcome& o = s.record().outcomes[i];
        out << (i == 0 ? "" : ", ") << w.jobs[i].name << " ";
        if (o.attempts == 0)
            out << "never";
        else
            out << to_seconds(o.start) << "-" << to_seconds(o.end);
    }
    return out.str();
}

std::optional<std::string> trace(const std::string& name) {
    // gzread gives plain files as they are.
    gzFile file = gzopen(path_of(name).c_str(), "rb");
    if (file == nullptr) return std::nullopt;
    std::string out, block(1U << 16U, '\0');
    int got = 0;
    while ((got = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0)
        out.append(block, 0, static_cast<std::size_t>(got));
    gzclose(file);
    return out;
}

std::string why_no_trace(const std::string& name) {
    return "there is no " + path_of(name) + "; set TRAINYARD_DATA to the folder that holds traces/";
}

}  // namespace trainyard::sim

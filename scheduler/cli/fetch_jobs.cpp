// The jobs of a fleet as JSON lines: from the running dispatcher, or from its ledger when none runs.
#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "engine/http/client.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/admin.hpp"

namespace trainyard::cli {
namespace {

task<void> fetch(http::client& client, http::url from, result<http::response>& answer) {
    http::request q;
    q.method = "GET";
    q.target = "/api/v1/jobs";
    const mono_time deadline = io::real_clock().mono() + std::chrono::seconds{30};
    answer = co_await client.send(from.origin, q, http::lane::control, deadline);
    co_await client.close();
}

result<std::string> from_running(const std::string& url) {
    auto at = http::parse_url(url);
    if (!at) return at.error();
    boost::asio::io_context io;
    http::client_options options;
    options.body_bytes_max = 1U << 30U;
    http::client client{io, options};
    result<http::response> answer = error{errc::internal, "no answer"};
    io::task_group group{io};
    group.spawn([&] { return fetch(client, *at, answer); });
    io.run();
    if (!answer) return answer.error();
    if (answer->status != 200)
        return error{errc::internal, fmt::format("{} answered {}: {}", url, answer->status, answer->body)};
    return std::move(answer->body);
}

result<std::string> from_ledger(const config::fleet& f) {
    if (!std::ifstream{f.ledger_file})
        return error{errc::not_found,
                     fmt::format("there is no ledger {} yet; it begins with the first 'trainyard run'",
                                 f.ledger_file)};
    auto opened = ledger::ledger::open(f.ledger_file, f.installation);
    if (!opened) return opened.error();
    auto jobs = (*opened)->load();
    if (!jobs) return jobs.error();
    std::string lines;
    for (const lifecycle::job& j : *jobs) lines += dispatcher::job_line(j) + "\n";
    return lines;
}

}  // namespace

result<std::string> fetch_jobs(const config::fleet& f, jobs_source from) {
    std::string url;
    std::getline(std::ifstream{f.ledger_file + ".admin"}, url);
    if (from == jobs_source::dispatcher) {
        if (!url.empty()) return from_running(url);
        return error{errc::unreachable,
                     fmt::format("no dispatcher runs on {}, or its admin pages are off", f.ledger_file)};
    }
    auto lines = url.empty() ? from_ledger(f) : from_running(url);
    // The address outlives a dispatcher that was killed.
    if (!lines && !url.empty()) lines = from_ledger(f);
    return lines;
}

}  // namespace trainyard::cli

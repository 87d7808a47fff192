#include "scheduler/cli/dispatcher_call.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <charconv>
#include <fstream>
#include <iostream>

#include "engine/base/encoding.hpp"
#include "engine/http/client.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/admin.hpp"

namespace trainyard::cli {
namespace {

constexpr duration answer_within = std::chrono::seconds{30};

task<void> send_call(http::client& client, http::origin to, http::request q, result<http::response>& answer) {
    const mono_time deadline = io::real_clock().mono() + answer_within;
    answer = co_await client.send(to, q, http::lane::control, deadline);
    co_await client.close();
}

}  // namespace

result<dispatcher_answer> ask_dispatcher(const config::fleet& f, const dispatcher_call& what) {
    std::string address;
    std::getline(std::ifstream{f.ledger_file + ".admin"}, address);
    if (address.empty())
        return error{errc::unreachable,
                     fmt::format("no dispatcher runs on {}, or its admin pages are off: start it with "
                                 "'trainyard run -c FLEET', without admin: off in the fleet file",
                                 f.ledger_file)};
    auto at = http::parse_url(address);
    if (!at) return with_context(at.error(), f.ledger_file + ".admin");
    boost::asio::io_context io;
    http::client_options options;
    options.body_bytes_max = 1U << 30U;
    http::client client{io, options};
    http::request q;
    q.method = what.method;
    q.target = what.target;
    if (q.method != "GET") {
        q.fields.add("x-trainyard", "cli");
        q.fields.add(dispatcher::installation_field, percent_encode(f.installation));
    }
    result<http::response> answer = error{errc::internal, "no answer"};
    io::task_group group{io};
    group.spawn([&] { return send_call(client, at->origin, q, answer); });
    io.run();
    if (!answer)
        return error{errc::unreachable,
                     fmt::format("the dispatcher that wrote {}.admin does not answer at {} ({}): if it was "
                                 "killed, start it again with 'trainyard run -c FLEET'",
                                 f.ledger_file, address, answer.error().message)};
    return dispatcher_answer{answer->status, std::move(answer->body)};
}

std::string job_target(std::string_view job) {
    return "/api/v1/jobs/" + percent_encode(job);
}

int complain(const dispatcher_answer& refused) {
    std::string text = refused.body;
    while (text.ends_with('\n')) text.pop_back();
    const bool known = refused.status == 404 || refused.status == 409 || refused.status == 400;
    return complain(exit_code::work_failed,
                    known ? text : fmt::format("the dispatcher answered {}: {}", refused.status, text));
}

int show_answer(const std::string& fleet_file, const dispatcher_call& what, bool as_json,
                const std::function<void(json::value)>& show) {
    const auto fleet = load_fleet(fleet_file);
    if (!fleet) return complain(fleet.error());
    const auto answer = ask_dispatcher(*fleet, what);
    if (!answer) return complain(answer.error());
    if (answer->status != 200) return complain(*answer);
    const auto page = json::document::parse(answer->body);
    if (!page) return complain(page.error());
    if (as_json)
        std::cout << answer->body;
    else
        show(page->root());
    std::cout.flush();
    return exit_code::done;
}

std::string text_of(json::value object, std::string_view key) {
    const json::value found = object.find(key);
    if (const auto text = found.string()) return std::string{*text};
    return std::string{found.number_text()};
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> width;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i >= width.size()) width.push_back(0);
            width[i] = std::max(width[i], row[i].size());
        }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += fmt::format("{:<{}}  ", row[i], i + 1 < row.size() ? width[i] : 0);
        std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
    }
}

std::string time_of(json::value object, std::string_view key) {
    const std::string text = text_of(object, key);
    double seconds = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || read.ec != std::errc{}) return "-";
    return to_iso8601(from_unix_millis(static_cast<std::int64_t>(seconds * 1e3)));
}

}  // namespace trainyard::cli

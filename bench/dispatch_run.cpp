#include "bench/dispatch_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <unordered_set>
#include <vector>

#include "bench/report.hpp"
#include "bench/sqs_load.hpp"
#include "scheduler/ledger/audit.hpp"

namespace trainyard::bench {
namespace {

namespace fs = std::filesystem;

constexpr double ns = 1e9;
constexpr int look_every_ms = 10;
constexpr std::size_t fill_connections = 8;

// The files of one round, gone with this object.
class folder {
public:
    static result<folder> make(const std::string& under) {
        std::string name = (fs::absolute(under) / "trainyard-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            return error{errc::io, fmt::format("no folder can be made in {}", under)};
        return folder{std::move(name)};
    }
    folder(folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    folder& operator=(folder&&) = delete;
    ~folder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    std::string operator/(const char* name) const { return path_ + "/" + name; }

private:
    explicit folder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

std::string queue_name(std::size_t n) {
    return fmt::format("jobs-{}", n);
}

// Nothing in it binds but the program itself.
result<void> write_fleet(const dispatch_shape& s, const std::string& path, const std::string& ledger) {
    std::ofstream out(path);
    out << "installation: bench\nledger: " << ledger << "\nadmin: 127.0.0.1:0\n"
        << "receivers_per_queue: " << s.receivers << "\naccounts:\n";
    constexpr const char* regions[] = {"us-east-1", "us-west-2", "eu-west-1", "eu-central-1"};
    for (std::size_t a = 0; a < s.accounts; ++a) {
        const std::string id = fmt::format("{:012}", 100'000'000'001 + a);
        out << fmt::format(
            "  - id: \"{0}\"\n    role: arn:aws:iam::{0}:role/spoke\n"
            "    execution_role: arn:aws:iam::{0}:role/exec\n    bucket: s3://bench-{0}\n"
            "    regions: [",
            id);
        for (std::size_t r = 0; r < s.regions; ++r) out << (r == 0 ? "" : ", ") << regions[r];
        out << "]\n    limits: {ml.m5.xlarge: 1000000}\n"
               "    api_rates: {create: 1000000, stop: 1000000, describe: 1000000, list: 1000000}\n";
    }
    out << "tenants:\n  - name: vision\nqueues:\n";
    for (std::size_t q = 0; q < s.queues; ++q)
        out << fmt::format("  - {{name: {}, region: us-east-1, tenants: [vision]}}\n", queue_name(q));
    out.close();
    if (!out) return error{errc::io, path + " cannot be written"};
    return {};
}

result<void> fill(const dispatch_shape& s, const endpoint& at) {
    sqs_caller caller(at);
    for (std::size_t q = 0; q < s.queues; ++q) {
        const auto url = caller.open_queue(queue_name(q));
        if (!url) return url.error();
        load_shape load{fill_connections, 0, false, s.jobs / s.queues, s.patience_seconds};
        load.body = fmt::format(R"({{"kind":"training","name":"resnet50-sweep-17","request":{}}})",
                                dispatch_request());
        const auto sent = run_load(caller, *url, load);
        if (!sent) return sent.error();
    }
    return {};
}

// The journal of the local AWS, read as it grows.
class journal {
public:
    explicit journal(const std::string& path) : in_(path) {}
    void look() {
        in_.clear();
        for (std::string part; std::getline(in_, part);) {
            line_ += part;
            if (in_.eof()) break;  // the rest of it is not written yet
            take(line_);
            line_.clear();
        }
    }
    std::size_t creates() const { return creates_; }
    std::size_t names() const { return names_.size(); }

private:
    void take(std::string_view line) {
        std::size_t from = 0;
        if (find_text(line, "op", from) != "create") return;
        ++creates_;
        from = 0;
        // The attempt is part of it: a second attempt of a job is a second name.
        names_.emplace(find_text(line, "name", from));
    }
    std::ifstream in_;
    std::string line_;
    std::size_t creates_ = 0;
    std::unordered_set<std::string> names_;
};

// The sum of a counter in Prometheus's text, over its series that contain `label`.
double sum_of(std::string_view metrics, std::string_view name, std::string_view label) {
    double sum = 0;
    for (std::size_t at = 0; at < metrics.size();) {
        const std::size_t end = std::min(metrics.find('\n', at), metrics.size());
        const std::string_view line = metrics.substr(at, end - at);
        at = end + 1;
        if (!line.starts_with(name) || line.find(label) == std::string_view::npos) continue;
        double value = 0;
        const auto space = line.rfind(' ');
        std::from_chars(line.data() + space + 1, line.data() + line.size(), value);
        sum += value;
    }
    return sum;
}

result<void> read_metrics(const endpoint& admin, dispatch_cost& out) {
    const auto got =
        ask_once(admin, fmt::format("GET /metrics HTTP/1.1\r\nhost: {}\r\n\r\n", admin.authority()));
    if (!got) return got.error();
    if (got->status != 200) return error{errc::corrupt, fmt::format("/metrics: status {}", got->status)};
    constexpr auto requests = "trainyard_aws_requests_total";
    out.sqs_calls = sum_of(got->body, requests, R"(service="sqs")");
    out.sagemaker_calls = sum_of(got->body, requests, R"(service="sagemaker")");
    out.commits = sum_of(got->body, "trainyard_ledger_commits", "");
    return {};
}

result<child_process> start_dispatcher(const dispatch_shape& s, const endpoint& at, const std::string& fleet,
                                       endpoint& admin) {
    auto child =
        child_process::start({s.program, "run", "-c", fleet, "--fast"},
                             {"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1",
                              "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL=http://" + at.authority()},
                             STDERR_FILENO);
    if (!child) return child.error();
    const std::string line = child->line();
    const auto colon = line.rfind(':');
    const char* const last = line.data() + line.size();
    if (line.find("; admin on http://") == std::string::npos ||
        std::from_chars(line.data() + colon + 1, last, admin.port).ptr != last)
        return error{errc::corrupt, fmt::format("trainyard run said '{}' and not where it serves", line)};
    return child;
}

// Every message became one job, and every job was started once.
result<void> judge(const dispatch_shape& s, const journal& started, const std::string& ledger,
                   dispatch_cost& out) {
    std::vector<double> waits_ms;
    wall_time first = wall_time::max(), last = wall_time::min();
    const auto audited = ledger::audit(ledger, 10, [&](const lifecycle::job& j) {
        if (j.state != lifecycle::state::running) return;
        first = std::min(first, j.facts.accepted);
        last = std::max(last, j.updated);
        waits_ms.push_back(std::chrono::duration<double, std::milli>(j.updated - j.facts.accepted).count());
    });
    if (!audited) return audited.error();
    if (audited->verdict.violations_total > 0)
        return error{errc::corrupt, "the ledger's audit: " + audited->verdict.violations.front().what};
    if (waits_ms.size() != s.jobs || started.creates() != s.jobs || started.names() != s.jobs)
        return error{errc::corrupt,
                     fmt::format("{} messages, {} jobs run, {} were started, {} of them different", s.jobs,
                                 waits_ms.size(), started.creates(), started.names())};
    std::sort(waits_ms.begin(), waits_ms.end());
    out.wait_p50_ms = waits_ms[waits_ms.size() / 2];
    out.wait_p99_ms = waits_ms[waits_ms.size() * 99 / 100];
    out.seconds = std::chrono::duration<double>(last - first).count();
    return {};
}

}  // namespace

std::string dispatch_request() {
    return R"({"AlgorithmSpecification":{"TrainingImage":"111122223333.dkr.ecr.us-east-1.amazonaws.com/train:1",)"
           R"("TrainingInputMode":"File"},"RoleArn":"${pool.execution_role}",)"
           R"("OutputDataConfig":{"S3OutputPath":"${pool.bucket}/out"},"ResourceConfig":{)"
           R"("InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":50},)"
           R"("StoppingCondition":{"MaxRuntimeInSeconds":86400},)"
           R"("HyperParameters":{"trainyard-local-seconds":"80000"}})";
}

result<dispatch_cost> run_dispatch(const dispatch_shape& s) {
    const auto files = folder::make(s.directory);
    if (!files) return files.error();
    const std::string journal_file = *files / "journal", ledger = *files / "ledger.db",
                      fleet = *files / "fleet.yaml";
    const auto server =
        local_server::start(s.program, {"--journal", journal_file, "--instance-limit", "1000000000"});
    if (!server) return server.error();
    if (const auto filled = fill(s, server->at()); !filled) return filled.error();
    if (const auto written = write_fleet(s, fleet, ledger); !written) return written.error();

    endpoint admin;
    auto dispatcher = start_dispatcher(s, server->at(), fleet, admin);
    if (!dispatcher) return dispatcher.error();
    const auto before = use_of(dispatcher->pid()), server_before = use_of(server->pid());
    journal started(journal_file);
    const double patience = wall_ns() + s.patience_seconds * ns;
    for (started.look(); started.creates() < s.jobs; started.look()) {
        if (dispatcher->speaks_within(look_every_ms))  // it has nothing to say but why it ends
            return error{errc::internal, "trainyard run ended early: " + dispatcher->line()};
        if (wall_ns() > patience)
            return error{errc::timeout, fmt::format("{} of {} jobs were started in {} s", started.creates(),
                                                    s.jobs, s.patience_seconds)};
    }
    const auto after = use_of(dispatcher->pid()), server_after = use_of(server->pid());
    if (!before || !server_before || !after || !server_after)
        return error{errc::not_found, "a process of the round has ended"};
    dispatch_cost out;
    out.dispatcher_cpu_seconds = after->cpu_seconds - before->cpu_seconds;
    out.server_cpu_seconds = server_after->cpu_seconds - server_before->cpu_seconds;
    out.resident_bytes = after->resident_bytes;
    if (const auto read = read_metrics(admin, out); !read) return read.error();
    if (const auto stopped = dispatcher->stop(); !stopped)
        return with_context(stopped.error(), "trainyard run");
    started.look();
    if (const auto fine = judge(s, started, ledger, out); !fine) return fine.error();
    return out;
}

}  // namespace trainyard::bench

// What starting a job costs at the least: its CreateTrainingJob, signed and exchanged.
#include <fmt/format.h>

#include <array>
#include <iterator>
#include <memory>
#include <vector>

#include "bench/closed_loop.hpp"
#include "bench/dispatch_run.hpp"
#include "bench/report.hpp"
#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"
#include "engine/io/real_clock.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::bench {
namespace {

const sigv4::scope where{"us-east-1", "sagemaker"};

// The text that the dispatcher would send for a job of this id.
result<std::string> request_text(lifecycle::job_id id) {
    lifecycle::job_facts facts;
    facts.id = id;
    facts.name = "resnet50-sweep-17";
    facts.kind = "training";
    facts.tenant = "vision";
    facts.spec_hash = std::string(64, 'a');
    return lifecycle::build_request(dispatch_request(), facts, 1, "bench",
                                    {"111111111111/us-east-1", "111111111111", "us-east-1",
                                     "arn:aws:iam::000000000000:role/exec", "s3://bench"});
}

class creator : public talker {
public:
    struct shared {
        std::string authority;
        std::size_t jobs;
        std::string text;  // of the job with the first id
        std::size_t asked = 0, done = 0;
        sigv4::credentials keys{"test", secret{"test"}, {}, {}};
        sigv4::signer signer{};
    };
    explicit creator(shared& s) : shared_(s) {}

    bool ask(std::string& out, bool) override {
        if (shared_.asked == shared_.jobs) return false;
        body_ = shared_.text;
        const std::string id = lifecycle::to_text(first + shared_.asked++);
        for (auto at = body_.find(first_text); at != std::string::npos; at = body_.find(first_text, at + 1))
            body_.replace(at, id.size(), id);
        const std::array<sigv4::header_view, 3> headers{{{"host", shared_.authority},
                                                         {"content-type", "application/x-amz-json-1.1"},
                                                         {"x-amz-target", "SageMaker.CreateTrainingJob"}}};
        const sigv4::request_view view{"POST", "/", "", headers, body_};
        const auto signature = shared_.signer.sign(view, shared_.keys, where, io::real_clock().wall());
        TY_CHECK(signature.has_value(), "a request of this form can be signed");
        out.append("POST / HTTP/1.1\r\n");
        for (const auto& h : headers) out.append(h.name).append(": ").append(h.value).append("\r\n");
        for (const auto& h : signature->headers)
            out.append(h.name).append(": ").append(h.value).append("\r\n");
        fmt::format_to(std::back_inserter(out), "user-agent: trainyard-bench\r\ncontent-length: {}\r\n\r\n",
                       body_.size());
        out.append(body_);
        return true;
    }
    result<void> answered(int status, std::string_view body) override {
        if (status != 200)
            return error{errc::corrupt, fmt::format("CreateTrainingJob: {}: {}", status, printable(body))};
        ++shared_.done;
        return {};
    }

    static constexpr lifecycle::job_id first = lifecycle::job_id{1'700'000'000'000} << 19U;
    static inline const std::string first_text = lifecycle::to_text(first);

private:
    shared& shared_;
    std::string body_;
};

}  // namespace

result<floor_cost> run_create_floor(const dispatch_shape& s, std::size_t connections) {
    const auto server = local_server::start(s.program, {"--instance-limit", "1000000000"});
    if (!server) return server.error();
    auto text = request_text(creator::first);
    if (!text) return text.error();
    creator::shared all{server->at().authority(), s.jobs, std::move(*text)};
    std::vector<std::unique_ptr<creator>> creators;
    closed_loop loop(server->at());
    const auto before = use_of(server->pid());
    const double began = wall_ns(), cpu_began = thread_cpu_ns();
    for (std::size_t i = 0; i < connections; ++i) {
        creators.push_back(std::make_unique<creator>(all));
        if (const auto added = loop.add(*creators.back()); !added) return added.error();
    }
    if (const auto ran = loop.finish(s.patience_seconds); !ran) return ran.error();
    const auto after = use_of(server->pid());
    if (!before || !after) return error{errc::not_found, "the server of the floor has ended"};
    if (all.done != s.jobs) return error{errc::corrupt, "not every Create was answered"};
    constexpr double ns = 1e9;
    return floor_cost{(wall_ns() - began) / ns, (thread_cpu_ns() - cpu_began) / ns,
                      after->cpu_seconds - before->cpu_seconds};
}

}  // namespace trainyard::bench

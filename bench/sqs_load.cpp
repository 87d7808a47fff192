#include "bench/sqs_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "bench/report.hpp"
#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::bench {
namespace {

constexpr std::size_t batch = 10;
constexpr std::size_t body_bytes = 300;
constexpr double patience_s = 30;  // for what is under way at the end
const sigv4::scope where{"us-east-1", "sqs"};

// JSON as a string within JSON. The text has no control characters and no escapes of its own.
std::string escaped(const std::string& plain) {
    std::string out;
    for (const char c : plain) {
        if (c == '"') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

// A small job as people send it: 300 bytes.
std::string job_text() {
    std::string plain =
        R"({"kind":"training","name":"resnet50-sweep-17","tenant":"vision/detection","priority":"high",)"
        R"("pools":["research/us-east-1"],"max_attempts":3,"request":{"RoleArn":"${pool.execution_role}",)"
        R"("ResourceConfig":{"InstanceType":"ml.g5.2xlarge","InstanceCount":2},"Note":")";
    plain.append(body_bytes - plain.size() - 3, 'x').append("\"}}");
    return plain;
}

// One connection's round: send ten, receive ten, delete what came.
class sender : public talker {
public:
    struct shared {
        sqs_caller& caller;
        std::string queue_url;
        load_shape shape;
        std::string job = escaped(shape.body.empty() ? job_text() : shape.body);
        std::size_t asked_to_send = 0, sent = 0, deleted = 0;
    };
    explicit sender(shared& s) : shared_(s) {}

    bool ask(std::string& out, bool stop) override {
        if (step_ == step::send && (stop || done())) return false;
        body_ = fmt::format(R"({{"QueueUrl":"{}",)", shared_.queue_url);
        std::string_view operation;
        switch (step_) {
            case step::send: operation = write_send(); break;
            case step::receive: operation = write_receive(); break;
            case step::erase: operation = write_delete(); break;
        }
        shared_.caller.append(out, operation, body_);
        return true;
    }

    result<void> answered(int status, std::string_view body) override {
        if (status != 200) return error{errc::corrupt, fmt::format("status {}: {}", status, printable(body))};
        if (any_failed(body)) return error{errc::corrupt, "entries of a batch failed: " + printable(body)};
        switch (step_) {
            case step::send:
                shared_.sent += batch;
                step_ = shared_.shape.takes ? step::receive : step::send;
                break;
            case step::receive: read_handles(body); break;
            case step::erase:
                shared_.deleted += handles_.size();
                step_ = step::send;
                break;
        }
        return {};
    }

private:
    enum class step : unsigned char { send, receive, erase };

    bool done() const {
        const load_shape& s = shared_.shape;
        return s.messages != 0 && shared_.asked_to_send >= s.messages;
    }

    std::string_view write_send() {
        auto at = std::back_inserter(body_);
        body_.append(R"("Entries":[)");
        for (std::size_t i = 0; i < batch; ++i) {
            fmt::format_to(at, R"({}{{"Id":"{}","MessageBody":"{}")", i == 0 ? "" : ",", i, shared_.job);
            const std::size_t number = shared_.asked_to_send + i;
            if (shared_.shape.groups != 0)
                fmt::format_to(at, R"(,"MessageGroupId":"g{}","MessageDeduplicationId":"{}-{}")",
                               number % shared_.shape.groups, run_, number);
            body_.push_back('}');
        }
        shared_.asked_to_send += batch;
        body_.append("]}");
        return "SendMessageBatch";
    }
    std::string_view write_receive() {
        body_.append(R"("MaxNumberOfMessages":10,"WaitTimeSeconds":0})");
        return "ReceiveMessage";
    }
    std::string_view write_delete() {
        auto at = std::back_inserter(body_);
        body_.append(R"("Entries":[)");
        for (std::size_t i = 0; i < handles_.size(); ++i)
            fmt::format_to(at, R"({}{{"Id":"{}","ReceiptHandle":"{}"}})", i == 0 ? "" : ",", i, handles_[i]);
        body_.append("]}");
        return "DeleteMessageBatch";
    }

    static bool any_failed(std::string_view body) {
        const auto at = body.rfind(R"("Failed")");
        if (at == std::string_view::npos) return false;
        const auto open = body.find('[', at);
        return open == std::string_view::npos ||
               body.find_first_not_of(" \n", open + 1) != body.find(']', open);
    }
    void read_handles(std::string_view body) {
        handles_.clear();
        std::size_t from = 0;
        for (auto h = find_text(body, "ReceiptHandle", from); !h.empty();
             h = find_text(body, "ReceiptHandle", from))
            handles_.emplace_back(h);
        step_ = handles_.empty() ? step::send : step::erase;
    }

    shared& shared_;
    step step_ = step::send;
    std::string body_;
    std::vector<std::string> handles_;
    const std::int64_t run_ = to_unix_millis(io::real_clock().wall());  // no id twice within five minutes
};

}  // namespace

std::string_view find_text(std::string_view json, std::string_view name, std::size_t& from) {
    for (auto at = json.find(name, from); at != std::string_view::npos; at = json.find(name, at + 1)) {
        const auto after = at + name.size();
        if (at == 0 || json[at - 1] != '"' || after >= json.size() || json[after] != '"') continue;
        const auto open = json.find('"', after + 1);
        const auto close = json.find('"', open + 1);
        if (close == std::string_view::npos) break;
        from = close + 1;
        return json.substr(open + 1, close - open - 1);
    }
    return {};
}

sqs_caller::sqs_caller(endpoint to)
    : to_(std::move(to)), authority_(to_.authority()), keys_{"test", secret{"test"}, {}, {}} {}

void sqs_caller::append(std::string& out, std::string_view operation, std::string_view body) {
    const std::string target = fmt::format("AmazonSQS.{}", operation);
    const std::array<sigv4::header_view, 4> headers{{{"host", authority_},
                                                     {"content-type", "application/x-amz-json-1.0"},
                                                     {"x-amz-target", target},
                                                     {"x-amzn-query-mode", "true"}}};
    const sigv4::request_view view{"POST", "/", "", headers, body};
    const auto signature = signer_.sign(view, keys_, where, io::real_clock().wall());
    TY_CHECK(signature.has_value(), "a request of this form can be signed");
    out.append("POST / HTTP/1.1\r\n");
    for (const auto& h : headers) out.append(h.name).append(": ").append(h.value).append("\r\n");
    for (const auto& h : signature->headers) out.append(h.name).append(": ").append(h.value).append("\r\n");
    fmt::format_to(std::back_inserter(out), "user-agent: trainyard-bench\r\ncontent-length: {}\r\n\r\n",
                   body.size());
    out.append(body);
}

result<std::string> sqs_caller::call(std::string_view operation, std::string_view body) {
    std::string request;
    append(request, operation, body);
    auto got = ask_once(to_, std::move(request));
    if (!got) return got.error();
    if (got->status != 200)
        return error{errc::corrupt, fmt::format("{} at {}: status {}: {}", operation, to_.authority(),
                                                got->status, printable(got->body))};
    return std::move(got->body);
}

result<std::string> sqs_caller::open_queue(const std::string& name) {
    const bool fifo = name.ends_with(".fifo");
    const auto made = call("CreateQueue", fmt::format(R"({{"QueueName":"{}"{}}})", name,
                                                      fifo ? R"(,"Attributes":{"FifoQueue":"true"})" : ""));
    if (!made) return made.error();
    std::size_t from = 0;
    const std::string_view url = find_text(*made, "QueueUrl", from);
    if (url.empty()) return error{errc::corrupt, "CreateQueue gave no QueueUrl: " + printable(*made)};
    return std::string{url};
}

result<void> sqs_caller::delete_queue(const std::string& url) {
    const auto gone = call("DeleteQueue", fmt::format(R"({{"QueueUrl":"{}"}})", url));
    if (!gone) return gone.error();
    return {};
}

result<load_cost> run_load(sqs_caller& caller, const std::string& queue_url, const load_shape& shape) {
    sender::shared all{caller, queue_url, shape};
    std::vector<std::unique_ptr<sender>> senders;
    closed_loop loop(caller.to());
    const double began = wall_ns(), cpu_began = thread_cpu_ns();
    for (std::size_t i = 0; i < shape.connections; ++i) {
        senders.push_back(std::make_unique<sender>(all));
        if (const auto added = loop.add(*senders.back()); !added) return added.error();
    }
    constexpr double ns = 1e9;
    if (const auto ran = loop.run(began + shape.seconds * ns); !ran) return ran.error();
    if (const auto ended = loop.finish(patience_s); !ended) return ended.error();
    load_cost out;
    out.messages = static_cast<double>(shape.takes ? all.deleted : all.sent);
    out.seconds = (wall_ns() - began) / ns;
    out.client_cpu_seconds = (thread_cpu_ns() - cpu_began) / ns;
    if (out.messages == 0) return error{errc::corrupt, caller.to().authority() + " delivered no message"};
    return out;
}

}  // namespace trainyard::bench

// What one signature costs, beside its floor: the SHA-256 of the same bytes, which no signer can avoid.
// Read the ratio sign/floor at equal sizes; large bodies must approach 1.
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/digest.hpp"
#include "sigv4/sign.hpp"

namespace {

using trainyard::sigv4::header_view;

// An empty poll, one job's message, and the largest request SQS takes.
void sizes(benchmark::internal::Benchmark* b) {
    b->Arg(128)->Arg(2048)->Arg(1 << 20);
}

void floor_sha256(benchmark::State& state) {
    const std::string body(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) {
        auto digest = trainyard::sha256(body);
        benchmark::DoNotOptimize(digest);
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(floor_sha256)->Apply(sizes);

void sign(benchmark::State& state) {
    const std::string body(static_cast<std::size_t>(state.range(0)), 'x');
    const std::array<header_view, 3> headers{{{"host", "sqs.us-east-1.amazonaws.com"},
                                              {"content-type", "application/x-amz-json-1.0"},
                                              {"x-amz-target", "AmazonSQS.SendMessageBatch"}}};
    const trainyard::sigv4::request_view request{
        .method = "POST", .path = "/", .query = "", .headers = headers, .body = body};
    const trainyard::sigv4::credentials who{
        .access_key_id = "AKIDEXAMPLE",
        .secret_access_key = trainyard::secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCY"),
        .session_token = {},
        .expires_at = {}};
    const trainyard::sigv4::scope where{.region = "us-east-1", .service = "sqs"};
    const trainyard::wall_time when{std::chrono::seconds(1'440'938'160)};
    for (auto _ : state) {
        auto signature = trainyard::sigv4::sign(request, who, where, when);
        if (!signature) {
            state.SkipWithError("sign() refused the request");
            break;
        }
        benchmark::DoNotOptimize(signature);
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sign)->Apply(sizes);

}  // namespace

// What a signature costs beside what it must cost: the SHA-256 compressions that its texts need, at the price
// of one compression in the same run. And beside a plain signer, a verifier, and thousands of accounts.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "bench/commands.hpp"
#include "bench/naive_sign.hpp"
#include "bench/report.hpp"
#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/rng.hpp"
#include "sigv4/sign.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::bench {
namespace {

using sigv4::credentials;
using sigv4::header_view;

constexpr std::uint64_t seed = 1;
const wall_time when = parse_iso8601("2026-01-31T12:00:00Z").value();
const sigv4::scope where{"us-east-1", "sqs"};

// A request as the SQS client sends it.
struct workload {
    std::string name, target, body;
    std::array<header_view, 3> headers;
    sigv4::request_view request;

    workload(std::string n, std::string t, std::string b)
        : name(std::move(n)), target(std::move(t)), body(std::move(b)) {
        headers = {{{"host", "sqs.us-east-1.amazonaws.com"},
                    {"content-type", "application/x-amz-json-1.0"},
                    {"x-amz-target", target}}};
        request = {"POST", "/", "", headers, body};
    }
    workload(const workload&) = delete;
};

std::string receive_body() {
    return R"({"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/training-jobs","MaxNumberOfMessages":10,)"
           R"("WaitTimeSeconds":20,"VisibilityTimeout":300})";
}

std::string delete_body(rng& random) {
    std::string out =
        R"({"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/training-jobs","Entries":[)";
    for (int i = 0; i < 10; ++i) {
        out += fmt::format(R"({}{{"Id":"{}","ReceiptHandle":")", i > 0 ? "," : "", i);
        for (int k = 0; k < 350; ++k)
            out += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[random.below(64)];
        out += R"("})";
    }
    return out + "]}";
}

std::vector<credentials> make_accounts(std::size_t count) {
    rng random{seed};
    std::vector<credentials> out;
    for (std::size_t i = 0; i < count; ++i) {
        std::string key;
        for (int k = 0; k < 40; ++k) key += static_cast<char>('a' + random.below(26));
        out.push_back({fmt::format("AKIA{:016}", i), secret{std::move(key)}, {}, {}});
    }
    return out;
}

// SHA-256 pads with one byte and eight of length (FIPS 180-4, 5.1.1).
std::size_t compressions(std::size_t bytes) {
    return (bytes + 9 + 63) / 64;
}
// Payload, canonical request, string to sign after the padded key's block, and the outer block after its own.
std::size_t compressions(const workload& w, const sigv4::signature& s) {
    return compressions(w.body.size()) + compressions(s.canonical_request.size()) +
           compressions(s.string_to_sign.size()) + 1;
}

class evp_digest {
public:
    evp_digest() : context_(EVP_MD_CTX_new()) {}
    ~evp_digest() { EVP_MD_CTX_free(context_); }
    evp_digest(const evp_digest&) = delete;
    EVP_MD_CTX* get() const { return context_; }
    void start() { check(EVP_DigestInit_ex2(context_, algorithm(), nullptr)); }
    void resume(const evp_digest& saved) { check(EVP_MD_CTX_copy_ex(context_, saved.context_)); }
    void add(std::string_view text) { check(EVP_DigestUpdate(context_, text.data(), text.size())); }
    void finish() {
        unsigned int size = 0;
        check(EVP_DigestFinal_ex(context_, out_.data(), &size));
        benchmark::DoNotOptimize(out_);
    }

private:
    static void check(int ok) { TY_CHECK(ok == 1, "EVP"); }
    static EVP_MD* algorithm() {
        static EVP_MD* const it = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        return it;
    }
    EVP_MD_CTX* context_;
    std::array<unsigned char, 32> out_{};
};

// The four digests of a signature through EVP at its best (fetched once, contexts reused, saved states
// copied), and no text built: the least that a signer on EVP costs.
void four_digests(evp_digest& work, const evp_digest& saved, const workload& w, const sigv4::signature& s) {
    work.start();
    work.add(w.body);
    work.finish();
    work.start();
    work.add(s.canonical_request);
    work.finish();
    work.resume(saved);
    work.add(s.string_to_sign);
    work.finish();
    work.resume(saved);
    work.add(std::string_view{s.hex}.substr(0, 32));
    work.finish();
}

// `ns` of one thing as the floor of another that needs `count` of them.
std::vector<double> times(std::span<const double> ns, std::size_t count) {
    std::vector<double> out;
    for (const double one : ns) out.push_back(one * static_cast<double>(count));
    return out;
}

struct settings {
    std::size_t rounds = 41;
    std::size_t accounts = 10'000;
    bool json = false;
};

class sign_bench {
public:
    explicit sign_bench(const settings& s) : settings_(s), accounts_(make_accounts(s.accounts)) {
        work_.start();
        saved_.start();
        saved_.add(std::string(64, 'k'));
        const auto take = [this](std::size_t n) {
            work_.start();
            for (std::size_t i = 0; i < n; ++i) work_.add(many_blocks_);
            work_.finish();
        };
        block_ = rounds_.add(take);
        rng random{seed};
        add_workload("ReceiveMessage", receive_body());
        add_workload("DeleteMessageBatch", delete_body(random));
        add_accounts();
        add_verify();
    }

    report run() {
        rounds_.run(settings_.rounds);
        std::vector<double> block;
        for (const double ns : rounds_.of(block_))
            block.push_back(ns * 64 / static_cast<double>(many_blocks_.size()));
        report out{"sign",
                   {{"rounds", std::to_string(settings_.rounds)},
                    {"accounts", std::to_string(settings_.accounts)},
                    {"time", "CPU time of the thread"}},
                   seed,
                   {time_figure("one SHA-256 compression", block)}};
        for (const auto& e : entries_) {
            const std::string text =
                fmt::format("{} ({} B, {} compressions)", e.what->name, e.what->body.size(), e.compressions);
            const auto floor = times(block, e.compressions);
            out.figures.push_back(time_figure(text + ": sign", rounds_.of(e.sign), floor));
            out.figures.push_back(time_figure(text + ": its digests through EVP", rounds_.of(e.evp), floor));
            out.figures.push_back(time_figure(text + ": naive signer", rounds_.of(e.naive), floor));
            out.figures.push_back(
                ratio_figure(text + ": naive / sign", rounds_.of(e.naive), rounds_.of(e.sign)));
        }
        const auto& sign = rounds_.of(entries_[0].sign);
        out.figures.push_back(ratio_figure("ReceiveMessage: verify / sign", rounds_.of(verify_), sign));
        out.figures.push_back(ratio_figure("ReceiveMessage: refuse / sign", rounds_.of(refuse_), sign));
        out.figures.push_back(ratio_figure("ReceiveMessage: refuse unknown key / refuse known key",
                                           rounds_.of(refuse_unknown_), rounds_.of(refuse_)));
        const std::string fleet =
            fmt::format("ReceiveMessage: {} accounts in random order / 1", settings_.accounts);
        out.figures.push_back(ratio_figure(fleet, rounds_.of(fleet_), sign));
        out.figures.push_back(ratio_figure(fleet + ", their credentials not in the CPU's caches",
                                           rounds_.of(cold_fleet_), sign));
        return out;
    }

private:
    struct entry {
        std::unique_ptr<workload> what;
        sigv4::signature stages;
        std::size_t compressions, sign, evp, naive;
    };

    void add_workload(const std::string& operation, std::string body) {
        entries_.push_back({std::make_unique<workload>(operation, "AmazonSQS." + operation, std::move(body)),
                            {},
                            0,
                            0,
                            0,
                            0});
        entry& e = entries_.back();
        const workload* const w = e.what.get();
        e.stages = sigv4::sign(w->request, accounts_[0], where, when).value();
        TY_CHECK(e.stages.hex == naive_sign(w->request, accounts_[0], where, when).hex,
                 "both signers give the same signature");
        e.compressions = compressions(*w, e.stages);
        e.sign = rounds_.add([this, w](std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                auto s = signer_.sign(w->request, accounts_[0], where, when);
                benchmark::DoNotOptimize(s);
            }
        });
        e.evp = rounds_.add([this, w, stages = e.stages](std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) four_digests(work_, saved_, *w, stages);
        });
        e.naive = rounds_.add([this, w](std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                auto s = naive_sign(w->request, accounts_[0], where, when);
                benchmark::DoNotOptimize(s);
            }
        });
    }

    // The same request for account after account, in an order that no prefetcher foresees.
    void add_accounts() {
        rng random{seed};
        for (std::size_t i = 0; i < accounts_.size(); ++i) order_.push_back(random.below(accounts_.size()));
        const workload* const w = entries_[0].what.get();
        for (const auto& who : accounts_)
            TY_CHECK(fleet_signer_.sign(w->request, who, where, when).has_value(), "every account signs");
        const auto sign_next = [this, w](std::size_t n, bool at_hand) {
            for (std::size_t i = 0; i < n; ++i) {
                if (++next_ == order_.size()) next_ = 0;
                if (at_hand) fetch_credentials();
                auto s = fleet_signer_.sign(w->request, accounts_[order_[next_]], where, when);
                benchmark::DoNotOptimize(s);
            }
        };
        // Long enough that every account comes around: the CPU's caches hold what they can of the fleet.
        const std::size_t batch = std::max<std::size_t>(3 * accounts_.size(), 3000);
        fleet_ = rounds_.add([sign_next](std::size_t n) { sign_next(n, true); }, batch);
        cold_fleet_ = rounds_.add([sign_next](std::size_t n) { sign_next(n, false); }, batch);
    }

    // The credentials of the next two requests: the caller's, who has just looked at them. Not the cache's.
    void fetch_credentials() const {
        const auto ahead = [this](std::size_t by) -> const credentials& {
            return accounts_[order_[(next_ + by) % order_.size()]];
        };
        const auto* const later = reinterpret_cast<const char*>(&ahead(2));
        for (std::size_t i = 0; i < sizeof(credentials); i += 64) __builtin_prefetch(later + i);
        __builtin_prefetch(ahead(1).access_key_id.data());
        __builtin_prefetch(ahead(1).secret_access_key.reveal().data());
    }

    std::size_t add_verifying(const sigv4::key_record* record, const sigv4::request_view& request,
                              bool taken) {
        const sigv4::verifier::key_finder find = [record](std::string_view) { return record; };
        return rounds_.add([this, find, &request, taken](std::size_t n) {
            sigv4::expectation e{.service = where.service, .region = where.region, .now = when};
            for (std::size_t i = 0; i < n; ++i) {
                auto r = verifier_.verify(request, e, find);
                TY_CHECK(r.has_value() == taken, "the verifier tells right from wrong");
                benchmark::DoNotOptimize(r);
            }
        });
    }

    void add_verify() {
        const entry& e = entries_[0];
        for (const auto& h : e.what->headers) sent_.push_back(h);
        for (const auto& h : e.stages.headers) sent_.push_back({h.name, h.value});
        sent_request_ = e.what->request;
        sent_request_.headers = sent_;
        changed_body_ = e.what->body;
        changed_body_.back() = ' ';
        changed_request_ = sent_request_;
        changed_request_.body = changed_body_;
        record_ = {accounts_[0].secret_access_key, {}, {}};
        verify_ = add_verifying(&record_, sent_request_, true);
        refuse_ = add_verifying(&record_, changed_request_, false);
        refuse_unknown_ = add_verifying(nullptr, changed_request_, false);
    }

    settings settings_;
    std::vector<credentials> accounts_;
    std::vector<std::size_t> order_;
    std::size_t next_ = 0;
    evp_digest work_, saved_;
    const std::string many_blocks_ = std::string(16'384, 'b');
    sigv4::signer signer_, fleet_signer_;
    sigv4::verifier verifier_;
    std::vector<header_view> sent_;
    sigv4::request_view sent_request_, changed_request_;
    std::string changed_body_;
    sigv4::key_record record_;
    std::vector<entry> entries_;
    rounds rounds_;
    std::size_t block_ = 0, fleet_ = 0, cold_fleet_ = 0, verify_ = 0, refuse_ = 0, refuse_unknown_ = 0;
};

}  // namespace
void add_sign(CLI::App& app, action& run) {
    auto s = std::make_shared<settings>();
    CLI::App* sub =
        app.add_subcommand("sign", "Signing and verifying an SQS request beside the hashes it needs");
    sub->add_option("--rounds", s->rounds, "Measurements of each thing, in turns")
        ->check(CLI::Range(3, 10'000))
        ->capture_default_str();
    sub->add_option("--accounts", s->accounts, "Accounts in the cache for the last figures")
        ->check(CLI::Range(1, 16'384))
        ->capture_default_str();
    sub->add_flag("--json", s->json, "One JSON object instead of a table");
    sub->callback([s, &run] {
        run = [s] {
            print(sign_bench{*s}.run(), s->json);
            return 0;
        };
    });
}

}  // namespace trainyard::bench

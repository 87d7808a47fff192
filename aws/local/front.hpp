// The one HTTP handler of the local AWS: authenticates a request, finds its service, and answers in its
// protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/local/front_gate.hpp"
#include "aws/local/front_metrics.hpp"
#include "aws/local/front_protocol.hpp"
#include "aws/local/front_services.hpp"
#include "aws/local/identity/identity_store.hpp"
#include "aws/local/world_clock.hpp"
#include "engine/base/rng.hpp"
#include "engine/http/message.hpp"
#include "engine/io/task.hpp"
#include "engine/metrics/registry.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::aws::local {

// The services of one world and who may sign. A request holds the set that it began with until its end.
struct service_set {
    virtual ~service_set() = default;
    service_handlers handlers;
    virtual const identity_store& identities() const = 0;
    // AWS's text when the caller may not do it; nothing when he may.
    virtual std::optional<std::string> forbids(std::string_view service,
                                               const operation_call& call) const = 0;
    // A FIFO queue of the caller in high throughput mode.
    virtual bool has_high_throughput(const operation_call& call, std::string_view queue) const = 0;
};

// What the front works with; all of it outlives the front.
struct front_parts {
    const world_clock& time;
    rng& random;
    metrics::registry& registry;
    local::gate& gate;
    // True once everything that the request changed is kept; false: it may not be answered. Empty: nothing is
    // kept.
    std::function<task<bool>()> kept;
    // Answers what is under /_trainyard/ beside health; empty: nothing is there.
    std::function<http::response(const http::request&)> control;
};

class front {
public:
    struct counts {
        std::uint64_t requests = 0, verified = 0, refused = 0;
    };

    // Without `verify_signatures` the account and region are what the credential scope says, and 000000000000
    // and us-east-1 when there is none.
    front(front_parts parts, bool verify_signatures);

    // Before the first request, and again when the world begins anew.
    void serve(std::shared_ptr<const service_set> services) { services_ = std::move(services); }

    // GET / and GET /_trainyard/health say that the server is up; GET /metrics gives its metrics. Neither is
    // signed.
    task<http::response> handle(http::request request);

    const counts& counted() const { return counts_; }
    std::size_t in_flight() const { return metrics_.in_flight(); }

private:
    struct caller {
        principal who;
        region_name region;
    };
    class counted_request;
    http::response unsigned_page(const http::request& request) const;
    boost::system::result<caller, service_error> authenticate(
        const service_set& services, const http::request& request, const sigv4::request_view& view,
        const route& where, const boost::system::result<sigv4::claims, sigv4::refused>& claims,
        wall_time now);
    static caller believe(const service_set& services,
                          const boost::system::result<sigv4::claims, sigv4::refused>& claims);
    task<service_reply> perform(const service_set& services, const route& where, operation_call call);
    task<http::response> answer(const service_set& services, const route& where, const http::request& request,
                                const caller& from, counted_request& count);
    task<bool> wait(std::chrono::milliseconds latency);
    std::string make_request_id();

    front_parts parts_;
    bool verify_;
    sigv4::verifier verifier_;
    std::shared_ptr<const service_set> services_;
    counts counts_;
    front_metrics metrics_;
};

}  // namespace trainyard::aws::local

// The one HTTP handler of the local AWS: authenticates a request, finds its service, and answers in its
// protocol.
#pragma once

#include <array>
#include <cstdint>

#include "aws/local/front_protocol.hpp"
#include "aws/local/front_services.hpp"
#include "aws/local/identity/identity_store.hpp"
#include "engine/base/rng.hpp"
#include "engine/http/message.hpp"
#include "engine/io/task.hpp"
#include "engine/metrics/registry.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::aws::local {

// What the front works with; all of it outlives the front.
struct front_parts {
    const clock& time;
    rng& random;
    const identity_store& identities;
    service_handlers handlers;
    metrics::registry& registry;
};

class front {
public:
    struct counts {
        std::uint64_t requests = 0, verified = 0, refused = 0;
    };

    // Without `verify_signatures` the account and region are what the credential scope says, and 000000000000
    // and us-east-1 when there is none.
    front(front_parts parts, bool verify_signatures);

    // GET / and GET /_trainyard/health say that the server is up; GET /metrics gives its metrics. Neither is
    // signed.
    task<http::response> handle(http::request request);

    const counts& counted() const { return counts_; }

private:
    struct caller {
        principal who;
        region_name region;
    };
    http::response unsigned_page(const http::request& request) const;
    boost::system::result<caller, service_error> authenticate(
        const http::request& request, const route& where,
        const boost::system::result<sigv4::claims, sigv4::refused>& claims, wall_time now);
    caller believe(const boost::system::result<sigv4::claims, sigv4::refused>& claims) const;
    task<service_reply> perform(const route& where, operation_call call);
    task<http::response> answer(const route& where, const http::request& request, const caller& from,
                                wall_time now);
    std::string make_request_id();

    front_parts parts_;
    bool verify_;
    sigv4::verifier verifier_;
    counts counts_;
    std::array<metrics::counter, services_known + 1> requests_;  // by service_name
    metrics::counter refused_;
};

}  // namespace trainyard::aws::local

// Roles as credentials providers: assumed with other credentials, or with a web identity token.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "aws/sts/client.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::aws::sts {

// What the roles of one io_context share: the limit on calls to each STS endpoint, and where their fetches
// live. Each provider assumes its role at the first get() and again before it expires, as refresh_machine
// says. The providers keep what they need of this object; `io`, `http`, `t` and `fetches` outlive them.
class roles {
public:
    roles(boost::asio::io_context& io, http::client& http, transport& t, io::task_group& fetches,
          std::uint64_t seed);
    ~roles();
    roles(const roles&) = delete;
    roles& operator=(const roles&) = delete;

    std::shared_ptr<credentials_provider> assume(endpoint where, std::shared_ptr<credentials_provider> base,
                                                 assume_role_request request);
    // The token file is read at each fetch: whoever issued the token replaces it. The call is not signed.
    std::shared_ptr<credentials_provider> assume_with_web_identity(endpoint where,
                                                                   web_identity_request request);

private:
    struct shared;
    std::shared_ptr<shared> shared_;
};

}  // namespace trainyard::aws::sts

// A key and a self-signed certificate in files that go with the test.
#pragma once

#include <filesystem>
#include <string>

#include "engine/http/client.hpp"
#include "engine/http/server.hpp"

namespace trainyard::http {

struct certificate_options {
    std::string alternative_names =
        "IP:127.0.0.1";  // as OpenSSL's configuration has them; empty: no extension
    std::string common_name = "trainyard test";
    long expires_in = 3600;  // seconds from now
};

class certificate {
public:
    explicit certificate(const certificate_options& what = {});
    explicit certificate(const char* alternative_names)
        : certificate(certificate_options{alternative_names}) {}
    ~certificate();
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    std::string certificate_file() const { return directory_ / "certificate.pem"; }
    std::string key_file() const { return directory_ / "key.pem"; }

private:
    std::filesystem::path directory_;
};

server_options with(const certificate& c);  // a server that shows it
client_options trusting(const certificate& c);

}  // namespace trainyard::http

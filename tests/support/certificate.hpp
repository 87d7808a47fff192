// A key and a self-signed certificate for one name, in a directory that goes with the object.
#pragma once

#include <filesystem>
#include <string>

namespace trainyard::test {

class certificate {
public:
    // As OpenSSL writes subject alternative names: "IP:127.0.0.1", "DNS:other.example".
    explicit certificate(const char* alternative_name);
    ~certificate();
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    std::string certificate_file() const { return directory_ / "certificate.pem"; }
    std::string key_file() const { return directory_ / "key.pem"; }

private:
    std::filesystem::path directory_;
};

}  // namespace trainyard::test

#include "engine/base/secret.hpp"

#include <openssl/crypto.h>

#include <ostream>

namespace trainyard {

secret& secret::operator=(const secret& other) {
    if (this != &other) {
        wipe();
        value_ = other.value_;
    }
    return *this;
}

secret& secret::operator=(secret&& other) noexcept {
    if (this != &other) {
        wipe();
        value_ = std::move(other.value_);
        other.wipe();
    }
    return *this;
}

bool secret::equals(std::string_view other) const {
    return value_.size() == other.size() && CRYPTO_memcmp(value_.data(), other.data(), other.size()) == 0;
}

void secret::wipe() noexcept {
    // A moved-from short string still holds its bytes; the capacity, not the size, is what must go.
    value_.resize(value_.capacity());
    OPENSSL_cleanse(value_.data(), value_.size());
    value_.clear();
}

std::ostream& operator<<(std::ostream& out, const secret&) {
    return out << "<redacted>";
}
std::string_view format_as(const secret&) {
    return "<redacted>";
}

}  // namespace trainyard

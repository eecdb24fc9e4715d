// SPDX-License-Identifier: Apache-2.0
#include "report/digest.hh"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace conform {
namespace {

using Digest = std::array<std::uint8_t, 32>;

Digest digest_of(ByteView bytes) {
    Digest digest{};
    unsigned length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 cannot be had of libcrypto");
    return digest;
}

}  // namespace

std::string sha256(ByteView bytes) {
    return to_hex(digest_of(bytes));
}

std::string sha256(std::string_view text) {
    return sha256(to_bytes(text));
}

std::string sha256_base64(std::string_view text) {
    constexpr std::size_t kBase64Size = 44;
    const Digest digest = digest_of(to_bytes(text));
    std::array<std::uint8_t, kBase64Size + 1> encoded{};
    EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
    return {encoded.begin(), encoded.begin() + kBase64Size};
}

}  // namespace conform

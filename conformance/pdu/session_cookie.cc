// SPDX-License-Identifier: Apache-2.0
#include "pdu/session_cookie.hh"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace conform {
namespace {

constexpr std::string_view kPurpose = "shunt-session-1";
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kDigitsOfId = 24;

template <class Context, auto kFree>
struct Freed {
    void operator()(Context* context) const { kFree(context); }
};
using Kdf = std::unique_ptr<EVP_KDF, Freed<EVP_KDF, EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Freed<EVP_KDF_CTX, EVP_KDF_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC, Freed<EVP_MAC, EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX, EVP_MAC_CTX_free>>;

/// OpenSSL 3.0 has both; where it has not, nothing can be judged.
void require(bool is_so, const char* what) {
    if (!is_so) throw std::runtime_error(std::string("libcrypto has no ") + what);
}

/// Parameters of OpenSSL are not const, though it only reads these.
OSSL_PARAM octets(const char* name, Bytes& value) {
    return OSSL_PARAM_construct_octet_string(name, value.data(), value.size());
}

}  // namespace

Bytes derive_session_key(ByteView secret, std::uint64_t farm) {
    const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    require(kdf != nullptr, "HKDF");
    const KdfContext context(EVP_KDF_CTX_new(kdf.get()));
    std::string digest = "SHA256";
    Bytes input(secret.begin(), secret.end());
    Bytes salt;
    append_u64(salt, farm);
    Bytes info = to_bytes(kPurpose);
    const std::array<OSSL_PARAM, 5> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        octets(OSSL_KDF_PARAM_KEY, input), octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    Bytes key(kSessionKeySize);
    require(EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) == 1, "HKDF");
    return key;
}

Bytes encode(const SessionId& session) {
    Bytes bytes;
    append_u32(bytes, session.server);
    append_u64(bytes, session.number);
    return bytes;
}

Bytes session_tag(ByteView key, const SessionId& session) {
    const Mac mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr));
    require(mac != nullptr, "SIPHASH");
    const MacContext context(EVP_MAC_CTX_new(mac.get()));
    std::size_t size = kTagSize;
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
    const Bytes covered = encode(session);
    Bytes tag(kTagSize);
    std::size_t written = 0;
    const bool is_made =
        EVP_MAC_init(context.get(), key.data(), key.size(), parameters.data()) == 1 &&
        EVP_MAC_update(context.get(), covered.data(), covered.size()) == 1 &&
        EVP_MAC_final(context.get(), tag.data(), &written, tag.size()) == 1;
    require(is_made && written == kTagSize, "SIPHASH with 16 bytes of output");
    return tag;
}

std::string session_value(ByteView key, const SessionId& session) {
    return to_hex(encode(session)) + to_hex(session_tag(key, session));
}

std::optional<SessionId> read_session_value(ByteView key, std::string_view value) {
    const bool has_digits_alone =
        value.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (value.size() != kSessionValueSize || !has_digits_alone) return std::nullopt;
    const Bytes bytes = from_hex(value.substr(0, kDigitsOfId));
    const SessionId session{load_u32(bytes, 0), load_u64(bytes, 4)};
    if (session_value(key, session) != value) return std::nullopt;
    return session;
}

}  // namespace conform

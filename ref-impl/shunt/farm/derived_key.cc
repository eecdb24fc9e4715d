// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/derived_key.hh"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <string>

#include "shunt/base/assert.hh"

namespace shunt::farm {
namespace {

std::uint64_t load_little_endian(ByteView bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i)
        word |= std::uint64_t{bytes[i]} << (8 * i);
    return word;
}

// OpenSSL takes what it only reads by a pointer to what could be changed.
OSSL_PARAM octets(const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()),
                                             bytes.size());
}

}  // namespace

void derive_key(ByteView secret, std::uint64_t farm_id, ByteView info, MutableBytes key) {
    std::array<std::uint8_t, 8> salt{};
    store_u32(salt, 0, static_cast<std::uint32_t>(farm_id >> 32));
    store_u32(salt, 4, static_cast<std::uint32_t>(farm_id));
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 5> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(
        EVP_KDF_fetch(nullptr, "HKDF", nullptr), &EVP_KDF_free);
    SHUNT_ASSERT(kdf, "every OpenSSL 3 has HKDF");
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
        EVP_KDF_CTX_new(kdf.get()), &EVP_KDF_CTX_free);
    const bool is_derived =
        context && EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) == 1;
    SHUNT_ASSERT(is_derived, "HKDF fails only for keys longer than 255 digests");
}

std::optional<SipKey> derive_sip_key(const FarmConfig& config, std::string_view info) {
    if (config.secret.empty()) return std::nullopt;
    std::array<std::uint8_t, 16> key{};
    derive_key(config.secret, config.farm.id,
               {reinterpret_cast<const std::uint8_t*>(info.data()), info.size()}, key);
    return SipKey{load_little_endian(ByteView(key).first(8)),
                  load_little_endian(ByteView(key).subspan(8))};
}

}  // namespace shunt::farm

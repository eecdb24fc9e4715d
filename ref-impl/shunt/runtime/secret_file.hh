// SPDX-License-Identifier: Apache-2.0
// The farm's secret (SYS-3): the bytes of a file, a last line end not counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shunt/base/result.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

struct SecretFile {
    /// At least kSecretMin bytes, so that keys derived from it cannot be tried out.
    std::vector<std::uint8_t> bytes;
    /// Who else can read it, and the command that ends that; empty: nobody.
    std::string warning;
};

inline constexpr std::size_t kSecretMin = 16;

/// The error says what was expected and the command that makes a good secret.
Result<SecretFile, SetupError> load_secret_file(const std::string& path);

}  // namespace shunt::runtime

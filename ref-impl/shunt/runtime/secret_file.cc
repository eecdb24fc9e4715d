// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/secret_file.hh"

#include <fmt/format.h>
#include <sys/stat.h>

#include "shunt/runtime/text_file.hh"

namespace shunt::runtime {
namespace {

constexpr std::size_t kSecretMax = 4'096;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

}  // namespace

Result<SecretFile, SetupError> load_secret_file(const std::string& path) {
    auto content = read_text_file(path, kSecretMax);
    if (!content) return Failure{content.error()};
    if (content->ends_with('\n')) content->pop_back();
    if (content->size() < kSecretMin)
        return Failure{SetupError{fmt::format(
            "{}: expected at least {} bytes, got {}. To make one: (umask 077; openssl rand -hex 32 "
            "> {})",
            path, kSecretMin, content->size(), path)}};
    SecretFile secret;
    secret.bytes.assign(content->begin(), content->end());
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && (status.st_mode & kOthers) != 0)
        secret.warning = fmt::format("others may read the farm's secret: chmod 600 {}", path);
    return secret;
}

}  // namespace shunt::runtime

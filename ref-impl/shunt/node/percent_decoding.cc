// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/percent_decoding.hh"

#include <charconv>

namespace shunt::node {

std::optional<std::string> percent_decoded(std::string_view path) {
    std::string decoded;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%') {
            decoded.push_back(path[i]);
            continue;
        }
        const std::string_view digits = path.substr(i + 1, 2);
        const char* const last = digits.data() + digits.size();
        unsigned octet = 0;
        const auto [end, error] = std::from_chars(digits.data(), last, octet, 16);
        if (digits.size() != 2 || error != std::errc{} || end != last || octet == 0) {
            return std::nullopt;
        }
        decoded.push_back(static_cast<char>(octet));
        i += digits.size();
    }
    return decoded;
}

}  // namespace shunt::node

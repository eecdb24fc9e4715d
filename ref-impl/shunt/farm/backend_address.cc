// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/backend_address.hh"

#include <fmt/format.h>

#include "shunt/wire/decimal.hh"

namespace shunt::farm {
namespace {

constexpr std::string_view kUnixScheme = "unix:";
constexpr std::string_view kTcpScheme = "tcp:";

}  // namespace

std::optional<BackendAddress> BackendAddress::parse(std::string_view text) {
    BackendAddress backend;
    if (text.starts_with(kUnixScheme)) {
        backend.path = text.substr(kUnixScheme.size());
        const bool is_path = !backend.path.empty() && backend.path.size() <= kPathMax &&
                             backend.path.find('\0') == std::string::npos;
        return is_path ? std::optional(backend) : std::nullopt;
    }
    if (!text.starts_with(kTcpScheme)) return std::nullopt;
    text.remove_prefix(kTcpScheme.size());
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto address = wire::Ipv4Address::from_string(text.substr(0, colon));
    const auto port = wire::parse_decimal(text.substr(colon + 1), 0xFFFF);
    if (!address || !port || *port == 0) return std::nullopt;
    backend.kind = Kind::Tcp;
    backend.address = *address;
    backend.port = static_cast<std::uint16_t>(*port);
    return backend;
}

std::string BackendAddress::to_string() const {
    switch (kind) {
        case Kind::Unix:
            return fmt::format("{}{}", kUnixScheme, path);
        case Kind::Tcp:
            return fmt::format("{}{}:{}", kTcpScheme, address.to_string(), port);
    }
    return {};
}

}  // namespace shunt::farm

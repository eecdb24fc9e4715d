// SPDX-License-Identifier: Apache-2.0
// Where the gateway application finds the program that serves a listener (docs/farm-toml.md):
// "unix:PATH" or "tcp:ADDRESS:PORT", on the server's own machine or within its reach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/wire/ipv4_address.hh"

namespace shunt::farm {

struct BackendAddress {
    enum class Kind : std::uint8_t { Unix, Tcp };

    /// What sockaddr_un holds (unix(7)).
    static constexpr std::size_t kPathMax = 107;

    /// Nothing for what is neither, for a path of no or too many bytes, and for port 0.
    static std::optional<BackendAddress> parse(std::string_view text);
    /// As it was written.
    std::string to_string() const;

    bool operator==(const BackendAddress&) const = default;

    Kind kind = Kind::Unix;
    /// Of Unix.
    std::string path;
    /// Of Tcp.
    wire::Ipv4Address address;
    std::uint16_t port = 0;
};

}  // namespace shunt::farm

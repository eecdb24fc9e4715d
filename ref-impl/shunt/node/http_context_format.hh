// SPDX-License-Identifier: Apache-2.0
// What the contexts of HTTP exchanges begin with (docs/applications.md): applications of two types
// read them.
#pragma once

#include <cstdint>

namespace shunt::node::http_context {

inline constexpr std::uint8_t kVersion = 3;

// Flags. One that only the HTTP application knows is none of the other's: it goes on as it came.
inline constexpr std::uint8_t kHasResponse = 1;
inline constexpr std::uint8_t kKeepsAlive = 2;
inline constexpr std::uint8_t kIsHeadRequest = 4;
inline constexpr std::uint8_t kIsBodyVerified = 8;
inline constexpr std::uint8_t kIsGreeted = 16;

/// What is done next with the connection.
enum class State : std::uint8_t { Head = 0, RequestBody = 1, Response = 2, Closing = 3 };

}  // namespace shunt::node::http_context

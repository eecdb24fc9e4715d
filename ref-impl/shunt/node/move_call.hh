// SPDX-License-Identifier: Apache-2.0
// What an operator's call of Node::migrate() ends in (docs/interfaces.md, verb migrate).
#pragma once

#include <cstdint>

namespace shunt::node {

/// Why a migrate call did not start a move.
enum class ApiError : std::uint8_t {
    UnknownConnection,  // no record, or one that has moved away
    UnknownServer,      // no member has that name
    NotMovable          // see the text
};

struct ApiFailure {
    ApiError error;
    const char* text;
};

/// A move that has begun.
struct MoveStarted {
    std::uint32_t epoch = 0;
};

}  // namespace shunt::node

// SPDX-License-Identifier: Apache-2.0
// The query of a target of generated content, "?verify&stream=0a1b2c": what is wanted beyond its
// size (docs/applications.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace shunt::node {

struct ContentQuery {
    /// The body of the request has to be the content too.
    bool is_verified = false;
    /// The stream that every block names; absent: blocks name their offset alone.
    std::optional<std::uint32_t> stream;
};

/// Of "a&b=c", without the question mark. Parameters that are none of ours pass; nothing: there is
/// a stream that is not six lower-case hexadecimal digits, or more than one.
std::optional<ContentQuery> read_content_query(std::string_view query);

}  // namespace shunt::node

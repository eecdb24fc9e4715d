// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1 request (RFC 9112), as an application reads it from whatever prefix of the
// stream is here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "shunt/base/bytes.hh"

namespace shunt::farm {

/// A head longer than this is too long: the bytes that a selection waits for at most (SEL-5).
inline constexpr std::size_t kRequestHeadBytesMax = 8 * 1024;

/// More bytes are needed for the head.
struct IncompleteRequest {};

/// No head of HTTP/1.0 or 1.1 begins like this.
struct MalformedRequest {
    /// What is wrong, for logs; never shown to clients.
    std::string reason;
    /// It may be one, but nobody reads so much (RFC 6585 5).
    bool is_too_long = false;
};

struct RequestHead {
    std::string method;
    /// As it stands in the request line, nothing decoded.
    std::string target;
    std::string host;
    /// The values of all Cookie fields as they came, joined by "; " (RFC 9113 8.2.3 joins so too).
    std::string cookies;
    /// Bytes of the body; absent: no body, or a chunked one.
    std::optional<std::uint64_t> content_length;
    bool is_chunked = false;
    /// The connection may carry another request after this one (RFC 9112 9.3).
    bool is_kept_alive = false;
    /// The request is HTTP/1.1, so that its answer may be chunked (RFC 9112 6.1).
    bool takes_chunks = false;
    /// Bytes of the head with its last empty line: the body begins here.
    std::size_t header_bytes = 0;
};

using ParsedRequest = std::variant<IncompleteRequest, MalformedRequest, RequestHead>;

/// Reads the head that `bytes` begin with; bytes behind it are not looked at.
ParsedRequest parse_request_head(ByteView bytes);

}  // namespace shunt::farm

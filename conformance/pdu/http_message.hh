// SPDX-License-Identifier: Apache-2.0
/// Requests that a client of the judge sends, and responses that come for it (RFC 9112), as far as
/// they concern who serves whom.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bytes.hh"

namespace conform {

struct HttpField {
    std::string name;
    std::string value;
};

struct HttpRequest {
    std::string target;
    std::vector<HttpField> fields{};  ///< behind Host
    std::string method = "GET";
};

struct HttpResponse {
    unsigned status = 0;  ///< 0: the first line is none of HTTP/1
    std::vector<HttpField> fields{};
    std::size_t head_size = 0;  ///< with the empty line
    /// Bytes of the body that Content-Length says; absent where it says none.
    std::optional<std::size_t> content_length{};

    /// The values of all fields of this name, in whatever case it is written.
    std::vector<std::string> values_of(std::string_view name) const;
};

/// With a Host field and the empty line.
Bytes encode(const HttpRequest& request);

/// Absent until the head is whole.
std::optional<HttpResponse> parse_http_response(ByteView bytes);

}  // namespace conform

// SPDX-License-Identifier: Apache-2.0
// What the beginning of a client's stream says of who should serve it, as far as it is here (SEL-2,
// SEL-5): views of it, nothing copied. Whether it is a right request is for the application to say.
#pragma once

#include <optional>
#include <string_view>

#include "shunt/base/bytes.hh"

namespace shunt::farm {

struct RequestStart {
    /// Of HTTP/1, as it stands in the request line; absent until that line is whole.
    std::optional<std::string_view> target;
    /// The fields that are here with their line ends, whole lines alone.
    std::string_view fields;
    /// What may still come says nothing more: the head is whole, or this is no request of HTTP/1.
    bool is_over = false;
};

/// `bytes` outlive what is returned; behind the head nothing is looked at.
RequestStart read_request_start(ByteView bytes);

/// The value of the first Cookie field of `fields`, which go on behind it; nothing: there is none.
std::optional<std::string_view> next_cookies(std::string_view& fields);

}  // namespace shunt::farm

// SPDX-License-Identifier: Apache-2.0
// The answer to what is longer than the control protocol takes (docs/interfaces.md).
#pragma once

#include <string_view>

namespace shunt::app {

/// Instead of an answer to a request that is longer than the attachment takes, or of an answer that
/// is. Without line end.
inline constexpr std::string_view kTooLongAnswer =
    R"({"error":"too-long","id":null,"ok":false,"text":"a request has at most 1048576 bytes, )"
    R"(and an answer over the unix: attachment what one message holds"})";

}  // namespace shunt::app

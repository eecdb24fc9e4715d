// SPDX-License-Identifier: Apache-2.0
/// Which requests follow each other in a client's text (RFC 9112 6): the answer to a HEAD has no
/// body.
#pragma once

#include <string>
#include <vector>

#include "engine/bytes.hh"

namespace conform {

/// Methods of the requests, in their order, however they were cut into segments; up to the first
/// place where none begins.
std::vector<std::string> request_methods(ByteView text);

}  // namespace conform

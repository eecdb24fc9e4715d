// SPDX-License-Identifier: Apache-2.0
// A tester's requests to a host (docs/segment-scripts.md): one JSON line in, one JSON line out.
#pragma once

#include <string>
#include <string_view>

#include "shunt/base/time.hh"

namespace shunt::app {

class VirtualHost;

/// The answer, without line end. Never fails: what is wrong is in the answer.
std::string answer_host_request(VirtualHost& host, std::string_view line, Instant now);

}  // namespace shunt::app

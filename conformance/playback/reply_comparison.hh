// SPDX-License-Identifier: Apache-2.0
/// How what a device has said on a connection differs from what a captured server had said. What
/// any two servers may do otherwise is none: numbers, windows, the cut of segments, the values of
/// options, fields of HTTP heads.
#pragma once

#include <vector>

#include "engine/finding.hh"
#include "playback/answer_map.hh"
#include "playback/server_side.hh"

namespace conform {

/// In the order of the connection. Numbers of `recorded` are packets of the capture file, those of
/// `live` frames of the case's own. `map` has read both to their ends. `has_client_ended`: its
/// FIN or RST was sent.
std::vector<Finding> compare_replies(const ServerSide& recorded, const ServerSide& live,
                                     const AnswerMap& map, bool has_client_ended);

}  // namespace conform

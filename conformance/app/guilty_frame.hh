// SPDX-License-Identifier: Apache-2.0
/// Which frame of a case a device cannot bear: the first one without which it lives.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "pdu/capture.hh"

namespace conform {

/// How many of `count` stimuli lose the device, by asking `is_lost_with` about the first K of them;
/// 0: it is lost without any. Absent where it is not lost every time. About log2(count) questions.
std::optional<std::size_t> first_guilty(std::size_t count,
                                        const std::function<bool(std::size_t)>& is_lost_with);

/// Positions in the capture of what the case sent, upkeep apart.
std::vector<std::size_t> stimuli_of(const Capture& capture);

}  // namespace conform

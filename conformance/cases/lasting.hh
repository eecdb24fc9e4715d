// SPDX-License-Identifier: Apache-2.0
/// How long cases last by the device's clock, where it is more than a second or two: who lasts
/// longest begins first, and a run in wall time may leave out what lasts too long.
#pragma once

#include <chrono>
#include <string_view>

namespace conform {

/// About so long, and hardly longer.
std::chrono::seconds lasting_of(std::string_view id);

}  // namespace conform

// SPDX-License-Identifier: Apache-2.0
// The version of the programs; CMake's project() says it.
#pragma once

#include <string_view>

namespace shunt::app {

inline constexpr std::string_view kVersion = SHUNT_VERSION;

}  // namespace shunt::app

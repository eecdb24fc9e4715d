// SPDX-License-Identifier: Apache-2.0
/// Which cases have the device for themselves, and why: all others run beside each other.
#pragma once

#include <string_view>

namespace conform {

/// Why a case runs alone on its device.
struct Seclusion {
    std::string_view pattern;  ///< as a selector has it
    std::string_view reason;
};

/// Null for a case that runs beside others.
const Seclusion* seclusion_of(std::string_view id);

}  // namespace conform

// SPDX-License-Identifier: Apache-2.0
// Why something of the machine or of the configuration cannot be used: one text for the user.
#pragma once

#include <string>

namespace shunt::runtime {

/// The text names the thing, what is wrong, and where there is one, the command that helps.
struct SetupError {
    std::string text;
};

/// "Permission denied" and the like for the current or a given errno.
std::string system_reason(int error_number);

}  // namespace shunt::runtime

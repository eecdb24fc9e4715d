// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/setup_error.hh"

#include <system_error>

namespace shunt::runtime {

std::string system_reason(int error_number) {
    return std::generic_category().message(error_number);
}

}  // namespace shunt::runtime

// SPDX-License-Identifier: Apache-2.0
/// Reads iut.toml: what a device claims and how to test it (docs/iut-toml.md).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "iut/iut.hh"

namespace conform {

/// "iut.toml:12: ixit.addresses.front_mac: expected a MAC address such as .., got ..".
struct IutFileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws IutFileError.
Iut load_iut_file(const std::string& path);

/// `name` stands for the file in messages.
Iut parse_iut(std::string_view text, const std::string& name);

}  // namespace conform

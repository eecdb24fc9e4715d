// SPDX-License-Identifier: Apache-2.0
/// The echo request (RFC 792) by which a device is asked whether it is there, and how late it is.
#pragma once

#include <cstdint>

#include "engine/bytes.hh"
#include "iut/iut.hh"

namespace conform {

/// The frame of one, from the first client to the device's first service.
Bytes encode_echo_request(const Iut& iut, std::uint16_t identifier, std::uint16_t sequence,
                          Bytes payload);

}  // namespace conform

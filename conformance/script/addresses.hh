// SPDX-License-Identifier: Apache-2.0
/// Who is who on the link of a segment script: the same for every device, so that transcripts can
/// be compared.
#pragma once

#include "pdu/address.hh"

namespace conform {

constexpr Ipv4Address kDeviceAddress{0x0A070101};  // 10.7.1.1/24
constexpr Ipv4Address kTesterAddress{0x0A070109};  // 10.7.1.9
constexpr MacAddress kDeviceMac{{0x02, 0x07, 0, 0, 1, 1}};
constexpr MacAddress kTesterMac{{0x02, 0x07, 0, 0, 1, 9}};
constexpr std::uint16_t kServicePort = 80;    // of whoever listens
constexpr std::uint16_t kTesterPort = 4'711;  // of a tester that opens

}  // namespace conform

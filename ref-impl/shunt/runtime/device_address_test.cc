// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/device_address.hh"

#include <gtest/gtest.h>

#include <string>

namespace shunt::runtime {
namespace {

std::string error_of(const std::string& text) {
    const auto address = parse_device_address(text);
    return address ? "" : address.error().text;
}

TEST(DeviceAddress, ReadsWhatItWrites) {
    for (const char* text :
         {"tap:f1", "tap:f1,vnet", "packet:eth0", "unix:/run/shunt/a,b:c", "qemu:/run/q"}) {
        const auto address = parse_device_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_string(*address), text);
    }
    EXPECT_TRUE(parse_device_address("tap:f1,vnet")->has_vnet_header);
    EXPECT_FALSE(parse_device_address("tap:f1")->has_vnet_header);
}

TEST(DeviceAddress, SaysWhatWasExpected) {
    EXPECT_EQ(error_of("eth0"),
              "device \"eth0\": expected tap:NAME, tap:NAME,vnet, packet:IF, unix:PATH or "
              "qemu:PATH");
    EXPECT_EQ(error_of("tap:"),
              "device \"tap:\": expected an interface name of 1 to 15 characters behind tap:");
    EXPECT_EQ(error_of("packet:eth0,vnet"),
              "device \"packet:eth0,vnet\": expected an interface name of 1 to 15 characters "
              "behind packet:");
    EXPECT_EQ(error_of("unix:"),
              "device \"unix:\": expected a path of 1 to 107 bytes behind unix:");
    EXPECT_EQ(error_of("qemu:"),
              "device \"qemu:\": expected a path of 1 to 107 bytes behind qemu:");
}

TEST(DeviceAddress, TakesTheLongestNamesAndRefusesOneMore) {
    EXPECT_TRUE(parse_device_address("tap:" + std::string(15, 'a')));
    EXPECT_FALSE(parse_device_address("tap:" + std::string(16, 'a')));
    EXPECT_TRUE(parse_device_address("unix:" + std::string(107, 'a')));
    EXPECT_FALSE(parse_device_address("unix:" + std::string(108, 'a')));
}

}  // namespace
}  // namespace shunt::runtime

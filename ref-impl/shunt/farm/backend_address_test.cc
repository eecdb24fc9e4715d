// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/backend_address.hh"

#include <gtest/gtest.h>

namespace shunt::farm {
namespace {

TEST(BackendAddress, ReadsBothKindsAndWritesThemAsTheyWere) {
    const auto by_path = BackendAddress::parse("unix:/run/nginx.sock");
    ASSERT_TRUE(by_path);
    EXPECT_EQ(by_path->kind, BackendAddress::Kind::Unix);
    EXPECT_EQ(by_path->path, "/run/nginx.sock");
    EXPECT_EQ(by_path->to_string(), "unix:/run/nginx.sock");

    const auto by_port = BackendAddress::parse("tcp:127.0.0.1:8080");
    ASSERT_TRUE(by_port);
    EXPECT_EQ(by_port->kind, BackendAddress::Kind::Tcp);
    EXPECT_EQ(by_port->address, wire::Ipv4Address(127, 0, 0, 1));
    EXPECT_EQ(by_port->port, 8'080);
    EXPECT_EQ(by_port->to_string(), "tcp:127.0.0.1:8080");
}

TEST(BackendAddress, RefusesWhatIsNeither) {
    for (const char* text :
         {"", "unix:", "tcp:", "tcp:127.0.0.1", "tcp:127.0.0.1:", "tcp:127.0.0.1:0",
          "tcp:127.0.0.1:65536", "tcp:127.0.0.1:08", "tcp:localhost:80", "tcp::80",
          "udp:127.0.0.1:80", "/run/nginx.sock", "UNIX:/run/nginx.sock"}) {
        EXPECT_FALSE(BackendAddress::parse(text)) << text;
    }
    EXPECT_FALSE(BackendAddress::parse(std::string("unix:/a\0b", 9)));
}

TEST(BackendAddress, APathIsAsLongAsASocketAddressHolds) {
    const std::string longest(BackendAddress::kPathMax, 'p');
    EXPECT_TRUE(BackendAddress::parse("unix:" + longest));
    EXPECT_FALSE(BackendAddress::parse("unix:" + longest + "p"));
}

}  // namespace
}  // namespace shunt::farm

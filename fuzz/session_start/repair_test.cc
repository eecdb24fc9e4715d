// SPDX-License-Identifier: Apache-2.0
// A mended input has a genuine cookie, and its response where a response begins.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fuzz_target.hh"
#include "session_start/known_sessions.hh"

namespace shunt::fuzz {
namespace {

TEST(RepairSessionStart, OftenPutsAGenuineCookieAndTheBeginOfTheResponse) {
    const std::string text = std::string("\0\0\0", 3) +
                             "GET / HTTP/1.1\r\nCookie: SHUNT=" + std::string(56, 'x') +
                             "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    const std::string cookie = "SHUNT=" + KnownSessions().genuine(2) + "\r\n";
    Rng rng(1);
    int genuine = 0;
    int divided = 0;
    for (int round = 0; round < 100; ++round) {
        std::vector<std::uint8_t> bytes(text.begin(), text.end());
        EXPECT_EQ(repair_input(bytes, bytes.size(), rng), bytes.size());
        const std::string mended(bytes.begin(), bytes.end());
        genuine += mended.find(cookie) != std::string::npos ? 1 : 0;
        const std::size_t at = 3 + (std::size_t{bytes[1]} << 8 | bytes[2]);
        divided += at < mended.size() && mended.substr(at).starts_with("HTTP/1.1 200") ? 1 : 0;
    }
    EXPECT_GT(genuine, 20);
    EXPECT_GT(divided, 70);
    EXPECT_LT(divided, 100);
}

TEST(RepairSessionStart, LeavesShortInputsAlone) {
    Rng rng(1);
    for (std::size_t size = 0; size < 12; ++size) {
        std::vector<std::uint8_t> bytes(size, 'S');
        EXPECT_EQ(repair_input(bytes, size, rng), size);
    }
}

}  // namespace
}  // namespace shunt::fuzz

// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/control_messages.hh"

#include <gtest/gtest.h>

#include <string>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

const Bytes kHello = from_hex("00000002 1122334455667788 00000009 02 7332");
const Bytes kError = from_hex("0003 0002 6e6f");

template <typename Body>
Bytes written(const Body& body) {
    Bytes bytes(body.size());
    body.write_to(bytes);
    return bytes;
}

TEST(HelloBody, IsWrittenAndReadAsThePageHasIt) {
    const HelloBody hello{2, 0x1122334455667788, kProfileEndpoint | kProfileExtended, "s2"};
    EXPECT_EQ(to_hex(written(hello)), to_hex(kHello));
    const auto read = HelloBody::parse(kHello);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, hello);
}

TEST(HelloBody, RefusesEveryTruncationAndWhatIsBehindTheName) {
    for (std::size_t count = 1; count <= kHello.size(); ++count)
        EXPECT_EQ(HelloBody::parse(test::cut(kHello, count)).error(), Counter::DropControlBody);
    EXPECT_FALSE(HelloBody::parse(test::followed_by(kHello, {0})));
}

TEST(HelloBody, ANameMayBeEmptyOrOf255Bytes) {
    EXPECT_TRUE(HelloBody::parse(written(HelloBody{1, 1, 0, ""})));
    const std::string longest(255, 'x');
    const Bytes bytes = written(HelloBody{1, 1, 0, longest});
    ASSERT_TRUE(HelloBody::parse(bytes));
    EXPECT_EQ(HelloBody::parse(bytes)->name, longest);
}

TEST(ErrorBody, IsWrittenAndReadAsThePageHasIt) {
    const ErrorBody error{static_cast<std::uint16_t>(ControlError::NotReady), "no"};
    EXPECT_EQ(to_hex(written(error)), to_hex(kError));
    ASSERT_TRUE(ErrorBody::parse(kError));
    EXPECT_EQ(*ErrorBody::parse(kError), error);
}

TEST(ErrorBody, RefusesEveryTruncationAndWhatIsBehindTheText) {
    for (std::size_t count = 1; count <= kError.size(); ++count)
        EXPECT_EQ(ErrorBody::parse(test::cut(kError, count)).error(), Counter::DropControlBody);
    EXPECT_FALSE(ErrorBody::parse(test::followed_by(kError, {0})));
}

}  // namespace
}  // namespace shunt::wire

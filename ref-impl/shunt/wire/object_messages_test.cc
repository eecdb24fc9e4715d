// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/object_messages.hh"

#include <gtest/gtest.h>

#include <string>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_bytes;
using test::to_hex;

const Bytes kCreate = from_hex("03 6d6170 00000002 beef");
const Bytes kCreated = from_hex("0011223344556677 0004");
const Bytes kCall = from_hex("8011223344556677 00000003 010203");
const Bytes kResult = from_hex("0003 00000001 21");
const Bytes kRelease = from_hex("8011223344556677");

template <typename Body>
std::string written(const Body& body) {
    Bytes bytes(body.size());
    body.write_to(bytes);
    return to_hex(bytes);
}

template <typename Body>
void expect_no_other_length(const Bytes& whole) {
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(Body::parse(ByteView(whole).first(size))) << size;
    EXPECT_FALSE(Body::parse(test::followed_by(whole, {0})));
}

TEST(ObjectMessages, AreWrittenAsThePageLaysThemOut) {
    EXPECT_EQ(written(ObjectCreateBody{"map", Bytes{0xBE, 0xEF}}), to_hex(kCreate));
    EXPECT_EQ(written(ObjectCreatedBody{0x0011223344556677, ObjectStatus::Failed}),
              to_hex(kCreated));
    EXPECT_EQ(written(ObjectCallBody{0x8011223344556677, Bytes{1, 2, 3}}), to_hex(kCall));
    EXPECT_EQ(written(ObjectResultBody{ObjectStatus::Gone, Bytes{'!'}}), to_hex(kResult));
    EXPECT_EQ(written(ObjectReleaseBody{0x8011223344556677}), to_hex(kRelease));
}

TEST(ObjectMessages, AreReadAsThePageLaysThemOut) {
    const auto create = ObjectCreateBody::parse(kCreate);
    ASSERT_TRUE(create);
    EXPECT_EQ(create->class_name, "map");
    EXPECT_EQ(to_bytes(create->arguments), (Bytes{0xBE, 0xEF}));
    const auto created = ObjectCreatedBody::parse(kCreated);
    ASSERT_TRUE(created);
    EXPECT_EQ(created->handle, 0x0011223344556677U);
    EXPECT_EQ(created->status, ObjectStatus::Failed);
    const auto call = ObjectCallBody::parse(kCall);
    ASSERT_TRUE(call);
    EXPECT_EQ(call->handle, 0x8011223344556677U);
    EXPECT_EQ(to_bytes(call->bytes), (Bytes{1, 2, 3}));
    const auto result = ObjectResultBody::parse(kResult);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, ObjectStatus::Gone);
    EXPECT_EQ(to_bytes(result->bytes), Bytes{'!'});
    const auto release = ObjectReleaseBody::parse(kRelease);
    ASSERT_TRUE(release);
    EXPECT_EQ(release->handle, 0x8011223344556677U);
}

TEST(ObjectMessages, AnotherLengthIsRefused) {
    expect_no_other_length<ObjectCreateBody>(kCreate);
    expect_no_other_length<ObjectCreatedBody>(kCreated);
    expect_no_other_length<ObjectCallBody>(kCall);
    expect_no_other_length<ObjectResultBody>(kResult);
    expect_no_other_length<ObjectReleaseBody>(kRelease);
}

TEST(ObjectMessages, AClassWithoutANameIsRefused) {
    EXPECT_FALSE(ObjectCreateBody::parse(from_hex("00 00000002 beef")));
    EXPECT_TRUE(ObjectCreateBody::parse(from_hex("01 6d 00000000")));
}

TEST(ObjectMessages, EachHasItsOwnStatuses) {
    for (std::uint16_t status = 0; status < 7; ++status) {
        Bytes created = kCreated;
        store_u16(created, 8, status);
        EXPECT_EQ(bool(ObjectCreatedBody::parse(created)),
                  status == 0 || status == 1 || status == 2 || status == 4)
            << status;
        Bytes result = kResult;
        store_u16(result, 0, status);
        EXPECT_EQ(bool(ObjectResultBody::parse(result)), status == 0 || status == 3 || status == 4)
            << status;
    }
}

TEST(ObjectMessages, MoreBytesThanTheLimitAreRefused) {
    for (const std::size_t more : {0U, 1U}) {
        Bytes call(12 + kObjectBytesMax + more);
        store_u32(call, 8, static_cast<std::uint32_t>(kObjectBytesMax + more));
        EXPECT_EQ(bool(ObjectCallBody::parse(call)), more == 0);
    }
}

}  // namespace
}  // namespace shunt::wire

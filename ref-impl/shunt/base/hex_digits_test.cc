// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/hex_digits.hh"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace shunt {
namespace {

std::uint64_t characters_of(std::string_view text) {
    std::uint64_t characters = 0;
    for (const char c : text)
        characters = characters << 8 | static_cast<std::uint8_t>(c);
    return characters;
}

HexDigits read_text(std::string_view text) {
    return read_hex(characters_of(text));
}

TEST(HexDigits, AreReadFromTheHighestOn) {
    EXPECT_EQ(read_text("01234567").value, 0x0123'4567U);
    EXPECT_EQ(read_text("89abcdef").value, 0x89AB'CDEFU);
    EXPECT_EQ(read_text("ffffffff").value, 0xFFFF'FFFFU);
    EXPECT_EQ(read_text("fedcba98").faults, 0U);
}

TEST(HexDigits, AreSpeltAsTheyAreRead) {
    for (std::uint32_t value : {0U, 9U, 10U, 0x0123'4567U, 0x89AB'CDEFU, 0xFFFF'FFFFU}) {
        const HexDigits given = read_hex(spell_hex(value));
        EXPECT_EQ(given.faults, 0U) << value;
        EXPECT_EQ(given.value, value);
    }
}

TEST(HexDigits, EachCharacterInEachPlaceIsADigitOrAFault) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t place = 0; place < 8; ++place) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            std::string text = "f0f0f0f0";
            text[place] = static_cast<char>(byte);
            const std::size_t digit = digits.find(static_cast<char>(byte));
            const HexDigits given = read_text(text);
            EXPECT_EQ(given.faults == 0, digit != std::string_view::npos)
                << byte << " at " << place;
            if (given.faults != 0) continue;
            EXPECT_EQ(spell_hex(given.value), characters_of(text));
        }
    }
}

}  // namespace
}  // namespace shunt

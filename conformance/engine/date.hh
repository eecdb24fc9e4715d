// SPDX-License-Identifier: Apache-2.0
/// A day of the calendar, as expiry dates name it: comparing is all that is done with one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conform {

struct Date {
    std::int32_t year = 0;
    std::uint32_t month = 0;  ///< from 1
    std::uint32_t day = 0;    ///< from 1
    auto operator<=>(const Date&) const = default;

    /// "2027-01-31"; absent for what is no day.
    static std::optional<Date> from_string(std::string_view text);
    /// Absent for what is no day of the years 1970 to 9999.
    static std::optional<Date> of(std::int32_t year, std::uint32_t month, std::uint32_t day);
    std::string to_string() const;
    Date plus_days(std::uint32_t days) const;
};

}  // namespace conform

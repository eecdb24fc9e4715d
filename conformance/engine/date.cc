// SPDX-License-Identifier: Apache-2.0
#include "engine/date.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace conform {
namespace {

constexpr std::int32_t kYearFirst = 1970;
constexpr std::int32_t kYearLast = 9999;

std::chrono::year_month_day calendar_day(const Date& date) {
    return std::chrono::year(date.year) / std::chrono::month(date.month) /
           std::chrono::day(date.day);
}

std::uint32_t digits(std::string_view text) {
    std::uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

std::optional<Date> Date::of(std::int32_t year, std::uint32_t month, std::uint32_t day) {
    if (year < kYearFirst || year > kYearLast || month > 12 || day > 31) return std::nullopt;
    const Date date{year, month, day};
    if (!calendar_day(date).ok()) return std::nullopt;
    return date;
}

std::optional<Date> Date::from_string(std::string_view text) {
    constexpr std::string_view kForm = "dddd-dd-dd";
    const bool has_form = std::equal(
        text.begin(), text.end(), kForm.begin(), kForm.end(),
        [](char c, char form) { return form == 'd' ? c >= '0' && c <= '9' : c == form; });
    if (!has_form) return std::nullopt;
    return of(static_cast<std::int32_t>(digits(text.substr(0, 4))), digits(text.substr(5, 2)),
              digits(text.substr(8, 2)));
}

std::string Date::to_string() const {
    return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

Date Date::plus_days(std::uint32_t days) const {
    const auto later = std::chrono::sys_days(calendar_day(*this)) + std::chrono::days(days);
    const std::chrono::year_month_day moved{later};
    return {static_cast<int>(moved.year()), static_cast<unsigned>(moved.month()),
            static_cast<unsigned>(moved.day())};
}

}  // namespace conform

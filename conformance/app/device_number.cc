// SPDX-License-Identifier: Apache-2.0
#include "app/device_number.hh"

#include <algorithm>

namespace conform {
namespace {

constexpr std::string_view kNumber = "{n}";

bool has_number(const std::string& text) {
    return text.find(kNumber) != std::string::npos;
}

void put_number(std::string& text, std::size_t number) {
    for (auto at = text.find(kNumber); at != std::string::npos; at = text.find(kNumber, at + 1))
        text.replace(at, kNumber.size(), std::to_string(number));
}

}  // namespace

bool has_numbers(const Iut& iut, const std::vector<std::string>& command) {
    const bool is_front = has_number(iut.front.place);
    if (iut.back && has_number(iut.back->place) != is_front) {
        throw UsageError("ixit: expected {n} in front and back, or in none of both");
    }
    const bool is_command = std::any_of(command.begin(), command.end(), has_number);
    if (is_front != is_command) {
        throw UsageError(
            "expected {n}, the number of a device, in ixit.front and in the command behind --, or "
            "in none of both");
    }
    return is_front;
}

Iut numbered(Iut iut, std::size_t number) {
    put_number(iut.front.place, number);
    if (iut.back) put_number(iut.back->place, number);
    put_number(iut.upper_tester, number);
    return iut;
}

std::vector<std::string> numbered(std::vector<std::string> command, std::size_t number) {
    for (std::string& word : command)
        put_number(word, number);
    return command;
}

}  // namespace conform

// SPDX-License-Identifier: Apache-2.0
#include "model/ownership/text.hh"

#include <fmt/format.h>

#include <array>

#include "model/ownership/turn.hh"

namespace model::ownership {
namespace {

constexpr std::array<const char*, kKinds> kKindNames{"0x01",
                                                     "0x01 (return)",
                                                     "0x03 (return)",
                                                     "0x10",
                                                     "0x10 r3",
                                                     "0x10 (return)",
                                                     "0x10 r3 (return)",
                                                     "0x03",
                                                     "0x14",
                                                     "0x11",
                                                     "0x11",
                                                     "0x02",
                                                     "0x10 r3 (epoch 0)",
                                                     "0x02 SYN",
                                                     "0x02 SYN"};

char letter(std::uint8_t target) {
    return target == 0 ? 'A' : 'B';
}

std::string name_of_id(const World& world, std::uint8_t id) {
    const std::uint8_t connection = connection_of(world, id);
    const int epoch = connection == 0 ? id : id - world.first_attempts;
    return fmt::format("{}e{}", connection == 0 ? "" : "2nd.", epoch);
}

std::string describe(const World& world, const Message& message) {
    std::string text = kKindNames.at(static_cast<std::size_t>(message.kind));
    if (has_id(message.kind)) text += " " + name_of_id(world, message.id);
    if (has_copy(message.kind)) text += message.copy == 0 ? "/c1" : "/c2";
    return text + (is_for_home(message.kind) ? fmt::format(" {}>H", letter(message.target))
                                             : fmt::format(" H>{}", letter(message.target)));
}

std::string describe(const World& world, const Home& home) {
    switch (home.state) {
        case HomeState::None:
            return "-";
        case HomeState::Acting:
            return "ACTS";
        case HomeState::Migrating:
            return fmt::format("offers {} to {}", name_of_id(world, home.id), letter(home.peer));
        case HomeState::Forward:
            return fmt::format("forwards to {} ({}/c{})", letter(home.peer),
                               name_of_id(world, home.id), home.copy + 1);
    }
    return "";
}

std::string describe(const World& world, const Target& target) {
    const auto with_id = [&](const char* what) {
        return fmt::format("{} ({}/c{})", what, name_of_id(world, target.id), target.copy + 1);
    };
    switch (target.state) {
        case TargetState::None:
            return "-";
        case TargetState::Unreleased:
            return with_id("unreleased");
        case TargetState::Acting:
            return with_id("ACTS");
        case TargetState::Returning:
            return with_id("returns") + " " + name_of_id(world, target.pending_return);
        case TargetState::FormerOwner:
            return "former owner";
        case TargetState::Suspended:
            return with_id("suspended");
    }
    return "";
}

}  // namespace

std::string describe(const World& world, const Step& step) {
    constexpr std::array<const char*, 4> kServers{"A", "B", "H", ""};
    std::string text;
    if (step.is_arrival) text = describe(world, step.message) + " arrives: ";
    text += fmt::format("{} {}", kServers.at(static_cast<std::size_t>(step.server)), step.text);
    std::string after = "H " + describe(world, step.next.home);
    for (std::uint8_t at = 0; at < world.targets; ++at)
        after += fmt::format(", {} {}", letter(at), describe(world, step.next.targets[at]));
    return fmt::format("{:<84} {}", text, after);
}

}  // namespace model::ownership

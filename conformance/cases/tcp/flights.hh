// SPDX-License-Identifier: Apache-2.0
/// Flights of a large response: what the device sends before it hears of the client again.
#pragma once

#include "cases/tcp/steps.hh"

namespace conform::tcp {

/// More than the pause between segments of one flight, on any device.
constexpr std::chrono::milliseconds kFlightPause{60};
constexpr std::chrono::milliseconds kFlightLength{150};

std::uint32_t end_of(const TcpSegment& segment);

/// What comes with text in one flight, repetitions left out; nothing of it is acknowledged.
Task<std::vector<ReceivedSegment>> next_flight(Client& client);

/// The same behind the request for a large response; throws Violation of `requirement` where none
/// comes.
Task<std::vector<ReceivedSegment>> first_flight(Stage& stage, Client& client,
                                                const char* requirement);

/// Its text, without what has come twice.
std::uint32_t size_of(const std::vector<ReceivedSegment>& flight);

/// Nothing is left to be said: the connection is not needed any more.
Task<> abandon(Stage& stage, Client& client);

/// A flight of which the client has got everything but the beginning, and has said so.
struct Loss {
    std::vector<ReceivedSegment> flight;
    SackRange got;
};

/// What is lost is as long as a segment may be: a device may cut what it repeats elsewhere.
Task<Loss> lose_the_first(Stage& stage, Client& client);

}  // namespace conform::tcp
